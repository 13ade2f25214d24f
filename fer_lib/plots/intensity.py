"""Recall against the intensity of the expression."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import expit, logit

from fer_lib.plots.style import EXPRESSION_COLORS, INK, SHARE, WIDTH
from fer_lib.studies.intensity import CLAIMED, STRONG, WEAK, rises

DOSES = np.linspace(0, 1, 101)  # where a curve is drawn


def recall_by_step(table: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Recall against the intensity of the expression, a panel a class, with Wilson intervals.

    The logistic curve of `recall_gains` runs through them, dashed where no rise is shown.
    """
    names, gains = table["expression"].unique(), gains.set_index("expression")
    rows, rising = -(-len(names) // 3), rises(gains)
    figure, axes = plt.subplots(
        rows, 3, figsize=(WIDTH, 2 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax, name in zip(axes.flat, names, strict=False):
        own = table[table["expression"] == name]
        # absolute, for rounding can leave an end on the wrong side by a hair
        ends = np.abs([own["recall"] - own["low"], own["high"] - own["recall"]])
        color = EXPRESSION_COLORS[name]
        ax.errorbar(own["intensity"], own["recall"], ends, fmt="o", color=color, capsize=2)
        ends = gains.loc[name, ["weak", "strong"]].to_numpy(float)
        # the logits of a logistic curve are a line, which two points fix
        weak, strong = logit(ends.clip(1e-9, 1 - 1e-9))
        logits = weak + (strong - weak) * (DOSES - WEAK) / (STRONG - WEAK)
        ax.plot(DOSES, expit(logits), "-" if rising[name] else "--", color=color)
        ax.axhline(CLAIMED, color=INK, ls=":", lw=1)
        ax.set(title=name, xlim=(0, 1), ylim=(-0.03, 1.03))
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        ax.yaxis.set_major_formatter(SHARE)
    for ax in axes.flat[len(names) :]:
        ax.axis("off")
    figure.supxlabel("intensity of the expression", fontsize=9)
    figure.supylabel("recall", fontsize=9)
    return figure
