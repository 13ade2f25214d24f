"""Near-duplicates across the splits: what a network owes to having seen the photograph.

A network may be better on them because it memorised them, or because they are easier. Only
a second training, without them, can tell: `experiments/near_duplicates.py` does it.
"""

import numpy as np
import pandas as pd

from fer_lib.questions.intervals import bootstrap_counts, paired_difference, share

ROWS = {  # as they are stored
    "near_duplicates": "with a near-duplicate in Training",
    "rest": "the others",
}


def gains(counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Accuracy by two trainings: a row for the near-duplicates and one for the rest of the faces.

    `counts`, by `near_duplicates` and `rest`, are (2, 2): rows right and wrong when trained on all
    faces, columns when trained without near-duplicates. Columns: faces; all and without, the two
    accuracies; gain, that of the first over the second, and low and high, its 95 % interval by the
    bootstrap of the faces, each with what both networks say of it.
    """
    rows = {}
    for name in ROWS:
        m = np.asarray(counts[name])
        n = int(m.sum())
        shares = np.array([m[0].sum(), m[:, 0].sum()]) / (n or np.nan)
        rows[name] = [n, *shares, *paired_difference(m)]
    columns = ["faces", "all", "without", "gain", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def lead_without(counts: dict[str, np.ndarray]) -> tuple[float, float, float]:
    """By how much near-duplicates lead the rest without having been in train: (lead, low, high).

    `counts` as in `gains`; the difference of two accuracies and its 95 % bootstrap interval.
    """
    # rows: near-duplicates and rest; columns: right and wrong when trained without the former
    without = np.array([np.asarray(counts[name]).sum(0) for name in ROWS])
    return float(_lead(without)), *bootstrap_counts(without, _lead)


def _lead(m: np.ndarray) -> np.ndarray:
    right = share(m[..., 0], m.sum(-1))
    return right[..., 0] - right[..., 1]
