"""Twins of validation in train: what a network owes to having seen the photograph.

A network may be better on them because it learned them by heart, or because they are easier. Only
a second training, without them, can tell: `benchmarks/twins.py` does it and stores the counts.
"""

import numpy as np
import pandas as pd

from fer_lib.answers.intervals import bootstrap_counts, wilson
from fer_lib.answers.words import estimates, means, percent, plural

ROWS = {"twins": "with a twin in Training", "rest": "the others"}


def table(counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Accuracy by two trainings: a row for the twins and one for the rest of the faces.

    `counts`, by `twins` and `rest`, are (2, 2): rows right and wrong when trained on all faces,
    columns when trained without the twins. Columns: faces; all and without, the two accuracies,
    and gain, that of the first over the second, each with low and high, its 95 % interval. That
    of the gain is of the faces' pairs, by the bootstrap.
    """
    rows = {}
    for name in ROWS:
        m = np.asarray(counts[name])
        n = int(m.sum())
        row: dict[str, float] = {"faces": n}
        for column, right in (("all", m[0].sum()), ("without", m[:, 0].sum())):
            low, high = wilson(right, n)
            row |= {column: right / n, f"{column} low": float(low), f"{column} high": float(high)}
        low, high = bootstrap_counts(m, lambda drawn, n=n: _gain(drawn) / n)
        rows[name] = row | {"gain": float(_gain(m)) / n, "gain low": low, "gain high": high}
    return pd.DataFrame(rows).T.astype({"faces": int})


def _gain(m: np.ndarray) -> np.ndarray:
    return m[..., 0, 1] - m[..., 1, 0]


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """`table`, written out; the gain in points."""
    out = pd.DataFrame({"faces": rows["faces"]})
    for name, column in (("all", "trained on all"), ("without", "trained without the twins")):
        out[column] = estimates(rows[name], rows[f"{name} low"], rows[f"{name} high"])
    points = (100 * rows[c] for c in ("gain", "gain low", "gain high"))
    out["gain, in points"] = means(*points, sign="+")
    return out.rename(index=ROWS)


def reading(rows: pd.DataFrame) -> str:
    """What of the lead on twins is memory."""
    twins, rest = rows.loc["twins"], rows.loc["rest"]
    lead, left = (twins[c] - rest[c] for c in ("all", "without"))
    if not twins["gain low"] > 0:
        told = "That it knows twins by heart can't be told from chance"
    else:
        told = (
            f"It knows twins by heart: that is worth **{100 * twins['gain']:.1f} points** on them"
        )
    return (
        f"{told}. Trained on all it is better on twins than on the others by "
        f"{100 * lead:.1f} points, trained without them by {100 * left:.1f}: so far these "
        "photographs are easier."
    )
