"""What it changes to help rare classes in training: stored by `experiments/rare_classes.py`.

Pairs of trainings from the same seeds: one as the recipe says, one with class weights or with
balanced sampling.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions import confusion
from fer_lib.questions.intervals import seeds_interval
from fer_lib.store import Result

DISGUST = EXPRESSIONS.index("disgust")
SCORES = {
    "recall of disgust": lambda m: confusion.recall(m)[:, DISGUST],
    "balanced accuracy": confusion.balanced_accuracy,
    "accuracy": confusion.accuracy,
}


def gains(plain: list[Result], helped: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """A row a score: its mean without and with the help, and the gain with a 95 % interval.

    `helped` has a confusion matrix (7, 7) by seed; `plain` are the results without help, of which
    those of the same seeds are taken. The interval is Student's over seeds. Columns: plain,
    helped, gain, low, high; nan ends where there is but one seed.
    """
    pairs = [(r.matrix, np.asarray(helped[str(r.seed)])) for r in plain if str(r.seed) in helped]
    without, with_help = (np.array(matrices) for matrices in zip(*pairs, strict=True))
    rows = {}
    for name, score in SCORES.items():
        one, other = score(without), score(with_help)
        rows[name] = [one.mean(), other.mean(), (other - one).mean(), *seeds_interval(other - one)]
    columns = ["plain", "helped", "gain", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
