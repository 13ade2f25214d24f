"""What the drawn faces are made of, counted: classes, intensities, units and their pixels."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS, FaceSet
from fer_lib.drawn.action_units import PROTOTYPES, UNITS
from fer_lib.drawn.faces import Face, unit_masks

# FER2013's training faces a class (Goodfellow et al. 2013), in the order of EXPRESSIONS.
FER2013_COUNTS = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965])


def class_shares(faces: FaceSet) -> pd.DataFrame:
    """Training faces a class and their share, here and in FER2013; a row an expression."""
    ours = faces.train.counts
    return pd.DataFrame(
        {
            "drawn": ours,
            "drawn share": ours / max(ours.sum(), 1),
            "FER2013": FER2013_COUNTS,
            "FER2013 share": FER2013_COUNTS / FER2013_COUNTS.sum(),
        },
        index=pd.Index(EXPRESSIONS, name="expression"),
    )


def intensity_counts(people: Sequence[Face]) -> pd.DataFrame:
    """Faces by expression (rows) and intensity (columns: the steps' upper ends, up to 1)."""
    edges = np.linspace(0.1, 1, 10)
    counts = [
        np.histogram([f.intensity for f in people if f.name == name], edges)[0]
        for name in EXPRESSIONS
    ]
    return pd.DataFrame(counts, list(EXPRESSIONS), [f"{edge:.1f}" for edge in edges[1:]])


def unit_counts(people: Sequence[Face]) -> pd.DataFrame:
    """A row an action unit: its name, its expressions, faces that show it, pixels it changes.

    `pixels` is the median share of the picture that changes when the unit alone is taken back.
    """
    masks = [(unit, mask.mean()) for person in people for unit, mask in unit_masks(person).items()]
    shares = pd.DataFrame(masks, columns=["unit", "share"]).groupby("unit")["share"]
    table = pd.DataFrame({"name": UNITS}).rename_axis("unit")
    table["expressions"] = [
        ", ".join(name for name in EXPRESSIONS if unit in units_of(name)) for unit in UNITS
    ]
    table["faces"] = shares.size().reindex(UNITS, fill_value=0)
    return table.assign(pixels=shares.median())


def units_of(expression: str) -> set[int]:
    """The action units of all variants of an expression."""
    return set().union(*PROTOTYPES[expression])


def shared_units() -> pd.DataFrame:
    """Pairs of expressions, the most alike first: a, b, and the share of their units in common."""
    pairs = [
        # Jaccard's index; neutral has no unit to share
        (a, b, len(units_of(a) & units_of(b)) / len(units_of(a) | units_of(b)))
        for a, b in combinations(filter(units_of, EXPRESSIONS), 2)
    ]
    table = pd.DataFrame(pairs, columns=["a", "b", "share"])
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)
