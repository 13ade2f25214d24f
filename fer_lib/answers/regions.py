"""Where in the face a map lies: parts of the face, the shares of heat on them, and the claims.

A drawn face knows its parts. A photograph does not: there, fixed parts of the mean face stand for
everybody's, for FER2013's faces are registered, to a few pixels.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from fer_lib.answers.intervals import mean_interval
from fer_lib.data.faces import Face, region_masks
from fer_lib.data.faceset import EXPRESSIONS, SIZE

# In the order in which they claim a pixel; what no part claims is skin between them.
PARTS = ("mouth", "eyes", "brows", "nose", "forehead", "cheeks", "hair", "shoulders", "background")
REGIONS = (*PARTS, "other skin")

# Read off the mean of FER2013's Training faces: (top, bottom, left, right), mirrored at column 24.
BOXES = {
    "mouth": (33, 44, 14, 24),
    "eyes": (15, 21, 8, 21),
    "brows": (9, 15, 7, 24),
    "nose": (15, 32, 20, 24),
    "cheeks": (21, 33, 6, 20),
    "forehead": (0, 9, 8, 24),
}
HEAD = (22, 27, 17.5)  # the head's ellipse: middle row, half its height, half its width


def fixed_regions() -> np.ndarray:
    """The parts of the mean face: (48, 48) int, an index into `REGIONS`."""
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    middle, height, width = HEAD
    head = ((row - middle) / height) ** 2 + ((column - SIZE / 2) / width) ** 2 <= 1
    side = np.minimum(column, SIZE - column)  # from the nearer edge: both halves at once
    masks = {
        name: head & (row > top) & (row < bottom) & (side > left) & (side < right)
        for name, (top, bottom, left, right) in BOXES.items()
    }
    masks |= {"hair": ~head & (row < 21), "shoulders": ~head & (row > 38), "background": ~head}
    return _labelled(masks)


def drawn_regions(faces: Sequence[Face]) -> np.ndarray:
    """The parts of each drawn face: (N, 48, 48) int, indices into `REGIONS`."""
    labels = [_labelled(region_masks(face)) for face in faces]
    return np.array(labels, dtype=int).reshape(-1, SIZE, SIZE)


def _labelled(masks: dict[str, np.ndarray]) -> np.ndarray:
    labels = np.full((SIZE, SIZE), len(PARTS))
    for index in reversed(range(len(PARTS))):  # the first part is painted last, over the others
        labels[masks[PARTS[index]]] = index
    return labels


def shares(heat: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """The share of each face's heat on each region, rows summing to 1; nan for a dead map.

    Shapes: heat (N, 48, 48) ≥ 0, regions (48, 48) or (N, 48, 48) → (N, 10).
    """
    of = np.arange(len(REGIONS))[:, None, None]
    on = (heat[:, None] * (np.broadcast_to(regions, heat.shape)[:, None] == of)).sum((2, 3))
    total = on.sum(1, keepdims=True)
    return np.divide(on, total, out=np.full(on.shape, np.nan), where=total > 0)


def densities(heat: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Heat a pixel on each region; 1 is the image's average, nan a region the face lacks.

    A share alone favours large regions. Shapes as in `shares`.
    """
    area = shares(np.ones(heat.shape), regions)
    return np.divide(shares(heat, regions), area, out=np.full(area.shape, np.nan), where=area > 0)


# What the original's figures were said to show, best first: groups of regions of equal standing.
CLAIMS = {
    "happy": (("mouth",), ("eyes",)),
    "surprise": (("mouth", "brows"),),
    "angry": (("eyes", "mouth", "shoulders"),),
}
HOLDS, FALLS, OPEN = "holds", "does not hold", "can't be told"


def claims(
    evidence: Mapping[str, np.ndarray], labels: np.ndarray, untold: Collection[str] = ()
) -> pd.DataFrame:
    """The original's claims, part by part: a claimed region against the best that is not claimed.

    A part holds where every kind of evidence has it above 0 with its whole interval, falls where
    every kind has it below, and can't be told otherwise, nor for the regions `untold`.
    Shapes: evidence name → (N, 10) as `densities`, labels (N,). Columns: expression, claim, faces,
    verdict, and for each kind of evidence its name, `… low` and `… high`.
    """
    rows = []
    for expression, groups in CLAIMS.items():
        own = labels == EXPRESSIONS.index(expression)
        values = {name: regions[own] for name, regions in evidence.items()}
        for better, worse in _pairs(groups, next(iter(values.values()))):
            row: dict[str, object] = {"expression": expression, "claim": f"{better} above {worse}"}
            row["faces"] = int(own.sum())
            bounds = []
            for name, region in values.items():
                ahead = region[:, REGIONS.index(better)] - region[:, REGIONS.index(worse)]
                row[name], *interval = mean_interval(ahead)
                row |= {f"{name} low": interval[0], f"{name} high": interval[1]}
                bounds.append(interval)
            row["verdict"] = OPEN if {better, worse} & set(untold) else _verdict(bounds)
            rows.append(row)
    return pd.DataFrame(rows)


def _pairs(groups: Sequence[Sequence[str]], values: np.ndarray) -> list[tuple[str, str]]:
    """Each claimed region beside its strongest rival, and each group above the next."""
    claimed = [name for group in groups for name in group]
    told = (~np.isnan(values)).sum(0)
    strength = np.where(told > 0, np.nansum(values, 0) / np.maximum(told, 1), -np.inf)
    rival = max((r for r in REGIONS if r not in claimed), key=lambda r: strength[REGIONS.index(r)])
    order = [(a, b) for one, two in pairwise(groups) for a in one for b in two]
    return order + [(name, rival) for name in claimed]


def _verdict(bounds: Sequence[Sequence[float]]) -> str:
    if all(low > 0 for low, _ in bounds):
        return HOLDS
    return FALLS if all(high < 0 for _, high in bounds) else OPEN


def overall(table: pd.DataFrame) -> dict[str, str]:
    """A verdict an expression: it holds if all its parts do, falls if one does."""
    found = {}
    for expression, rows in table.groupby("expression", sort=False):
        parts = set(rows["verdict"])
        found[str(expression)] = HOLDS if parts == {HOLDS} else FALLS if FALLS in parts else OPEN
    return found
