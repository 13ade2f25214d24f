"""Accuracy against the number of training faces."""

import pandas as pd
from matplotlib.axes import Axes

from fer_lib.plots.style import VALIDATION


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
