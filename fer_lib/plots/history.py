"""The curves of a run: loss and accuracy, and the learning rate below them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fer_lib.plots.style import FAINT, INK, TRAINING, VALIDATION, WIDTH

COLORS = {"train": TRAINING, "validation": VALIDATION}
NAMES = {"train": "training", "validation": "validation"}


def curves(spread: pd.DataFrame, schedule: pd.DataFrame) -> Figure:
    """Loss and accuracy with their spread over seeds; below, the learning rate.

    Both tables are of `questions.history`. The kept epoch, the last, is marked.
    """
    figure, axes = plt.subplots(
        2, 2, figsize=(WIDTH, 3.9), height_ratios=[3, 1], sharex=True, squeeze=False
    )
    _loss_and_accuracy(axes[0], spread)
    for ax in axes[1]:
        rates(ax, schedule)
    axes[1, 0].set_ylabel("learning\nrate")
    return figure


def losses_and_accuracies(spread: pd.DataFrame) -> Figure:
    """The same without a learning rate: for stored runs, of which only the history is left."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.9))
    _loss_and_accuracy(axes, spread)
    for ax in axes:
        ax.set_xlabel("epoch")
    return figure


def _loss_and_accuracy(axes: np.ndarray, spread: pd.DataFrame) -> None:
    metric(axes[0], spread, "loss").set_ylabel("loss")
    metric(axes[1], spread, "accuracy").set_ylabel("accuracy")
    axes[1].yaxis.set_major_formatter("{x:.0%}")
    axes[1].legend()


def metric(ax: Axes, spread: pd.DataFrame, name: str) -> Axes:
    """Training and validation of one metric: mean, a band of one deviation, the kept epoch."""
    for split, color in COLORS.items():
        mean, deviation = spread[f"{split}_{name}"], spread[f"{split}_{name}_std"]
        ax.plot(spread["epoch"], mean, ".-", color=color, label=NAMES[split])
        if (deviation > 0).any():
            band = mean - deviation, mean + deviation
            ax.fill_between(spread["epoch"], *band, color=color, alpha=0.2, linewidth=0)
    last = spread.iloc[-1]
    kept = last["epoch"], last[f"validation_{name}"]
    ax.plot(*kept, "o", color="none", markeredgecolor=INK, markersize=9, label="kept epoch")
    ax.grid(axis="y")
    return ax


def rates(ax: Axes, schedule: pd.DataFrame) -> Axes:
    """The learning rate, step by step; an epoch's number stands where it ends."""
    ax.fill_between(schedule["epoch"], schedule["rate"], color=FAINT, linewidth=0)
    ax.set(xlabel="epoch", ylim=(0, None), xlim=(0, None))
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return ax
