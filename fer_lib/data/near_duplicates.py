"""Near-duplicates: one photograph that stands in a data set more than once.

Two images are called near-duplicates when their pixels correlate at 0.92 or more, whatever their
brightness and contrast. On FER2013 we looked at 96 random pairs between 0.92 and 0.95: all 96 are
one photograph, some with another watermark; of 12 pairs between 0.88 and 0.90 nine are.
A copy that is mirrored, shifted or cropped otherwise is not found, so every count is a lower bound.
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from fer_lib.data.faceset import SIZE

SAME = 0.92  # correlation of the pixels: see above
COARSE = 12  # pixels a side when looking for candidates, …
CANDIDATE = 0.93  # … which correlate more than the full images: no pair of FER2013 is lost
BLOCK = 512  # images compared with all others at once


def near_pairs(images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (i, j), i < j, of images that are one photograph, in blocks of i; blank ones have none.

    Shapes: (N, 48, 48) uint8 → two (pairs,) int64 a block.
    """
    step = SIZE // COARSE
    tiles = images.reshape(len(images), COARSE, step, COARSE, step)
    coarse = _unit(tiles.sum((2, 4), dtype=np.float32))  # (N, 144)
    # All pairs of 12 × 12 pixels, a sixteenth of the work; then the few candidates in full.
    for start in range(0, len(images), BLOCK):
        candidates = coarse[start : start + BLOCK] @ coarse[start:].T > CANDIDATE
        i, j = np.nonzero(np.triu(candidates, 1))
        i, j = i + start, j + start
        correlation = np.zeros(len(i), np.float32)
        for k in range(0, len(i), BLOCK):
            chunk = slice(k, k + BLOCK)
            full = _unit(images[i[chunk]]), _unit(images[j[chunk]])
            correlation[chunk] = np.einsum("ij,ij->i", *full)
        yield i[correlation >= SAME], j[correlation >= SAME]


def near_duplicates(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which images show a photograph that is among the others too; a blank image shows none.

    Shapes: (N, 48, 48), (M, 48, 48) uint8 → (N,) bool.
    """
    joined = np.concatenate([others, images])
    nodes, first = unique_images(joined)
    among = np.zeros(len(first), bool)
    among[nodes[: len(others)]] = True
    duplicate = among.copy()
    for i, j in near_pairs(joined[first]):  # i < j, and the others come first
        duplicate[j[among[i]]] = True
    return duplicate[nodes[len(others) :]] & (moments(images)[1] > 0)


def _unit(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and length 1, so that a product of two is their correlation."""
    flat = images.reshape(len(images), prod(images.shape[1:])).astype(np.float32)
    flat -= flat.mean(1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each image's mean and standard deviation, (N,) each, from exact whole numbers."""
    flat = images.reshape(len(images), SIZE * SIZE)
    total = flat.sum(1, dtype=np.int64)
    squares = np.einsum("ij,ij->i", flat, flat, dtype=np.int64)
    count = flat.shape[1]
    return total / count, np.sqrt(count * squares - total**2) / count


def unique_images(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Identical images are one node, so that a thousand copies cost no time.

    Shapes: (N, 48, 48) → each image's node (N,), each node's first image (nodes,).
    """
    node_of: dict[bytes, int] = {}
    nodes = [node_of.setdefault(image.tobytes(), len(node_of)) for image in images]
    return np.array(nodes, np.int64), np.unique(nodes, return_index=True)[1]
