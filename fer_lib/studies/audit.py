"""What is wrong with a data set: blank images, the same photograph twice, labels that disagree."""

import json
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.data.faceset import SPLITS, FaceSet
from fer_lib.data.near_duplicates import moments, near_pairs, unique_images
from fer_lib.store import write_json

FRAMES = ("splits", "pairs", "brightness")  # the tables of an Audit
COUNTS = ("all", "blank", "flat")  # columns of `splits` after the classes
FLAT = 10.0  # grey levels of standard deviation; 99.9 % of FER2013 have more than 16


@dataclass(frozen=True)
class Audit:
    """What `audit` counted.

    splits: a row a split: faces of each class, `all`, `blank` (one grey level), `flat` (nearly).
    pairs: a row a pair of splits: `identical` and `near` pairs, how many of each carry two
    labels, and `images`: how many images of the second split have a near-duplicate in the first.
    brightness: a row a class: mean and standard deviation of the images' mean grey level, and
    the mean contrast (standard deviation inside an image), all 0 to 255.
    """

    name: str
    notes: tuple[str, ...]
    fingerprints: dict[str, str]
    splits: pd.DataFrame
    pairs: pd.DataFrame
    brightness: pd.DataFrame

    @property
    def classes(self) -> list[str]:
        """Their names: the columns of `splits` before `all`."""
        return [str(name) for name in self.splits.columns[: -len(COUNTS)]]


def audit(faces: FaceSet) -> Audit:
    """Count what a set holds; a minute of two cores for the 32,298 images of FER2013."""
    splits = faces.splits
    images = np.concatenate([split.images for split in splits.values()])
    labels = np.concatenate([split.labels for split in splits.values()])
    part = np.repeat(range(3), [len(split) for split in splits.values()])
    mean, contrast = moments(images)
    counts = pd.DataFrame([s.counts for s in splits.values()], list(SPLITS), list(faces.classes))
    counts["all"] = np.bincount(part, minlength=3)
    counts["blank"] = np.bincount(part[contrast == 0], minlength=3)
    counts["flat"] = np.bincount(part[(contrast > 0) & (contrast < FLAT)], minlength=3)
    levels = pd.DataFrame({"mean": mean, "contrast": contrast}).groupby(labels)
    brightness = levels.mean().set_axis([faces.classes[k] for k in np.unique(labels)])
    brightness.insert(1, "sd", levels["mean"].std(ddof=0).to_numpy())
    return Audit(
        faces.name,
        faces.notes,
        {name: split.fingerprint for name, split in splits.items()},
        counts,
        # any two blank images are equal, and say nothing of one photograph
        _pairs(*(array[contrast > 0] for array in (images, labels, part)), len(faces.classes)),
        brightness,
    )


def _pairs(images: np.ndarray, labels: np.ndarray, part: np.ndarray, count: int) -> pd.DataFrame:
    """A row a pair of splits in use. Identical images are one node, near-duplicates two."""
    nodes, first = unique_images(images)
    classes = np.zeros((len(first), 3, count), np.int64)
    # add.at adds at each mention, where += would once
    np.add.at(classes, (nodes, part, labels), 1)
    # begun with no pair, for sets that have none
    i, j = np.concatenate([np.zeros((2, 0), int), *map(np.stack, near_pairs(images[first]))], 1)
    faces = classes.sum(2, keepdims=True)
    total = faces[..., 0].copy()  # (nodes, 3) images of one photograph, the node's own among them
    np.add.at(total, i, faces[j, :, 0])
    np.add.at(total, j, faces[i, :, 0])
    rows = {}
    for a, b in combinations_with_replacement(np.flatnonzero(faces.sum((0, 2))), 2):
        found = _joined(faces, i, j, a, b)
        # all pairs, less those of one label
        conflicts = found - _joined(classes, i, j, a, b)
        # within a split the image itself is one of those found, and no duplicate
        duplicated = faces[total[:, a] > (a == b), b].sum()
        rows[f"{SPLITS[a]} – {SPLITS[b]}"] = (*found, *conflicts, duplicated)
    columns = ["identical", "near", "identical_conflicting", "near_conflicting", "images"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns, dtype=np.int64)


def _joined(counts: np.ndarray, i: np.ndarray, j: np.ndarray, a: int, b: int) -> np.ndarray:
    """Pairs between splits a and b inside the same of the last axis: (identical, near)."""
    same = a == b  # then each pair is met twice, and each image meets itself
    identical = (counts[:, a] * (counts[:, b] - same)).sum()
    near = (counts[i, a] * counts[j, b] + counts[i, b] * counts[j, a]).sum()
    return np.array([identical, near]) // (1 + same)


def save_audit(counted: Audit, path: Path) -> None:
    """Store an audit as JSON: counts and hashes, no pixel."""
    frames = {name: getattr(counted, name).to_dict("split") for name in FRAMES}
    write_json(path, vars(counted) | frames)


def load_audit(path: Path) -> Audit:
    """An audit that `save_audit` stored."""
    facts = json.loads(path.read_text())
    frames = {name: pd.DataFrame(**facts.pop(name)) for name in FRAMES}
    return Audit(notes=tuple(facts.pop("notes")), **facts, **frames)
