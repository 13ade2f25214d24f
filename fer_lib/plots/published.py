"""Draw the results on FER2013 beside those that were published."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from fer_lib.plots.style import FAINT, SHARE, TRAINING, VALIDATION, WIDTH
from fer_lib.studies.published import HUMAN, HUMAN_MARGIN

MARKS = {"PublicTest": "o", "PrivateTest": "s", "both": "D"}
HOLLOW = ("best epoch by this split", "as published")  # the protocols that a hollow mark stands for


def beside(ours: pd.DataFrame, published: pd.DataFrame) -> Axes:
    """Accuracies as points, ours on top with their intervals; the mark tells the split.

    It is hollow where the epoch was chosen on the faces that are scored, or nobody says how.

    The tables are `studies.published`'s: `results` and `PUBLISHED`.
    """
    names = [f"ours: {name}" for name in ours["recipe"]] + list(published["who"])
    figure, ax = plt.subplots(figsize=(WIDTH, 1.6 + 0.26 * len(names)))
    at = range(len(ours))
    # two rows of numbers are a line a column: each from its low to its high
    ax.plot([ours["low"], ours["high"]], [at, at], color=VALIDATION, lw=3, alpha=0.4)
    ax.plot(ours["accuracy"], at, MARKS["PublicTest"], color=VALIDATION)
    ax.plot(ours["ten_views"], at, "|", color=VALIDATION, markersize=11, markeredgewidth=2)
    ax.plot(ours["new_faces"], at, "x", color=VALIDATION)
    for y, row in enumerate(published.to_dict("records"), len(ours)):
        face = "white" if row["protocol"] in HOLLOW else TRAINING
        ax.plot(row["accuracy"], y, MARKS[row["split"]], color=TRAINING, markerfacecolor=face)
        if row["split"] == "both":  # people, whose margin is told with them
            ends = HUMAN - HUMAN_MARGIN, HUMAN + HUMAN_MARGIN
            ax.plot(ends, [y, y], color=TRAINING, lw=3, alpha=0.4)
    ax.axhline(len(ours) - 0.5, color=FAINT, lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="accuracy", ylim=(len(names) - 0.5, -0.5))
    ax.xaxis.set_major_formatter(SHARE)
    ax.grid(axis="x")
    key = [
        ("ours, PublicTest, with interval", "o", VALIDATION, VALIDATION),
        ("ours, mean over ten views", "|", VALIDATION, VALIDATION),
        ("ours, without near-duplicates", "x", VALIDATION, VALIDATION),
        ("people", "D", TRAINING, TRAINING),
        ("published, PublicTest", "o", TRAINING, TRAINING),
        ("published, PrivateTest", "s", TRAINING, TRAINING),
        ("hollow: epoch chosen on the faces scored, or not told", "s", TRAINING, "white"),
    ]
    handles = [
        plt.Line2D([], [], ls="", marker=mark, color=color, markerfacecolor=face, label=label)
        for label, mark, color, face in key
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=8)
    return ax
