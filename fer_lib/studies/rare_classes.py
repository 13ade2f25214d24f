"""What it changes to help rare classes in training: stored by `experiments/rare_classes.py`.

Pairs of trainings from the same seeds: one as the recipe says, one with class weights or with
balanced sampling.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import ttest_rel

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions import confusion
from fer_lib.store import Result

DISGUST = EXPRESSIONS.index("disgust")
NEW = "new faces"  # those without a near-duplicate in train
SCORES = {  # name → of which stored matrix, and by what
    "recall of disgust": ("matrix", lambda m: confusion.recall(m)[:, DISGUST]),
    f"recall of disgust on {NEW}": ("new_faces", lambda m: confusion.recall(m)[:, DISGUST]),
    "precision of disgust": ("matrix", lambda m: confusion.precision(m)[:, DISGUST]),
    "balanced accuracy": ("matrix", confusion.balanced_accuracy),
    "accuracy": ("matrix", confusion.accuracy),
}


def gains(
    plain: list[Result], helped: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]]
) -> pd.DataFrame:
    """A row a way and a score: its means without help and with it, and whether seeds agree.

    `helped` has by way, by seed, the confusion matrices (7, 7) `matrix` and `new_faces`; `plain`
    are the results without help, of which those of the same seeds are taken. Columns: way, score,
    plain, helped, p of the paired t-test over seeds, nan for one seed, and same_direction, whether
    the score rises in every seed or falls in every seed.
    """
    rows = []
    for way, by_seed in helped.items():
        pairs = [(r, by_seed[str(r.seed)]) for r in plain if str(r.seed) in by_seed]
        for score, (kind, value) in SCORES.items():
            one = value(np.array([getattr(result, kind) for result, _ in pairs]))
            other = value(np.array([matrices[kind] for _, matrices in pairs]))
            p = ttest_rel(other, one).pvalue if len(pairs) > 1 else np.nan
            same = len(pairs) > 1 and abs(np.sign(other - one).sum()) == len(pairs)
            rows.append((way, score, one.mean(), other.mean(), p, same))
    columns = ["way", "score", "plain", "helped", "p", "same_direction"]
    return pd.DataFrame(rows, columns=columns)
