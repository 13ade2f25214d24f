"""Confusions drawn: the matrix, recall and precision of each class, the mistakes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lib.data.faceset import EXPRESSIONS, check_classes
from fer_lib.plots import style
from fer_lib.plots.style import INK, SEQUENTIAL, SHARE, VALIDATION, WIDTH
from fer_lib.questions.intervals import share


def matrix(ax: Axes, m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> Axes:
    """The row's share as color and per cent, the count of faces below it: m (K, K)."""
    check_classes(len(m), classes)
    shares = share(m, m.sum(1, keepdims=True))  # nan in the row of a class without faces
    percents = np.where(np.isnan(shares), "–", np.char.mod("%.0f", 100 * shares))
    words = np.char.add(percents, np.char.mod("\n(%d)", m))
    sns.heatmap(
        np.nan_to_num(shares), vmin=0, vmax=1, cmap=SEQUENTIAL, square=True, annot=words, fmt="",
        annot_kws={"fontsize": 7.5}, xticklabels=classes, yticklabels=classes, ax=ax,
        cbar_kws={"format": SHARE, "shrink": 0.8, "label": "per cent of the row (and faces)"},
    )  # fmt: skip
    ax.set_xticklabels(classes, rotation=35, ha="right", rotation_mode="anchor")
    ax.tick_params("y", rotation=0)
    ax.tick_params(length=0)
    ax.set(xlabel="predicted", ylabel="labelled")
    return ax


def by_class(table: pd.DataFrame, mark: float | None = None) -> Figure:
    """Recall and precision of each class with their intervals; the unknown stay empty.

    A dotted line marks the recall `mark`.
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.7), sharey=True)
    colors = style.colors(table["expression"].tolist())
    for ax, name in zip(axes, ("recall", "precision"), strict=True):
        for y, row in table.iterrows():
            color, ends = colors[row["expression"]], row[[f"{name}_low", f"{name}_high"]]
            ax.plot(ends, [y, y], color=color, lw=3, alpha=0.5, solid_capstyle="butt")
            ax.plot(row[name], y, "o", color=color)
        ax.set_yticks(range(len(table)), table["expression"])
        ax.set(xlabel=name, xlim=(-0.02, 1.02), ylim=(len(table) - 0.5, -0.9))
        ax.xaxis.set_major_formatter(SHARE)
        ax.grid(axis="x")
    if mark is not None:
        axes[0].axvline(mark, color=INK, ls=":", lw=1)
        axes[0].text(mark, -0.75, f" {mark:.0%}", fontsize=8, va="bottom")
    return figure


def mistakes(images: np.ndarray, table: pd.DataFrame) -> Figure:
    """The faces of `questions.confusion.confident_mistakes`: the label above, the prediction below.

    Shape: images (N, 48, 48), the split that the table's indices point into.
    """
    rows = max(1, -(-len(table) // 7))
    figure, axes = style.grid(rows, 7, WIDTH, 1.15 * rows)
    figure.set_layout_engine("constrained", h_pad=0.08)  # a face's two words stay together
    for ax, (_, row) in zip(axes.flat, table.iterrows(), strict=False):
        style.face(ax, images[row["index"]])
        ax.set_title(row["labelled"], fontsize=8, pad=2)
        ax.set_xlabel(f"{row['predicted']} {row['probability']:.0%}", fontsize=8, color=VALIDATION)
    return figure
