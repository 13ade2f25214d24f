"""Near-duplicates across the splits: what a network owes to having seen the photograph.

A network may be better on them because it memorised them, or because they are easier. Only
a second training, without them, can tell: `experiments/near_duplicates.py` does it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from fer_lib.questions.intervals import bootstrap_counts, share

ROWS = {"twins": "with a near-duplicate in Training", "rest": "the others"}  # as they are stored


def gains(counts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Accuracy by two trainings: a row for the near-duplicates and one for the rest of the faces.

    `counts`, by `twins` and `rest`, are (2, 2): rows right and wrong when trained on all faces,
    columns when trained without the near-duplicates. Columns: faces; all and without, the two
    accuracies; gain, that of the first over the second, and low and high, its 95 % interval by the
    bootstrap of the faces, each with what both networks say of it.
    """
    rows = {}
    for name in ROWS:
        m = np.asarray(counts[name])
        n = int(m.sum())
        gain = _difference(m) / n
        low, high = bootstrap_counts(m, lambda resampled, n=n: _difference(resampled) / n)
        rows[name] = [n, m[0].sum() / n, m[:, 0].sum() / n, gain, low, high]
    columns = ["faces", "all", "without", "gain", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _difference(m: np.ndarray) -> np.ndarray:
    return m[..., 0, 1] - m[..., 1, 0]


class Memory(NamedTuple):
    """What near-duplicates gain by having been in train, and by how much they lead the rest.

    `gain`, `gain_low`: in accuracy, and the lower end of its interval; `lead` with, and
    `lead_without` (`low` to `high`) without the near-duplicates in train.
    """

    gain: float
    gain_low: float
    lead: float
    lead_without: float
    low: float
    high: float


def memory(counts: dict[str, np.ndarray]) -> Memory:
    """What of the lead on near-duplicates is memory, and whether any is left without it."""
    rows = gains(counts)
    # rows: near-duplicates and rest; columns: right and wrong when trained without the former
    without = np.array([np.asarray(counts[name]).sum(0) for name in ROWS])
    lead = rows.loc["twins", "all"] - rows.loc["rest", "all"]
    ends = bootstrap_counts(without, _lead)
    return Memory(*rows.loc["twins", ["gain", "low"]], lead, float(_lead(without)), *ends)


def _lead(m: np.ndarray) -> np.ndarray:
    right = share(m[..., 0], m.sum(-1))
    return right[..., 0] - right[..., 1]
