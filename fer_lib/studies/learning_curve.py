"""What other seeds and other numbers of training faces would give, from stored runs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from fer_lib.questions.intervals import LEVEL
from fer_lib.store import Result


class SeedSpread(NamedTuple):
    """Validation accuracy at the last epoch over seeds: fractions; nan of one seed.

    `std` is the sample deviation. Two single runs of the recipe differ by less than `difference`
    in 95 of 100 cases: t · √2 · std, for both of them vary.
    """

    seeds: int
    mean: float
    std: float
    difference: float


def seed_spread(results: Sequence[Result]) -> SeedSpread:
    """How far the seeds of one recipe lie apart."""
    ends = pd.Series([r.history["validation_accuracy"].iloc[-1] for r in results])
    reach = student.ppf((1 + LEVEL) / 2, len(ends) - 1) * np.sqrt(2) * ends.std()
    return SeedSpread(len(ends), ends.mean(), ends.std(), reach)


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


def last_doubling(curve: pd.DataFrame) -> tuple[float, float]:
    """What twice the faces changed, from the last two points: (gain, half its 95 % interval).

    Fractions; nan where there are no two points, and the half where no seeds repeat.
    """
    if len(curve) < 2:
        return np.nan, np.nan
    before, last = curve.iloc[-2], curve.iloc[-1]
    doublings = np.log2(last["faces"] / before["faces"])
    return (last["mean"] - before["mean"]) / doublings, _half_interval(curve) / doublings


def _half_interval(curve: pd.DataFrame) -> float:
    """By Student's t; seeds are taken to spread alike at each number of faces."""
    freedom = curve["seeds"] - 1
    if not freedom.sum():
        return np.nan
    variance = (freedom * curve["std"].fillna(0) ** 2).sum() / freedom.sum()
    t = student.ppf((1 + LEVEL) / 2, freedom.sum())
    return float(t * np.sqrt(variance * (1 / curve["seeds"].iloc[-2:]).sum()))
