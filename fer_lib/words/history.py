"""Page 2 in words."""

import numpy as np
import pandas as pd

from fer_lib.formatting import listing, machine, percent, plural
from fer_lib.questions.history import Overfitting, difference_of_two, last_changes
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run


def end_of_training(history: pd.DataFrame) -> str:
    """Loss and accuracy at the last epoch, which is the one that is kept."""
    last = history.iloc[-1]
    after = f"After {plural(len(history), 'epoch')}"
    if last.epoch == 0:
        after = "It was trained elsewhere, so how that went is not known here: as it came,"
    return (
        f"{after} the training loss is {last.train_loss:.3f} and "
        f"the training accuracy {percent(last.train_accuracy)}. "
        f"On validation the loss is {last.validation_loss:.3f}, and the network is right on "
        f"**{percent(last.validation_accuracy)}** of the faces."
    )


def overfitting(result: Overfitting, longer: Overfitting | None = None) -> str:
    """Whether the network overfits; `longer` is of a run on FER2013 that had the time to."""
    since = f"Validation loss is lowest at epoch {result.epoch} and {percent(result.rise)} higher"
    short = ""
    if longer and longer.verdict in ("mild", "yes") and longer.epoch > result.epoch:
        short = (
            f" But {plural(result.epoch, 'epoch')} could hardly show it: a longer run on FER2013 "
            f"overfits only from epoch {longer.epoch + 1} on."
        )
    return {
        "unknown": "Overfitting cannot be seen in one epoch.",
        "no": "Validation loss is lowest at the last epoch: no sign of overfitting." + short,
        "hardly": f"{since} at the end, which may be its wobble: hardly any overfitting.",
        "mild": f"{since} at the end. It rises steadily from epoch {result.epoch + 1} on, while "
        "training loss falls: mild overfitting.",
        "yes": f"{since} at the end, while training loss fell: "
        f"the network overfits from epoch {result.epoch + 1} on.",
    }[result.verdict]


def training_gap(history: pd.DataFrame) -> str:
    """Training against validation at the kept epoch."""
    last = history.iloc[-1]
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
        return "There were too few epochs to say what another would bring."
    by = listing(f"{step:+.2f}" for step in steps) + " points"
    if len(steps) > 3:
        by = f"{steps.mean():+.2f} points per epoch, at least {steps.min():+.2f} and at most " + (
            f"{steps.max():+.2f}"
        )
    text = f"In the last {len(steps)} epochs validation accuracy changed by {by}. "
    if history["learning_rate"].iloc[-1] < 0.01 * history["learning_rate"].max():
        return text + (
            "But the learning rate has come down to zero, so one more epoch would change little. "
            "For more epochs, train a new run: its schedule will be longer."
        )
    return text + "One more would likely bring as much."


def seeds(ends: np.ndarray) -> str:
    """How far apart runs of other seeds end: their last validation accuracies (seeds,)."""
    if len(ends) == 1:
        return "No other seeds of this recipe are stored for these faces: the figure shows one run."
    return (
        f"Over {len(ends)} seeds the last validation accuracy is {percent(ends.mean())} on "
        f"average; the farthest two differ by {100 * np.ptp(ends):.1f} points. So few seeds leave "
        "open how far others may lie: where each of two recipes has one run, the seed alone may "
        f"make a difference of up to {100 * difference_of_two(ends):.1f} points (95 %, by "
        "Student's t)."
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
    rare = used.class_weights or used.balanced_sampling
    weighed = ", and a rare class counts as much as a common one" if rare else ""
    if used.teachers:
        weighed += f", and the mean answer of {plural(len(used.teachers), 'teacher')} is taught too"
    weights = "the weights of the last epoch are"
    if used.ema:
        weights = "a moving average of the weights is"
    harder = ", some with a part erased" if used.erase else ""
    harder += ", mixed in pairs" if used.mixup else ""
    if len(used.image_sizes) > 1:
        harder += f", and resized to {listing(map(str, used.image_sizes))} pixels in turn"
    return (
        f"**Training.** {name} is trained for {plural(used.total_epochs, 'epoch')} with a learning "
        f"rate of {used.peak_learning_rate:g} at its peak, {other}, seed {used.seed}. "
        f"Each step takes {plural(used.batch_size, 'face')}; the optimizer is {used.optimizer}, "
        f"with a weight decay of {used.weight_decay:g} and a label smoothing of "
        f"{used.label_smoothing:g}{weighed}. The learning rate climbs for "
        f"{percent(used.warmup, 0)} of the steps, then falls to zero by a cosine; {weights} kept. "
        f"Training faces are {'mirrored half of the time, ' if used.flip else ''}shifted by up to "
        f"{used.shift:g} pixels, turned by up to {used.rotate:g}°, scaled by up to "
        f"{percent(used.scale, 0)}, and changed in brightness and contrast by up to "
        f"{percent(used.light, 0)}{harder}.\n\n"
        f"**Machine.** {name} took {made['seconds'] / 60:.1f} minutes on "
        f"{machine(made['machine']['processor'], threads)}, in {made['precision']}, with torch "
        f"{made['versions']['torch']}."
    )
