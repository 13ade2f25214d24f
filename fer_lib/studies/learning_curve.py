"""What other seeds and other numbers of training faces would give, from stored runs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

from fer_lib.questions.intervals import LEVEL
from fer_lib.store import Result


def learning_curve(results: Sequence[Result]) -> pd.DataFrame:
    """Validation accuracy by training faces: share, faces, seeds, mean, std, least, most.

    `std` is the sample deviation over seeds, nan of one.
    """
    rows = pd.DataFrame(
        {
            "share": [r.share for r in results],
            "faces": [r.train_faces for r in results],
            "accuracy": [r.history["validation_accuracy"].iloc[-1] for r in results],
        }
    )
    groups = rows.groupby(["share", "faces"])["accuracy"]
    return groups.agg(seeds="size", mean="mean", std="std", least="min", most="max").reset_index()


def difference_of_two(curve: pd.DataFrame) -> float:
    """By how much two single runs of other seeds differ, in 95 of 100 cases less; nan of one seed.

    From the last point of a curve: t · √2 · std, for both runs vary.
    """
    last = curve.iloc[-1]
    return float(student.ppf((1 + LEVEL) / 2, last["seeds"] - 1) * np.sqrt(2) * last["std"])


def last_doubling(curve: pd.DataFrame) -> tuple[float, float]:
    """What twice the faces changed, from the last two points: (gain, half its 95 % interval).

    Fractions; nan where there are no two points, and the half where no seeds repeat.
    """
    if len(curve) < 2:
        return np.nan, np.nan
    before, last = curve.iloc[-2], curve.iloc[-1]
    # the numbers of faces need not double exactly; the gain is that of one doubling
    doublings = np.log2(last["faces"] / before["faces"])
    gain, half, freedom = last["mean"] - before["mean"], np.nan, curve["seeds"] - 1
    if freedom.sum():
        # Student's t; seeds are taken to spread as much at one number of faces as at another
        variance = (freedom * curve["std"].fillna(0) ** 2).sum() / freedom.sum()
        error = np.sqrt(variance * (1 / curve["seeds"].iloc[-2:]).sum())
        half = float(student.ppf((1 + LEVEL) / 2, freedom.sum()) * error)
    return gain / doublings, half / doublings
