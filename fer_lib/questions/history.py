"""How training went, epoch by epoch, and what the curves say.

Training's numbers are of augmented faces, with dropout, averaged while the weights move;
validation's are of plain faces at the end of the epoch. So training may look worse than it is.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

from fer_lib.formatting import OPEN, UNKNOWN, percent, plural
from fer_lib.questions.intervals import LEVEL
from fer_lib.store import Result
from fer_lib.training.loop import learning_rate
from fer_lib.training.recipe import Recipe

CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
RISE = 0.05  # of validation loss over its lowest: less is the wobble from epoch to epoch


def spread(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Mean and sample standard deviation over runs, a row an epoch: `loss`, `loss_std`, …

    One run has a deviation of 0. Columns: epoch, and for each of CURVES its mean and _std.
    """
    rows = pd.concat(histories).groupby("epoch")[list(CURVES)]
    deviation = rows.std().fillna(0).add_suffix("_std")
    return pd.concat([rows.mean(), deviation], axis=1).reset_index()


def schedule(recipe: Recipe) -> pd.DataFrame:
    """The learning rate from the first step to the last: epoch (0 to epochs) and rate."""
    progress = np.linspace(0, 1, 201)
    rates = [learning_rate(recipe, float(part)) for part in progress]
    return pd.DataFrame({"epoch": progress * (recipe.epochs or 1), "rate": rates})


def answer(history: pd.DataFrame) -> str:
    """The page's answer in two sentences. The epoch that is kept is the last."""
    last = history.iloc[-1]
    began = (
        f"After {plural(len(history), 'epoch')} the training loss is {last.train_loss:.3f} nats "
        f"and the training accuracy {percent(last.train_accuracy)}. "
    )
    if np.isnan(last.validation_loss):
        return began + "There is no validation face, so nothing is known beyond training."
    return began + (
        f"On validation the loss is {last.validation_loss:.3f} nats, and the network is right on "
        f"**{percent(last.validation_accuracy)}** of the faces. {reading_overfit(history)}"
    )


def reading_overfit(history: pd.DataFrame) -> str:
    """Whether and where the network overfits, from one history."""
    last = history.iloc[-1]
    if np.isnan(last.validation_loss):
        return "Without validation faces, overfitting cannot be seen."
    if len(history) == 1:
        return "One epoch shows no course, so overfitting cannot be seen."
    best = history.loc[history["validation_loss"].idxmin()]
    if best.epoch == last.epoch:
        return "Validation loss is lowest at the last epoch: no sign of overfitting."
    rise = last.validation_loss / best.validation_loss - 1 if best.validation_loss else 0.0
    epoch = int(best.epoch)
    since = f"Validation loss is lowest at epoch {epoch} and has risen by {percent(rise)} since"
    if rise > RISE and best.train_loss > last.train_loss:
        return f"{since}, while training loss fell: it overfits from epoch {epoch + 1} on."
    return f"{since}, no more than it wobbles: hardly any overfitting."


def reading_gap(history: pd.DataFrame) -> str:
    """The gap between training and validation at the kept epoch."""
    last = history.iloc[-1]
    if np.isnan(last.validation_loss):
        return "Without validation faces there is no gap to read."
    points = 100 * (last.train_accuracy - last.validation_accuracy)
    loss = last.validation_loss - last.train_loss
    ahead = "ahead of" if points >= 0 else "behind"
    text = (
        f"At the kept epoch training is {abs(points):.1f} points {ahead} validation in accuracy, "
        f"and validation loss {abs(loss):.3f} nats {'above' if loss >= 0 else 'below'} training's. "
    )
    if points < 0:
        text += "Training meets moved, turned and dropped-out faces, so it may lie behind."
    return text.strip()


def reading_next(history: pd.DataFrame) -> str:
    """What one more epoch would likely bring, from the last third of the epochs."""
    accuracy = history["validation_accuracy"]
    if np.isnan(accuracy.iloc[-1]) or len(history) < 4:
        return "Too few validated epochs to say what another would bring."
    steps = accuracy.diff().iloc[-max(2, len(history) // 3) :]
    rate = history["learning_rate"].iloc[-1] / history["learning_rate"].max()
    text = (
        f"Over the last {len(steps)} epochs validation accuracy changed by "
        f"{100 * steps.mean():+.2f} points an epoch ({100 * steps.min():+.2f} to "
        f"{100 * steps.max():+.2f}). "
    )
    if rate < 0.01:
        return text + (
            "The learning rate has come down to nothing, so one more epoch would change little; "
            "more epochs make a new schedule, and so a new run."
        )
    return text + "One more would likely bring as much."


def reading_seeds(results: Sequence[Result]) -> str:
    """How far seeds lie apart at the last epoch, or that there is one."""
    ends = np.array([r.history["validation_accuracy"].iloc[-1] for r in results])
    if len(ends) == 1:
        return "No other seeds of this recipe are stored for these faces: the one run is shown."
    return (
        f"Over {len(ends)} seeds the last epoch's validation accuracy is {percent(ends.mean())}, "
        f"standard deviation {100 * ends.std(ddof=1):.1f} points: differences between recipes "
        "smaller than that mean nothing."
    )


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
    found = groups.agg(seeds="size", mean="mean", std="std", least="min", most="max")
    return found.reset_index()


def reading_learning_curve(curve: pd.DataFrame) -> str:
    """What more faces would bring, from the last doubling and the spread over seeds."""
    if len(curve) < 2:
        return "No runs on parts of these faces are stored, so there is no learning curve."
    before, last = curve.iloc[-2], curve.iloc[-1]
    doublings = np.log2(last["faces"] / before["faces"])
    gain = 100 * (last["mean"] - before["mean"]) / doublings
    reach = 100 * _reach(curve) / doublings
    so = f"whether more faces would help {OPEN}, for one seed each shows no spread"
    if abs(gain) + reach < 1:
        so = "more faces would likely bring little"
    elif gain - reach > 0:
        so = "more faces would likely help"
    elif gain + reach < 0:  # more of the same kind cannot harm: too few steps to use them
        so = "so many steps are too few for so many faces; train longer before you gather more"
    elif not np.isnan(reach):
        span = f"{gain - reach:+.1f} to {gain + reach:+.1f}"
        so = f"whether more faces would help {OPEN}, for by the spread over seeds it may be {span}"
    return (
        f"From {before['faces']:,.0f} to {last['faces']:,.0f} training faces, with as many steps, "
        f"validation accuracy changed by {gain:+.1f} points a doubling: {so}."
    )


def _reach(curve: pd.DataFrame) -> float:
    """Half the 95 % interval of the last step's change, by Student's t; nan where no seeds repeat.

    Seeds are taken to spread alike at each number of faces.
    """
    freedom = curve["seeds"] - 1
    if not freedom.sum():
        return np.nan
    variance = (freedom * curve["std"].fillna(0) ** 2).sum() / freedom.sum()
    t = student.ppf((1 + LEVEL) / 2, freedom.sum())
    return float(t * np.sqrt(variance * (1 / curve["seeds"].iloc[-2:]).sum()))


def shown(history: pd.DataFrame) -> pd.DataFrame:
    """The history, written out."""
    text = {}
    for split in ("train", "validation"):
        loss = history[f"{split}_loss"].map("{:.3f}".format)
        text[f"{split} loss"] = loss.replace("nan", UNKNOWN)
        text[f"{split} accuracy"] = history[f"{split}_accuracy"].map(percent)
    text["learning rate"] = history["learning_rate"].map("{:.2e}".format)
    return pd.DataFrame(text).set_axis([f"epoch {epoch}" for epoch in history["epoch"]])
