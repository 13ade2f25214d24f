"""Draw the results on FER2013 beside those that were published."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from fer_lib.plots.style import FAINT, SHARE, TRAINING, VALIDATION, WIDTH

MARKS = {"PublicTest": "o", "PrivateTest": "s", "both": "D"}


def beside(ours: pd.DataFrame, published: pd.DataFrame) -> Axes:
    """Accuracies as points, ours on top with their intervals; the mark tells the split.

    The tables are `studies.published`'s: `results` and `PUBLISHED`.
    """
    names = [f"ours: {name}" for name in ours["recipe"]] + list(published["who"])
    _, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.26 * len(names)))
    at = range(len(ours))
    # two rows of numbers are a line a column: each from its low to its high
    ax.plot([ours["low"], ours["high"]], [at, at], color=VALIDATION, lw=3, alpha=0.4)
    ax.plot(ours["accuracy"], at, MARKS["PublicTest"], color=VALIDATION)
    ax.plot(ours["ten_views"], at, "|", color=VALIDATION, markersize=11, markeredgewidth=2)
    ax.plot(ours["new_faces"], at, "x", color=VALIDATION)
    for y, row in enumerate(published.to_dict("records"), len(ours)):
        # hollow: the epoch was chosen on the split that is scored, or nobody says how
        clean = "clean" in row["protocol"] or row["split"] == "both"
        face = TRAINING if clean else "white"
        ax.plot(row["accuracy"], y, MARKS[row["split"]], color=TRAINING, markerfacecolor=face)
    ax.axhline(len(ours) - 0.5, color=FAINT, lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="accuracy", ylim=(len(names) - 0.5, -0.5))
    ax.xaxis.set_major_formatter(SHARE)
    ax.grid(axis="x")
    key = [
        ("ours, PublicTest, with interval", "o", VALIDATION, VALIDATION),
        ("mean over ten views", "|", VALIDATION, VALIDATION),
        ("on faces without a near-duplicate in Training", "x", VALIDATION, VALIDATION),
        ("published, PublicTest", "o", TRAINING, TRAINING),
        ("published, PrivateTest", "s", TRAINING, TRAINING),
        ("people", "D", TRAINING, TRAINING),
        ("hollow: chosen on what it is scored on, or not told", "s", TRAINING, "white"),
    ]
    handles = [
        plt.Line2D([], [], ls="", marker=mark, color=color, markerfacecolor=face, label=label)
        for label, mark, color, face in key
    ]
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.3, -0.16), ncols=3)
    return ax
