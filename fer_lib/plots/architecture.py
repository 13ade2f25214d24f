"""A network drawn from the rows of its table: every output to scale."""

from itertools import groupby

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from fer_lib.plots.style import EXPRESSION_COLORS, FAINT, INK, WIDTH
from fer_lib.questions.architecture import Shape, times

COLORS = {
    "Input": FAINT,
    "Conv2d": EXPRESSION_COLORS["sad"],
    "MaxPool2d": EXPRESSION_COLORS["happy"],
    "Flatten": INK,
    "Linear": EXPRESSION_COLORS["disgust"],
}
LABELS = {
    "Conv2d": "convolution → LeakyReLU → batch norm",
    "MaxPool2d": "max pooling",
    "Linear": "dense",
}
JOINTS = ("Input", "MaxPool2d", "Flatten", "Linear")  # their shapes stand below, others above
CHANNELS = 16  # of an output, as wide as one pixel is high
LEAST = 1.0  # width of what is too thin to be seen
GAP, WIDE_GAP = 3.5, 12  # between two outputs, in pixels; before a vector, whose number needs room
REACH = 256  # DeepCNN's length: both networks are drawn on one scale
VECTOR = 6  # height of a vector: 18,432 numbers fit no scale
ARROW = {"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkA": 1, "shrinkB": 1}


def networks(tables: dict[str, pd.DataFrame]) -> Figure:
    """The networks below each other on one scale; `tables` are `questions.architecture.layers`."""
    figure, axes = plt.subplots(len(tables), figsize=(WIDTH, 2.6 * len(tables)), squeeze=False)
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        diagram(ax, table, name)
    boxes = [Rectangle((0, 0), 1, 1, facecolor=COLORS[kind]) for kind in LABELS]
    handles = [*boxes, Line2D([], [], color=INK, linestyle=":")]
    figure.legend(handles, [*LABELS.values(), "dropout"], ncols=4, loc="outside lower center")
    return figure


def diagram(ax: Axes, table: pd.DataFrame, title: str = "") -> Axes:
    """Draw `questions.architecture.layers` from left to right.

    A box is a layer's output: as high as its pixels, as wide as its channels.
    """
    boxes = [("Input", (1, *table["shape"].iloc[0][1:]))]
    boxes += zip(table["layer"], table["shape"], strict=True)
    shown = [box for box in boxes if box[0] in COLORS or box[0] == "Dropout"]
    right = -GAP
    for (kind, shape), block in groupby(shown):
        if kind == "Dropout":
            ax.plot([right + GAP / 2] * 2, [-VECTOR, VECTOR], ":", color=INK, lw=1.2)
            continue
        gap = GAP if len(shape) > 1 else WIDE_GAP
        left = right + gap
        for _ in block:
            right = _box(ax, right + gap, gap, kind, shape)
        _label(ax, left, right, kind, shape)
    ax.set(xlim=(-6, REACH), ylim=(-36, 34), aspect="equal")
    ax.set_title(title, loc="left", y=0.95)
    ax.axis("off")
    return ax


def _box(ax: Axes, left: float, gap: float, kind: str, shape: Shape) -> float:
    """Draw an output whose left edge is at `left`, with an arrow into it; return its right edge."""
    width = max(shape[0] / CHANNELS, LEAST) if len(shape) > 1 else LEAST
    height = shape[1] if len(shape) > 1 else VECTOR
    ax.add_patch(Rectangle((left, -height / 2), width, height, facecolor=COLORS[kind]))
    if kind != "Input":
        ax.annotate("", (left, 0), (left - gap, 0), arrowprops=ARROW)
    return left + width


def _label(ax: Axes, left: float, right: float, kind: str, shape: Shape) -> None:
    """Shapes of blocks stand above them; those of joints below, in two lines for want of room."""
    half = (shape[1] if len(shape) > 1 else VECTOR) / 2
    text, middle = times(shape), (left + right) / 2
    if kind in JOINTS:
        # a pooling's begins at its left edge, for the block to the left of it hangs lower
        x, side = (left, "left") if kind == "MaxPool2d" else (middle, "center")
        ax.text(x, -half - 2, text.replace("×", "×\n", 1), ha=side, va="top", fontsize=8)
    else:
        ax.text(middle, half + 2, text, ha="center", va="bottom", fontsize=8)
