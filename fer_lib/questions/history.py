"""Question 2: how training went, epoch by epoch, and whether it overfits.

Training's numbers are of augmented faces, with dropout, averaged while the weights move;
validation's are of plain faces at the end of the epoch. So training may look worse than it is.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from fer_lib.questions.intervals import LEVEL
from fer_lib.training.recipe import Recipe
from fer_lib.training.train import learning_rate

CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
RISE = 0.05  # of validation loss over its lowest: less is mild


def spread(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean and sample standard deviation over runs, a row an epoch: `loss`, `loss_std`, …

    One run has a deviation of 0. Columns: epoch, and for each of CURVES its mean and _std.
    """
    rows = pd.concat(histories).groupby("epoch")[list(CURVES)]
    deviation = rows.std().fillna(0).add_suffix("_std")
    return pd.concat([rows.mean(), deviation], axis=1).reset_index()


def schedule(recipe: Recipe) -> pd.DataFrame:
    """The learning rate from the first step to the last: epoch (0 to epochs) and rate."""
    # enough points for the corner at the end of the warm-up to look like one
    progress = np.linspace(0, 1, 201)
    rates = [learning_rate(recipe, float(part)) for part in progress]
    return pd.DataFrame({"epoch": progress * recipe.total_epochs, "rate": rates})


class Overfitting(NamedTuple):
    """The verdict, the epoch (from 1) of the lowest validation loss, and the share it rose since.

    "yes": it rose from epoch to epoch by more than its own wobble, while training loss fell; "mild"
    where that came to less than RISE. "hardly": the rise may be wobble. "unknown": one epoch.
    """

    verdict: Literal["unknown", "no", "hardly", "mild", "yes"]
    epoch: int = 0
    rise: float = 0.0


def overfitting(history: pd.DataFrame) -> Overfitting:
    """Whether validation loss climbs while training loss still falls."""
    last = history.iloc[-1]
    if len(history) == 1:
        return Overfitting("unknown")
    best = history.loc[history["validation_loss"].idxmin()]
    if best.epoch == last.epoch:
        return Overfitting("no", int(best.epoch))
    # a loss of 0 has no ratio
    rise = last.validation_loss / best.validation_loss - 1 if best.validation_loss else 0.0
    steps = history.loc[history["epoch"] >= best.epoch, "validation_loss"].diff().dropna()
    # from epoch to epoch, is the mean step above 0? Two steps cannot tell a trend from a wobble
    wobble = steps.std(ddof=1) / np.sqrt(len(steps)) if len(steps) > 2 else np.inf
    # Student's t, since the deviation of few steps is itself uncertain
    steady = steps.mean() > student.ppf((1 + LEVEL) / 2, max(len(steps) - 1, 1)) * wobble
    if not steady or best.train_loss <= last.train_loss:
        return Overfitting("hardly", int(best.epoch), rise)
    return Overfitting("yes" if rise > RISE else "mild", int(best.epoch), rise)


def last_changes(history: pd.DataFrame) -> np.ndarray:
    """By how much validation accuracy changed, an epoch, over the last third of the epochs.

    Empty where there are fewer than four.
    """
    if len(history) < 4:
        return np.empty(0)
    return history["validation_accuracy"].diff().to_numpy()[-max(2, len(history) // 3) :]


def difference_of_two(accuracies: np.ndarray) -> float:
    """By how much two more runs of other seeds differ, in 95 of 100 cases less.

    t · √2 · the deviation of `accuracies` (seeds,), two at least, for both runs vary.
    """
    t = student.ppf((1 + LEVEL) / 2, len(accuracies) - 1)
    return float(t * np.sqrt(2) * np.std(accuracies, ddof=1))
