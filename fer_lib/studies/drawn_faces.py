"""What the embedded faces are made of, counted: classes, intensities, units and their pixels."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS, SIZE, FaceSet
from fer_lib.drawn.action_units import PROTOTYPES, UNITS
from fer_lib.drawn.faces import Face, unit_masks
from fer_lib.formatting import listing, percent

# FER2013's training faces a class (Goodfellow et al. 2013), in the order of EXPRESSIONS.
FER2013_COUNTS = np.array([3995, 436, 4097, 7215, 4830, 3171, 4965])


def class_shares(faces: FaceSet) -> pd.DataFrame:
    """Training faces a class and their share, here and in FER2013; a row an expression."""
    ours = faces.train.counts
    return pd.DataFrame(
        {
            "embedded": ours,
            "embedded share": ours / max(ours.sum(), 1),
            "FER2013": FER2013_COUNTS,
            "FER2013 share": FER2013_COUNTS / FER2013_COUNTS.sum(),
        },
        index=pd.Index(EXPRESSIONS, name="expression"),
    )


def intensities(people: Sequence[Face]) -> pd.DataFrame:
    """Faces by expression (rows) and intensity (columns: the steps' upper ends, up to 1)."""
    edges = np.linspace(0.1, 1, 10)
    columns = [f"{edge:.1f}" for edge in edges[1:]]
    table = pd.DataFrame(0, index=list(EXPRESSIONS), columns=columns)
    for name in EXPRESSIONS:
        table.loc[name] = np.histogram([f.intensity for f in people if f.name == name], edges)[0]
    return table


def units(people: Sequence[Face]) -> pd.DataFrame:
    """A row an action unit: its name, its expressions, faces that show it, pixels it changes.

    `pixels` is the median share of the picture that changes when the unit alone is taken back.
    """
    shares: dict[int, list[float]] = {unit: [] for unit in UNITS}
    for person in people:
        for unit, mask in unit_masks(person).items():
            shares[unit].append(mask.sum() / SIZE**2)
    rows = [
        {
            "unit": unit,
            "name": name,
            "expressions": ", ".join(e for e in EXPRESSIONS if unit in set().union(*PROTOTYPES[e])),
            "faces": len(shares[unit]),
            "pixels": pd.Series(shares[unit], dtype=float).median(),
        }
        for unit, name in UNITS.items()
    ]
    return pd.DataFrame(rows).set_index("unit")


def answer(faces: FaceSet, table: pd.DataFrame) -> str:
    """What they are, in three sentences; `table` is of `units`."""
    widest, narrowest = table["pixels"].idxmax(), table["pixels"].idxmin()
    return (
        f"It sees {len(faces.train) + len(faces.validation):,} drawn faces, {len(faces.train):,} "
        f"to learn from and {len(faces.validation):,} to choose on: stylised EMFACS stimuli, not "
        f"people and not emotions. Of each we know which of {len(UNITS)} action units it shows, "
        "how strongly, and which pixels each of them changed: in the median from "
        f"{percent(table['pixels'][narrowest], 0)} of the picture ({UNITS[narrowest]}, unit "
        f"{narrowest}) to {percent(table['pixels'][widest], 0)} ({UNITS[widest]}, unit {widest})."
    )


def shared_units() -> str:
    """The pairs of expressions whose prototypes have most units in common, in a sentence."""
    union = {e: set().union(*PROTOTYPES[e]) for e in EXPRESSIONS}
    pairs = [
        (len(union[a] & union[b]) / len(union[a] | union[b]), a, b)
        for a, b in combinations(EXPRESSIONS, 2)
        if union[a] and union[b]
    ]
    top = sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:3]
    named = [f"{a} and {b} ({percent(share)})" for share, a, b in top]
    return f"Expressions share units, of all that either shows most in {listing(named)}."


def measured(path: str | Path) -> str:
    """What `experiments/drawn_faces.py` measured and stored at `path`, in words."""
    m = json.loads(Path(path).read_text(encoding="utf-8"))
    text = (
        f"{m['speed']['faces']:,} faces were drawn in {m['speed']['seconds']:.1f} s on "
        f"{m['speed']['cores']} cores ({m['speed']['core_seconds']:.1f} s of computing), with "
        f"{m['speed']['peak_mib']:,.0f} MiB of memory at the peak. "
        f"A softmax regression on the pixels is right on {percent(m['softmax']['accuracy'])} "
        f"of the validation faces. "
    )
    if "transfer" not in m:
        return text
    t = m["transfer"]
    return text + (
        f"ShallowCNN, trained on {t['faces']:,} drawn faces and on nothing else, reaches a "
        f"balanced accuracy of {percent(t['balanced_accuracy'])} on FER2013's {t['scored']:,} "
        f"validation photographs, where chance is {percent(1 / 7)}."
    )
