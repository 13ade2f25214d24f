"""Page 2 in words."""

import numpy as np
import pandas as pd

from fer_lib.formatting import machine, percent, plural
from fer_lib.questions.history import Overfitting, last_changes
from fer_lib.studies.learning_curve import difference_of_two
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run


def end_of_training(history: pd.DataFrame) -> str:
    """Loss and accuracy at the last epoch, which is the one that is kept."""
    last = history.iloc[-1]
    after = f"After {plural(len(history), 'epoch')}"
    if last.epoch == 0:
        after = "It was trained elsewhere, so how that went is not known here: as it came,"
    text = (
        f"{after} the training loss is {last.train_loss:.3f} and "
        f"the training accuracy {percent(last.train_accuracy)}. "
    )
    if np.isnan(last.validation_loss):
        return text + "There are no validation faces, so nothing is known beyond training."
    return text + (
        f"On validation the loss is {last.validation_loss:.3f}, and the network is right on "
        f"**{percent(last.validation_accuracy)}** of the faces."
    )


def overfitting(result: Overfitting) -> str:
    """Whether the network overfits."""
    since = f"Validation loss is lowest at epoch {result.epoch} and {percent(result.rise)} higher"
    return {
        "unknown": "Overfitting cannot be seen without validation faces and two epochs.",
        "no": "Validation loss is lowest at the last epoch: no sign of overfitting.",
        "hardly": f"{since} at the end, which may be its wobble: hardly any overfitting.",
        "mild": f"{since} at the end. It rises steadily from epoch {result.epoch + 1} on, while "
        "training loss falls: mild overfitting.",
        "yes": f"{since} at the end, while training loss fell: "
        f"the network overfits from epoch {result.epoch + 1} on.",
    }[result.verdict]


def training_gap(history: pd.DataFrame) -> str:
    """Training against validation at the kept epoch."""
    last = history.iloc[-1]
    if np.isnan(last.validation_loss):
        return "Without validation faces there is no gap."
    points = 100 * (last.train_accuracy - last.validation_accuracy)
    loss = last.validation_loss - last.train_loss
    text = (
        f"At the kept epoch training accuracy is {abs(points):.1f} points "
        f"{'above' if points >= 0 else 'below'} validation's, and validation loss "
        f"{abs(loss):.3f} {'above' if loss >= 0 else 'below'} training's."
    )
    if points < 0:
        text += " Training is measured on augmented faces with dropout, which are harder."
    return text


def another_epoch(history: pd.DataFrame) -> str:
    """What one more epoch would likely bring."""
    steps = 100 * last_changes(history)
    if not len(steps):
        return "Too few epochs were validated to say what another would bring."
    text = (
        f"Over the last {len(steps)} epochs validation accuracy changed by {steps.mean():+.2f} "
        f"points an epoch (each between {steps.min():+.2f} and {steps.max():+.2f}). "
    )
    if history["learning_rate"].iloc[-1] < 0.01 * history["learning_rate"].max():
        return text + (
            "But the learning rate has come down to zero, so one more epoch would change little. "
            "For more epochs, train a new run: its schedule will be longer."
        )
    return text + "One more would likely bring as much."


def seeds(curve: pd.DataFrame) -> str:
    """How far apart runs of other seeds end, from the last point of `learning_curve`."""
    count, mean, std = curve[["seeds", "mean", "std"]].iloc[-1]
    if count == 1:
        return "No other seeds of this recipe are stored for these faces: the figure shows one run."
    return (
        f"Over {count:.0f} seeds the last validation accuracy is {percent(mean)} on "
        f"average, with a standard deviation of {100 * std:.1f} points. From so few seeds, "
        f"two single runs must differ by more than {100 * difference_of_two(curve):.1f} points "
        "before the difference can be put down to anything but the seed."
    )


def more_faces(curve: pd.DataFrame, gain: float, half: float) -> str:
    """Whether more training faces would help, from `learning_curve` and `last_doubling`."""
    if len(curve) < 2:
        return "No runs on parts of these faces are stored, so there is no learning curve."
    low, high = 100 * (gain - half), 100 * (gain + half)
    if np.isnan(half):
        so = "whether more faces would help is inconclusive, for each point is one seed"
    elif low > -1 and high < 1:
        so = "more faces would likely bring little"
    elif low > 0:
        so = "more faces would likely help"
    elif high < 0:
        # more of the same kind cannot harm: the steps were too few to use them
        so = "so many faces need more steps; train longer before you gather more"
    else:
        so = (
            "whether more faces would help is inconclusive, for by the spread over seeds the "
            f"change may be {low:+.1f} to {high:+.1f}"
        )
    faces = curve["faces"].iloc[-2:]
    return (
        f"From {faces.iloc[0]:,.0f} to {faces.iloc[1]:,.0f} training faces, with as many steps, "
        f"validation accuracy changed by {100 * gain:+.1f} points a doubling: {so}."
    )


def protocol(run: Run, shallow: Recipe | None) -> str:
    """How a run was trained and on what; and by which recipe the book's ShallowCNN, if it was."""
    name, used, made = type(run.model).__name__, run.recipe, run.manifest
    if run.imported:
        return f"**Training.** {name} was trained elsewhere: how and on what is not known here."
    other = "from random weights"
    if shallow:
        other = (
            f"ShallowCNN (questions 4 and 5) for {plural(shallow.total_epochs, 'epoch')} with "
            f"{shallow.peak_learning_rate:g}, both {other}"
        )
    threads = made["threads"] * made["processes"]
    return (
        f"**Training.** {name} is trained for {plural(used.total_epochs, 'epoch')} with a learning "
        f"rate of {used.peak_learning_rate:g} at its peak, {other}, seed {used.seed}. "
        f"Each step takes {plural(used.batch_size, 'face')}; the optimizer is {used.optimizer}, "
        f"with a weight decay of {used.weight_decay:g} and a label smoothing of "
        f"{used.label_smoothing:g}. The learning rate climbs for {percent(used.warmup, 0)} of the "
        "steps, then falls to zero by a cosine; the weights of the last epoch are kept. "
        f"Training faces are {'mirrored half of the time, ' if used.flip else ''}shifted by up to "
        f"{used.shift:g} pixels, turned by up to {used.rotate:g}°, scaled by up to "
        f"{percent(used.scale, 0)}, and changed in brightness and contrast by up to "
        f"{percent(used.light, 0)}.\n\n"
        f"**Machine.** {name} took {made['seconds'] / 60:.1f} minutes on "
        f"{machine(made['machine']['processor'], threads)}, in {made['precision']}, with torch "
        f"{made['versions']['torch']}."
    )
