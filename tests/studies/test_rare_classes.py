from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel

from fer_lib.questions import confusion
from fer_lib.studies import rare_classes

SEEDS = np.random.default_rng(0).integers(1, 90, (4, 2, 7, 7))  # without help, and with


def stored(seed: int, m: np.ndarray) -> Any:
    return SimpleNamespace(seed=seed, matrix=m)


def test_gains_are_of_the_same_seeds():
    plain = [stored(seed, SEEDS[seed, 0]) for seed in (3, 0, 1, 2)]
    table = rare_classes.gains(plain, {str(s): SEEDS[s, 1].tolist() for s in (0, 1, 3)})
    chosen = SEEDS[[0, 1, 3]]
    for name, score in {
        "recall of disgust": lambda m: confusion.recall(m)[..., 1],
        "balanced accuracy": confusion.balanced_accuracy,
        "accuracy": confusion.accuracy,
    }.items():
        one, other = score(chosen).T
        interval = ttest_rel(other, one).confidence_interval()
        expected = [one.mean(), other.mean(), (other - one).mean(), interval.low, interval.high]
        assert table.loc[name].tolist() == pytest.approx(expected)


def test_one_seed_has_no_interval():
    table = rare_classes.gains([stored(0, SEEDS[0, 0])], {"0": SEEDS[0, 1]})
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["gain"].notna().all()
