"""What it changes that rare classes count as much as common ones: `experiments/class_weights.py`.

Pairs of trainings, with class weights and without, from the same seeds.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions import confusion
from fer_lib.questions.intervals import seeds_interval
from fer_lib.store import Result


def gains(plain: list[Result], weighted: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row a score: its mean without and with weights, and the gain with a 95 % interval.

    `weighted` has a confusion matrix (7, 7) by seed; `plain` are the results without weights, of
    which those of the same seeds are taken. The interval is t's over seeds. Columns: plain,
    weighted, gain, low, high; nan ends where there is but one seed.
    """
    pairs = [
        (r.matrix, np.asarray(weighted[str(r.seed)])) for r in plain if str(r.seed) in weighted
    ]
    without, with_weights = (np.array(matrices) for matrices in zip(*pairs, strict=True))
    disgust = EXPRESSIONS.index("disgust")
    rows = {}
    for name, score in {
        "recall of disgust": lambda m: confusion.recall(m)[:, disgust],
        "balanced accuracy": confusion.balanced_accuracy,
        "accuracy": confusion.accuracy,
    }.items():
        one, other = score(without), score(with_weights)
        gain = other - one
        rows[name] = [one.mean(), other.mean(), gain.mean(), *seeds_interval(gain)]
    columns = ["plain", "weighted", "gain", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
