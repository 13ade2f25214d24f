"""A data set's audit, drawn: counts and grey levels, never a face."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from fer_lib.plots import style
from fer_lib.plots.style import INK, SHARE, TRAINING, VALIDATION, WIDTH
from fer_lib.studies.audit import SPLITS, Audit

SPLIT_COLORS = dict(zip(SPLITS, (TRAINING, VALIDATION, INK), strict=True))


def overview(audit: Audit) -> Figure:
    """A row a class: its share of each split, and its mean grey level with one deviation each way.

    The dotted line is an equal share.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0), sharey=True)
    classes = audit.classes
    left.axvline(1 / len(classes), color=INK, linestyle=":", linewidth=1, label="equal shares")
    used = audit.splits[audit.splits["all"] > 0]
    height = 0.8 / max(len(used), 1)
    for offset, (split, counts) in enumerate(used.iterrows()):
        # the bars of all splits share 0.8 of a row
        rows = np.arange(len(classes)) - 0.4 + height * (offset + 0.5)
        shares = counts[classes] / counts["all"]
        left.barh(rows, shares, height, color=SPLIT_COLORS[split], label=split)
    left.set_yticks(range(len(classes)), classes)
    left.set_ylim(len(classes) - 0.5, -0.5)  # the first on top
    # ticks far enough apart for their labels
    left.xaxis.set_major_locator(MultipleLocator(0.1 if left.get_xlim()[1] > 0.3 else 0.05))
    left.xaxis.set_major_formatter(SHARE)
    left.set_xlabel("share of the split's faces")
    above(left)
    colors = style.colors(classes)
    for name, level in audit.brightness.iterrows():
        row, color = classes.index(str(name)), colors[str(name)]
        right.errorbar(level["mean"], row, xerr=level["sd"], fmt="o", color=color)
    right.set_xlim(0, 255)
    right.set_xticks([0, 64, 128, 192, 255])
    right.set_xlabel("mean grey level of an image")
    right.grid(axis="x")
    return figure


def look_alikes(audit: Audit) -> Figure:
    """Pairs that look the same, by the splits they join; the last part carries two labels."""
    figure, ax = plt.subplots(figsize=(WIDTH, 0.8 + 0.4 * len(audit.pairs)))
    pairs = audit.pairs
    parts = {
        "identical": (pairs["identical"] - pairs["identical_conflicting"], "#0072B2"),
        "near-duplicates": (pairs["near"] - pairs["near_conflicting"], "#56B4E9"),
        "two labels": (pairs["identical_conflicting"] + pairs["near_conflicting"], "#D55E00"),
    }
    left = 0 * pairs["near"]
    for what, (count, color) in parts.items():
        ax.barh(pairs.index, count, left=left, color=color, label=what)
        left = left + count
    for row, total in enumerate(left):
        ax.text(total, row, f" {total:,}", va="center", fontsize=8)
    ax.invert_yaxis()
    # room behind the longest bar for its number
    ax.set_xlim(0, max(1, 1.12 * left.max()))
    ax.set_xlabel("pairs of images")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    above(ax)
    return figure


def above(ax: Axes) -> None:
    """The legend in one line over the axes, where it hides no bar."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0, columnspacing=1)
