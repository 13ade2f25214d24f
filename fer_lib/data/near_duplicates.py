"""Near-duplicates: one photograph that stands in a data set more than once.

Two images are near-duplicates when, laid on each other, their details correlate at 0.86 or more:
what is left of each pixel when the mean of the 9 × 9 around it is taken away. LOOKED_FOR says
which copies are found; others are missed, so every count is a lower bound.
`benchmarks/near_duplicates.py` measures how many are lost, and says how many found are wrong.

Candidates are alike in the sizes of their low frequencies, which a shift does not change; on a
polar grid a turn is a shift, and a mirror image a reversal (Fourier-Mellin: Reddy & Chatterji
1996, https://doi.org/10.1109/83.506761). One is then laid on the other by least squares, on coarse
pixels, then on all (Baker & Matthews 2004, https://doi.org/10.1023/B:VISI.0000011205.11775.fd).
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, grid_sample

from fer_lib.data.faceset import SIZE

LOOKED_FOR = (
    "shifted by up to 4 pixels, turned by up to 10°, zoomed by up to 1.1, mirrored, or in "
    "another brightness or contrast"
)
SAME = 0.86  # correlation of the details; two drawn faces reach 0.856, two of FER2013 hardly 0.8
WINDOW = 9  # pixels a side: what is larger is light and shade, which many faces share
RINGS = np.array([1, 1.7, 2.4, 3.2, 4.1, 5, 6])  # frequencies, in cycles an image
ANGLES = 24  # over half a circle, for the other half has the same sizes
TURNS, ZOOMS = (-1, 0, 1), (0.95, 1.05)  # tried, turns in steps of 7.5°; the rest is tolerated
ALIKE = 0.968  # cosine of the low frequencies, …
COARSE = 0.85  # … and correlation on 12 × 12 pixels, of pairs worth a closer look
BLOCK, CHUNK = 64, 512  # images compared with all others at once; pairs looked at at once


def near_pairs(images: np.ndarray, start: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (i, j), i < j and start ≤ j, of images that are one photograph, in blocks of j.

    Blank images have none. Shapes: (N, 48, 48) uint8 → two (pairs,) int64 a block.
    """
    blocks = range(0, max(len(images), 1), BLOCK)
    known = torch.cat([_frequencies(images[k : k + BLOCK]).flatten(1) for k in blocks])
    for first in range(start, len(images), BLOCK):
        some = images[first : first + BLOCK]
        zoomed = torch.stack([_frequencies(some, zoom) for zoom in ZOOMS])
        # on the polar grid a mirror image is a reversal of the angles, and a turn a shift of them
        both = torch.stack([zoomed, zoomed.flip(-1)], 1)  # (zooms, 2, block, rings, angles)
        tried = torch.cat([both.roll(turn, -1) for turn in TURNS])
        cosines = known[: first + BLOCK] @ tried.flatten(3).flatten(0, 2).T
        best = cosines.view(-1, *tried.shape[:3]).amax(1)  # (i, 2, block)
        i, mirrored, j = np.nonzero((best > ALIKE).numpy())
        pairs = np.stack([i, j + first, mirrored])[:, i < j + first]
        chunks = (pairs[:, k : k + CHUNK] for k in range(0, pairs.shape[1], CHUNK))
        # a symmetric face is met twice, as it is and mirrored
        if same := [chunk[:2, _same_photograph(images, *chunk)] for chunk in chunks]:
            i, j = np.unique(np.concatenate(same, 1), axis=1)
            yield i, j


def near_duplicates(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which images show a photograph that is among the others too; a blank image shows none.

    Shapes: (N, 48, 48), (M, 48, 48) uint8 → (N,) bool.
    """
    both = np.concatenate([others, images])
    nodes, first = unique_images(both)
    known = len(set(nodes[: len(others)]))
    duplicate = np.arange(len(first)) < known
    for i, j in near_pairs(both[first], known):
        duplicate[j[i < known]] = True
    return duplicate[nodes[len(others) :]] & (moments(images)[1] > 0)


@cache
def _waves(zoom: float) -> torch.Tensor:
    """Cosines, then sines, on the polar grid of frequencies: (2304, 2 · rings · angles)."""
    side = np.arange(SIZE) - (SIZE - 1) / 2
    y, x = (axis.reshape(-1, 1) for axis in np.meshgrid(side, side, indexing="ij"))
    window = np.cos(np.pi / 2 * np.minimum(np.hypot(x, y) / 30, 1))
    # half a step off zero, so that a mirror image has the angles in reverse
    angle = np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    along = x[..., None] * np.cos(angle) + y[..., None] * np.sin(angle)
    phase = (2 * np.pi / SIZE * zoom * RINGS[:, None] * along).reshape(len(x), -1)
    waves = window * np.hstack([np.cos(phase), np.sin(phase)])
    waves -= window * waves.sum(0) / window.sum()  # brightness counts for nothing
    return torch.from_numpy(waves.astype(np.float32))


def _frequencies(images: np.ndarray, zoom: float = 1.0) -> torch.Tensor:
    """The sizes of low frequencies, balanced, of length 1: (N, 48, 48) → (N, rings, angles)."""
    flat = torch.from_numpy(images.reshape(len(images), SIZE * SIZE).astype(np.float32))
    cosine, sine = (flat @ _waves(zoom)).view(len(flat), 2, len(RINGS), ANGLES).unbind(1)
    sizes = torch.hypot(cosine, sine).sqrt() * torch.from_numpy(RINGS.astype(np.float32))[:, None]
    return sizes / sizes.norm(dim=(1, 2), keepdim=True).clamp(min=1e-6)


def _same_photograph(
    images: np.ndarray, i: np.ndarray, j: np.ndarray, mirrored: np.ndarray
) -> np.ndarray:
    """Which of the pairs i and j, where `mirrored` one of them mirrored, are one photograph.

    Shapes: (N, 48, 48) uint8; three times (P,) → (P,) bool.
    """
    pixels = torch.from_numpy(images[np.stack([i, j], 1)]).float()  # (P, 2, 48, 48)
    warp = torch.eye(3).repeat(len(i), 1, 1)
    # a mirrored one begins with x running the other way
    warp[:, 0, 0] -= 2 * torch.from_numpy(mirrored)
    # coarse pixels first: they are few, and forgive a first guess that is a few pixels off
    warp, correlation = _lay(*avg_pool2d(pixels, SIZE // 12).unbind(1), warp, steps=5)
    same = correlation > COARSE
    if same.any():
        pixels = pixels[same]
        # the details decide, for light and shade are alike in many faces
        details = pixels - avg_pool2d(pixels, WINDOW, 1, WINDOW // 2, count_include_pad=False)
        same[same.clone()] = _lay(*details.unbind(1), warp[same], steps=4)[1] >= SAME
    return same.numpy()


def _lay(
    a: torch.Tensor, b: torch.Tensor, warp: torch.Tensor, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Shift, turn and zoom each b until it lies on its a: (the warp, their correlation).

    A rim of a twelfth does not count, for it may lie outside b. Each step is a regression of b on
    a, a constant, and what a small shift, turn and zoom would change of a.
    Shapes: (P, n, n) twice; warp (P, 3, 3), from a's coordinates in -1..1 to b's; (P,).
    """
    n = a.shape[-1]
    inner = slice(n // 12, n - n // 12)
    a, b = (_unit(images.flatten(1)).view_as(images) for images in (a, b))
    x = (torch.arange(n) + 0.5) * 2 / n - 1
    y = x[:, None]
    points = torch.stack([x.expand(n, n), y.expand(n, n), torch.ones(n, n)], 2)[inner, inner]
    down, across = (slope * n / 2 for slope in torch.gradient(a, dim=(1, 2)))
    # what a small movement changes of a is its slope times the way that each pixel goes
    changes = [across, down, x * down - y * across, x * across + y * down]
    columns = torch.stack([a, torch.ones_like(a), *changes], 1)[..., inner, inner].flatten(2)
    inverse = torch.linalg.inv(columns @ columns.mT + 1e-6 * torch.eye(6))  # a may be flat

    def moved() -> torch.Tensor:
        grid = torch.einsum("hwc,pdc->phwd", points, warp[:, :2])
        sampled = grid_sample(b[:, None], grid, padding_mode="border", align_corners=False)
        return sampled.flatten(1)

    for _ in range(steps):
        gain, _, *rest = (inverse @ (columns @ moved()[..., None])).squeeze(2).T
        # a fifth at most in one step: the slopes hold only near by
        right, low, turn, zoom = (torch.stack(rest) / gain.clamp(min=0.1)).clamp(-0.2, 0.2)
        nil = torch.zeros_like(zoom)
        change = torch.stack([zoom, -turn, right, turn, zoom, low, nil, nil, nil], 1)
        warp = warp - warp @ change.view(-1, 3, 3)
    return warp, (_unit(columns[:, 0]) * _unit(moved())).sum(1)


def _unit(flat: torch.Tensor) -> torch.Tensor:
    """Each row with mean 0 and length 1, so that a product of two is their correlation."""
    flat = flat - flat.mean(1, keepdim=True)
    return flat / flat.norm(dim=1, keepdim=True).clamp(min=1e-6)


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
