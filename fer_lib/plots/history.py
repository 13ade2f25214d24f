"""The curves of a run: loss and accuracy, the learning rate below them, and the learning curve."""

import matplotlib.pyplot as plt
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
    figure, axes = plt.subplot_mosaic(
        [["loss", "accuracy"], ["rate", "rate2"]],
        figsize=(WIDTH, 3.9),
        height_ratios=[3, 1],
        sharex=True,
    )
    metric(axes["loss"], spread, "loss").set_ylabel("loss (nats)")
    metric(axes["accuracy"], spread, "accuracy").set_ylabel("accuracy")
    axes["accuracy"].yaxis.set_major_formatter("{x:.0%}")
    for name in ("rate", "rate2"):
        rates(axes[name], schedule)
    axes["rate"].set_ylabel("learning\nrate")
    axes["accuracy"].legend()
    return figure


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


def learning_curve(ax: Axes, curve: pd.DataFrame) -> Axes:
    """Validation accuracy by training faces, each doubling as wide; a bar spans the seeds."""
    reach = [curve["mean"] - curve["least"], curve["most"] - curve["mean"]]
    ax.errorbar(curve["faces"], curve["mean"], reach, fmt="o-", color=VALIDATION, capsize=3)
    ax.set_xscale("log", base=2)
    ax.set_xticks(curve["faces"], [f"{n:,}" for n in curve["faces"]], minor=False)
    ax.minorticks_off()
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set(xlabel="training faces", ylabel="validation accuracy")
    ax.grid(axis="y")
    return ax
