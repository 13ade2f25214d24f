"""What is wrong with a data set: blank images, the same photograph twice, labels that disagree.

Two images are called the same photograph when their pixels correlate at 0.92 or more, whatever
their brightness and contrast. On FER2013 we looked at 96 random pairs between 0.92 and 0.95: all
96 are one photograph, some with another watermark; of 12 pairs between 0.88 and 0.90 nine are.
A copy that is mirrored, shifted or cropped otherwise is not found, so every count is a lower bound.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import prod
from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS, SIZE, FaceSet
from fer_lib.files import replacing

SPLITS = ("train", "validation", "test")
FRAMES = ("splits", "pairs", "brightness")  # the tables of an Audit
SAME = 0.92  # correlation of the pixels: see above
COARSE = 12  # pixels a side when looking for candidates, …
CANDIDATE = 0.93  # … which correlate more than the full images: no pair of FER2013 is lost
FLAT = 10.0  # grey levels of standard deviation; 99.9 % of FER2013 have more than 16
BLOCK = 512  # images compared with all others at once


@dataclass(frozen=True)
class Audit:
    """What `audit` counted.

    splits: a row a split: faces of each class, `all`, `blank` (one grey level), `flat` (nearly).
    pairs: a row a pair of splits: `identical` and `near` pairs, how many of each carry two
    labels, and `images`: how many images of the second split have a twin in the first.
    brightness: a row a class: mean and standard deviation of the images' mean grey level, and
    the mean contrast (standard deviation inside an image), all 0 to 255.
    """

    name: str
    notes: tuple[str, ...]
    fingerprints: dict[str, str]
    splits: pd.DataFrame
    pairs: pd.DataFrame
    brightness: pd.DataFrame


def audit(faces: FaceSet) -> Audit:
    """Count what a set holds; some ten seconds for the 32,298 images of FER2013."""
    splits = dict(zip(SPLITS, (faces.train, faces.validation, faces.test), strict=True))
    images = np.concatenate([split.images for split in splits.values()])
    labels = np.concatenate([split.labels for split in splits.values()])
    part = np.repeat(range(3), [len(split) for split in splits.values()])
    mean, contrast = _moments(images)
    counts = pd.DataFrame([s.counts for s in splits.values()], list(SPLITS), list(EXPRESSIONS))
    for column, chosen in {
        "all": contrast >= 0,
        "blank": contrast == 0,
        "flat": (contrast > 0) & (contrast < FLAT),
    }.items():
        counts[column] = np.bincount(part[chosen], minlength=3)
    return Audit(
        faces.name,
        faces.notes,
        {name: split.fingerprint for name, split in splits.items()},
        counts,
        _pairs(*(array[contrast > 0] for array in (images, labels, part))),
        _brightness(mean, contrast, labels),
    )


def near_pairs(images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (i, j), i < j, of images that are one photograph, in blocks of i; blank ones have none.

    Shapes: (N, 48, 48) uint8 → two (pairs,) int64 a block.
    """
    step = SIZE // COARSE
    tiles = images.reshape(len(images), COARSE, step, COARSE, step)
    coarse = _unit(tiles.sum((2, 4), dtype=np.float32))  # (N, 144)
    for start in range(0, len(images), BLOCK):
        alike = coarse[start : start + BLOCK] @ coarse[start:].T > CANDIDATE
        i, j = np.nonzero(np.triu(alike, 1))
        i, j = i + start, j + start
        correlation = np.zeros(len(i), np.float32)
        for k in range(0, len(i), BLOCK):
            chunk = slice(k, k + BLOCK)
            full = _unit(images[i[chunk]]), _unit(images[j[chunk]])
            correlation[chunk] = np.einsum("ij,ij->i", *full)
        yield i[correlation >= SAME], j[correlation >= SAME]


def twins(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which images show a photograph that is among the others too; a blank image shows none.

    Shapes: (N, 48, 48), (M, 48, 48) uint8 → (N,) bool.
    """
    everyone = np.concatenate([others, images])
    nodes, first = _nodes(everyone)
    among = np.zeros(len(first), bool)
    among[nodes[: len(others)]] = True
    found = among.copy()
    for i, j in near_pairs(everyone[first]):  # i < j, and the others come first
        found[j[among[i]]] = True
    return found[nodes[len(others) :]] & (_moments(images)[1] > 0)


def _unit(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and length 1, so that a product of two is their correlation."""
    flat = images.reshape(len(images), prod(images.shape[1:])).astype(np.float32)
    flat -= flat.mean(1, keepdims=True)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def _moments(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each image's mean and standard deviation, (N,) each, from exact whole numbers."""
    flat = images.reshape(len(images), SIZE * SIZE)
    total = flat.sum(1, dtype=np.int64)
    squares = np.einsum("ij,ij->i", flat, flat, dtype=np.int64)
    count = flat.shape[1]
    return total / count, np.sqrt(count * squares - total**2) / count


def _brightness(mean: np.ndarray, contrast: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    rows = {}
    for label, name in enumerate(EXPRESSIONS):
        chosen = labels == label
        if chosen.any():
            rows[name] = (mean[chosen].mean(), mean[chosen].std(), contrast[chosen].mean())
    return pd.DataFrame.from_dict(rows, "index", columns=["mean", "sd", "contrast"])


def _pairs(images: np.ndarray, labels: np.ndarray, part: np.ndarray) -> pd.DataFrame:
    nodes, first = _nodes(images)
    copies = np.zeros((len(first), 3, len(EXPRESSIONS) + 1), np.int64)  # the last: unlabelled
    np.add.at(copies, (nodes, part, labels), 1)
    blocks = [np.zeros((2, 0), np.int64), *map(np.stack, near_pairs(images[first]))]
    return _pair_table(copies, *np.concatenate(blocks, 1))


def _nodes(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Identical images are one node, so that a thousand copies cost no time.

    Shapes: (N, 48, 48) → each image's node (N,), each node's first image (nodes,).
    """
    seen: dict[bytes, int] = {}
    nodes = np.array([seen.setdefault(image.tobytes(), len(seen)) for image in images], np.int64)
    return nodes, np.unique(nodes, return_index=True)[1]


def _pair_table(copies: np.ndarray, i: np.ndarray, j: np.ndarray) -> pd.DataFrame:
    """Shapes: copies (nodes, 3, 8); i and j (near pairs,) → a row a pair of splits in use."""
    classes, faces = copies[:, :, :-1], copies.sum(2, keepdims=True)
    labelled = classes.sum(2, keepdims=True)
    twins = faces[..., 0].copy()  # (nodes, 3) images of one photograph, the node's own among them
    np.add.at(twins, i, faces[j, :, 0])
    np.add.at(twins, j, faces[i, :, 0])
    rows = {}
    for a, b in combinations_with_replacement(np.flatnonzero(faces.sum((0, 2))), 2):
        identical, near = _joined(faces, i, j, a, b)
        conflicts = _joined(labelled, i, j, a, b) - _joined(classes, i, j, a, b)
        images = faces[twins[:, a] > (a == b), b].sum()
        rows[f"{SPLITS[a]} – {SPLITS[b]}"] = (identical, near, *conflicts, images)
    columns = ["identical", "near", "identical_conflicting", "near_conflicting", "images"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns, dtype=np.int64)


def _joined(counts: np.ndarray, i: np.ndarray, j: np.ndarray, a: int, b: int) -> np.ndarray:
    """Pairs between splits a and b inside the same of the last axis: (identical, near)."""
    same = a == b  # then each pair is met twice, and each image meets itself
    identical = (counts[:, a] * (counts[:, b] - same)).sum()
    near = (counts[i, a] * counts[j, b] + counts[i, b] * counts[j, a]).sum()
    return np.array([identical, near]) // (1 + same)


def write(found: Audit, path: Path) -> None:
    """Store an audit as JSON: counts and hashes, no pixel."""
    frames = {name: getattr(found, name).to_dict("split") for name in FRAMES}
    text = {"name": found.name, "notes": found.notes, "fingerprints": found.fingerprints}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(text | frames, indent=1) + "\n")


def load(path: Path) -> Audit:
    """An audit that `write` stored."""
    text = json.loads(path.read_text())
    frames = {name: pd.DataFrame(**text.pop(name)) for name in FRAMES}
    return Audit(notes=tuple(text.pop("notes")), **text, **frames)


def protocol(found: Audit) -> str:
    """Which images are trained on, chosen on and scored on, in a sentence."""
    train, validation, test = (f"{n:,}" for n in found.splits["all"])
    scored = f"and {test} to score once, at the end" if test != "0" else "and no test split"
    held = f"{train} images to train on, {validation} to choose on, {scored}"
    return f'The set "{found.name}" holds {held}.'


def findings(found: Audit) -> str:
    """What is wrong, in words."""
    total, pairs = found.splits.sum(), found.pairs.sum()
    conflicting = pairs["identical_conflicting"] + pairs["near_conflicting"]
    sentences = [
        f"Of {total['all']:,} images, {_some(total['blank'])} are blank and "
        f"{_some(total['flat'])} nearly so.",
        f"{_some(pairs['identical'], 'No')} pairs are identical pixel by pixel, "
        f"{_some(pairs['near'])} look the same (a correlation of {SAME} or more), and "
        f"{_some(conflicting)} of these pairs carry two different labels.",
    ]
    for other in ("validation", "test"):
        if (row := f"train – {other}") in found.pairs.index:
            leaked, of = found.pairs.loc[row, "images"], found.splits.loc[other, "all"]
            share = f" ({100 * leaked / of:.1f} %)" if leaked else ""
            sentences.append(
                f"Of the {of:,} {other} images, {_some(leaked)}{share} have a twin in train."
            )
    return " ".join(sentences)


def _some(count: int, nothing: str = "none") -> str:
    return f"{count:,}" if count else nothing


def reading(found: Audit) -> str:
    """What the twins across train and validation tell about the labels."""
    row = found.pairs.T.get("train – validation")
    total = 0 if row is None else row["identical"] + row["near"]
    if row is None or not total:
        return "No image of validation has a twin in train."
    clash = row["identical_conflicting"] + row["near_conflicting"]
    return (
        "Where one photograph stands in train and in validation, the two labels differ in "
        f"{clash:,} of {total:,} pairs ({100 * clash / total:.1f} %). Whoever knew every training "
        "image by heart would be wrong on these: the labels themselves set a limit to the accuracy."
    )


def report(found: Audit) -> str:
    """The whole audit as plain text, for the command line."""
    hashes = "\n".join(f"{name:<11}{digest}" for name, digest in found.fingerprints.items())
    return "\n\n".join([
        protocol(found),
        *found.notes,
        f"SHA-256 of each split\n{hashes}",
        f"Images\n{found.splits.T.to_string()}",
        f"Pairs of one photograph\n{found.pairs.T.to_string()}",
        f"Grey levels\n{found.brightness.round(1).to_string()}",
        findings(found),
    ])  # fmt: skip
