"""Confusions drawn: the matrix, recall and precision, reliability, recall by intensity, faces."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots.style import (
    EXPRESSION_COLORS,
    FAINT,
    INK,
    SEQUENTIAL,
    TRAINING,
    VALIDATION,
    WIDTH,
    face,
    grid,
)
from fer_lib.questions.intervals import share
from fer_lib.studies.calibration import BINS, Reliability
from fer_lib.studies.intensity import CLAIMED

SHARE = "{x:.0%}"


def matrix(ax: Axes, m: np.ndarray) -> Axes:
    """The row's share as colour and per cent, the count of faces below it: m (7, 7)."""
    shares = share(m, m.sum(1, keepdims=True))  # nan in the row of a class without faces
    percents = np.where(np.isnan(shares), "–", np.char.mod("%.0f", 100 * shares))
    words = np.char.add(percents, np.char.mod("\n(%d)", m))
    sns.heatmap(
        np.nan_to_num(shares), vmin=0, vmax=1, cmap=SEQUENTIAL, square=True, annot=words, fmt="",
        annot_kws={"fontsize": 7.5}, xticklabels=EXPRESSIONS, yticklabels=EXPRESSIONS, ax=ax,
        cbar_kws={"format": SHARE, "shrink": 0.8, "label": "per cent of the row (and faces)"},
    )  # fmt: skip
    ax.set_xticklabels(EXPRESSIONS, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params("y", rotation=0)
    ax.tick_params(length=0)
    ax.set(xlabel="predicted", ylabel="labelled")
    return ax


def by_class(table: pd.DataFrame) -> Figure:
    """Recall and precision of each class with their intervals; the unknown stay empty."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.7), sharey=True)
    for ax, name in zip(axes, ("recall", "precision"), strict=True):
        columns = table[["expression", name, f"{name}_low", f"{name}_high"]]
        for row, (expression, value, *ends) in enumerate(columns.to_numpy()):
            color = EXPRESSION_COLORS[expression]
            ax.plot(ends, [row, row], color=color, lw=3, alpha=0.5, solid_capstyle="butt")
            ax.plot(value, row, "o", color=color)
        ax.set_yticks(range(len(table)), table["expression"])
        ax.set(xlabel=name, xlim=(-0.02, 1.02), ylim=(len(table) - 0.5, -0.9))
        ax.xaxis.set_major_formatter(SHARE)
        ax.grid(axis="x")
    axes[0].axvline(CLAIMED, color=INK, ls=":", lw=1)
    axes[0].text(CLAIMED, -0.75, f" {CLAIMED:.0%}", fontsize=8, va="bottom")
    return figure


def reliability(r: Reliability) -> Figure:
    """Accuracy against confidence, bin by bin, and how many faces each bin has."""
    figure, (ax, counts) = plt.subplots(2, figsize=(4.2, 4.4), height_ratios=[3, 1], sharex=True)
    ax.plot([0, 1], [0, 1], ":", color=INK, lw=1, label="as sure as right")
    some = r.faces > 0
    ends = np.abs(np.stack([r.accuracy - r.low, r.high - r.accuracy]))[:, some]
    ax.errorbar(
        r.confidence[some], r.accuracy[some], ends, fmt="o-", color=TRAINING, label="the network"
    )
    ax.set(ylabel="accuracy", xlim=(0, 1), ylim=(0, 1.03))
    ax.yaxis.set_major_formatter(SHARE)
    ax.legend(loc="upper left")
    edges = np.arange(BINS) / BINS
    counts.bar(edges, r.faces, width=1 / BINS, align="edge", color=FAINT, edgecolor="white")
    counts.set(xlabel="confidence", ylabel="faces")
    counts.xaxis.set_major_formatter(SHARE)
    return figure


def by_intensity(table: pd.DataFrame) -> Figure:
    """Recall against the intensity of the expression, a panel a class, with Wilson intervals."""
    names = table["expression"].unique()
    rows = max(1, -(-len(names) // 3))
    figure, axes = plt.subplots(
        rows, 3, figsize=(WIDTH, 2 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax, name in zip(axes.flat, names, strict=False):
        own = table[table["expression"] == name]
        ends = np.abs([own["recall"] - own["low"], own["high"] - own["recall"]])
        color = EXPRESSION_COLORS[name]
        ax.errorbar(own["intensity"], own["recall"], ends, fmt="o-", color=color, capsize=2)
        ax.axhline(CLAIMED, color=INK, ls=":", lw=1)
        ax.set(title=name, xlim=(0, 1), ylim=(-0.03, 1.03))
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        ax.yaxis.set_major_formatter(SHARE)
    for ax in axes.flat[len(names) :]:
        ax.axis("off")
    figure.supxlabel("intensity of the expression", fontsize=9)
    figure.supylabel("recall", fontsize=9)
    return figure


def mistakes(images: np.ndarray, table: pd.DataFrame) -> Figure:
    """The faces of `questions.confusion.surest_mistakes`: the label above, the prediction below.

    Shape: images (N, 48, 48), the split that the table's indices point into.
    """
    rows = max(1, -(-len(table) // 7))
    figure, axes = grid(rows, 7, WIDTH, 1.15 * rows)
    figure.set_layout_engine("constrained", h_pad=0.08)  # a face's two words stay together
    for ax, (_, row) in zip(axes.flat, table.iterrows(), strict=False):
        face(ax, images[row["index"]])
        ax.set_title(row["labelled"], fontsize=8, pad=2)
        ax.set_xlabel(f"{row['predicted']} {row['probability']:.0%}", fontsize=8, color=VALIDATION)
    return figure
