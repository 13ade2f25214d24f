from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel

from fer_lib.questions import confusion
from fer_lib.studies import rare_classes

# seed, without help and with, of all faces and of new ones
SEEDS = np.random.default_rng(0).integers(1, 90, (4, 2, 2, 7, 7))


def stored(seed: int) -> Any:
    every, new = SEEDS[seed, 0]
    return SimpleNamespace(seed=seed, matrix=every, new_faces=new)


def helped(*seeds: int) -> dict:
    kinds = ("matrix", "new_faces")
    return {"weights": {str(s): dict(zip(kinds, SEEDS[s, 1], strict=True)) for s in seeds}}


def test_gains_are_of_the_same_seeds():
    table = rare_classes.gains([stored(s) for s in (3, 0, 1, 2)], helped(0, 1, 3))
    table = table.set_index("score")
    assert (table.pop("way") == "weights").all()
    same = table.pop("same_direction")
    every, new = SEEDS[[0, 1, 3]].transpose(2, 1, 0, 3, 4)
    for name, values in {
        "recall of disgust": confusion.recall(every)[..., 1],
        "recall of disgust on new faces": confusion.recall(new)[..., 1],
        "precision of disgust": confusion.precision(every)[..., 1],
        "balanced accuracy": confusion.balanced_accuracy(every),
        "accuracy": confusion.accuracy(every),
    }.items():
        one, other = values
        expected = [one.mean(), other.mean(), ttest_rel(other, one).pvalue]
        assert table.loc[name].tolist() == pytest.approx(expected)
        assert same[name] == (len({*np.sign(other - one)}) == 1)
    assert set(same) == {True, False}
    assert len(table) == 5


def test_one_seed_has_no_test():
    table = rare_classes.gains([stored(0)], helped(0))
    assert table["p"].isna().all()
    assert table[["plain", "helped"]].notna().all(axis=None)
