"""Twins of validation in train: what a network owes to having seen the photograph.

A network may be better on them because it learned them by heart, or because they are easier. Only
a second training, without them, can tell: `experiments/near_duplicates.py` does it.
"""

import numpy as np
import pandas as pd

from fer_lib.formatting import means, percent
from fer_lib.questions.intervals import bootstrap_counts, share

ROWS = {"twins": "with a twin in Training", "rest": "the others"}


def table(counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Accuracy by two trainings: a row for the twins and one for the rest of the faces.

    `counts`, by `twins` and `rest`, are (2, 2): rows right and wrong when trained on all faces,
    columns when trained without the twins. Columns: faces; all and without, the two accuracies;
    gain, that of the first over the second, and low and high, its 95 % interval by the bootstrap
    of the faces, each with what both networks say of it.
    """
    rows = {}
    for name in ROWS:
        m = np.asarray(counts[name])
        n = int(m.sum())
        gain = _difference(m) / n
        low, high = bootstrap_counts(m, lambda drawn, n=n: _difference(drawn) / n)
        rows[name] = [n, m[0].sum() / n, m[:, 0].sum() / n, gain, low, high]
    columns = ["faces", "all", "without", "gain", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _difference(m: np.ndarray) -> np.ndarray:
    return m[..., 0, 1] - m[..., 1, 0]


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """`table`, written out; the gain in points."""
    points = (100 * rows[column] for column in ("gain", "low", "high"))
    return pd.DataFrame(
        {
            "faces": rows["faces"].map("{:,}".format),
            "trained on all": rows["all"].map(percent),
            "without the twins": rows["without"].map(percent),
            "gain, in points": means(*points, sign="+"),
        }
    ).rename(index=ROWS)


def reading(counts: dict[str, np.ndarray]) -> str:
    """What of the lead on twins is memory, and whether any is left without it."""
    rows = table(counts)
    twins, rest = rows.loc["twins"], rows.loc["rest"]
    told = (
        f"The network knows twins by heart: that is worth **{100 * twins['gain']:.1f} points** on "
        "them."
        if twins["low"] > 0
        else "That the network knows twins by heart can't be told from chance."
    )
    # rows: twins and rest; columns: right and wrong when trained without the twins
    without = np.array([np.asarray(counts[name]).sum(0) for name in ROWS])
    low, high = (100 * end for end in bootstrap_counts(without, _lead))
    why = "so they are easier besides" if low > 0 else "which chance alone could do"
    return (
        f"{told} Trained on all it is better on twins than on the others by "
        f"{100 * (twins['all'] - rest['all']):.1f} points; trained without them by "
        f"{100 * _lead(without):.1f} ({low:.1f} to {high:.1f}), {why}."
    )


def _lead(m: np.ndarray) -> np.ndarray:
    right = share(m[..., 0], m.sum(-1))
    return right[..., 0] - right[..., 1]
