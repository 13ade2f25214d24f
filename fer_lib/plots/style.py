"""One look for every figure of the report: colors, type sizes, and how a face is shown.

Figures are 7 inches wide at most, the width of the book's text, so that 9 points stay readable.
The seven colors are Okabe and Ito's, told apart by color-blind readers too
(https://jfly.uni-koeln.de/color); neutral is grey.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler

WIDTH = 7.0  # inches
SHARE = "{x:.0%}"  # how an axis of shares is labelled

EXPRESSION_COLORS = {
    "angry": "#D55E00",
    "disgust": "#009E73",
    "fear": "#CC79A7",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#666666",
}
MORE = ("#000000", "#F0E442", "#882255", "#999933", "#44AA99", "#AA4499", "#332288")  # then grey
TRAINING, VALIDATION = "#0072B2", "#D55E00"  # the same two on every page
INK, FAINT = "#222222", "#BBBBBB"  # text on white; guides that must not compete with data

SEQUENTIAL = "Blues"  # 0 is white
DIVERGING = "RdBu_r"  # 0 is white, set vmin = -vmax; red raises, blue lowers


def colors(classes: Sequence[str]) -> dict[str, str]:
    """A color for each class: the expressions have theirs, others the first that is left."""
    left = iter([c for n, c in EXPRESSION_COLORS.items() if n not in classes] + list(MORE))
    return {name: EXPRESSION_COLORS.get(name) or next(left, FAINT) for name in classes}


def use() -> None:
    """Set matplotlib's defaults to the report's: call it once, at the top of a page."""
    mpl.rcdefaults()  # a matplotlibrc of the user's has no say
    plt.rcParams.update(
        {
            "figure.dpi": 192,  # two pixels a point of the book's page: sharp on a dense screen
            "figure.figsize": (WIDTH, 3.2),
            "figure.facecolor": "white",  # opaque: the book's dark mode would swallow black text
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
            "font.size": 9,
            "axes.titlesize": 10,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=list(EXPRESSION_COLORS.values())),
            "grid.color": "#E5E5E5",
            "image.interpolation": "nearest",  # 48 pixels are shown as 48 pixels
            "lines.linewidth": 1.6,
        }
    )


def face(ax: Axes, image: np.ndarray, title: str = "") -> Axes:
    """Show a grey face (48, 48), 0 black to 255 white, without ticks."""
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set_title(title, fontsize=8)
    return bare(ax)


def bare(ax: Axes) -> Axes:
    """Take away ticks and frame: for pictures."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def grid(
    rows: int, columns: int, width: float, height: float, **options: Any
) -> tuple[Figure, np.ndarray]:
    """A figure of rows × columns pictures, width × height inches in all; axes (rows, columns)."""
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)
    for ax in axes.flat:
        bare(ax)
    return figure, axes


def row_name(ax: Axes, name: str, size: float = 9) -> None:
    """Name a row of pictures, to the left of its first."""
    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=size)


def forest(
    panels: Sequence[pd.DataFrame], names: Sequence[str], colors: Sequence[str]
) -> tuple[Figure, np.ndarray]:
    """Means with their intervals: a panel a table (mean, low, high), a row a name, from the top."""
    size = (WIDTH, 0.28 * len(names) + 1)
    # each panel has a scale of its own: the measures have no unit in common
    figure, axes = plt.subplots(1, len(panels), sharey=True, squeeze=False, figsize=size)
    rows = range(len(names))
    for ax, table in zip(axes[0], panels, strict=True):
        ax.hlines(rows, table["low"], table["high"], colors=colors)
        ax.scatter(table["mean"], rows, c=colors, s=18, zorder=3)
    axes[0, 0].set_yticks(rows, names)
    axes[0, 0].invert_yaxis()
    return figure, axes[0]


def map_limit(values: np.ndarray) -> float:
    """The end of a map's color scale: the 99th percentile of its sizes; 1 for a dead map.

    Not the largest, for one glaring pixel would leave all others white.
    """
    sizes = np.abs(values[np.isfinite(values)])  # a map may have places that no patch comes to
    return float(np.quantile(sizes, 0.99)) or 1.0 if sizes.size else 1.0
