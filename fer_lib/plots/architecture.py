"""A network drawn from the rows of its table: every output to scale."""

from itertools import groupby

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from fer_lib.networks.tracing import INPUT
from fer_lib.plots.style import EXPRESSION_COLORS, FAINT, INK, WIDTH
from fer_lib.questions.architecture import times

COLORS = {
    "Input": FAINT,
    "Conv2d": EXPRESSION_COLORS["sad"],
    "MaxPool2d": EXPRESSION_COLORS["happy"],
    "Flatten": INK,
    "Linear": EXPRESSION_COLORS["disgust"],
}
LABELS = {
    "Conv2d": "convolution",
    "MaxPool2d": "pooling",
    "Linear": "dense",
}
JOINTS = ("Input", "MaxPool2d", "Flatten", "Linear")  # their shapes stand below, others above
CHANNELS = 16  # of an output, as wide as one pixel is high
LEAST = 1.0  # width of what is too thin to be seen
GAP, WIDE_GAP = 3.5, 12  # between two outputs, in pixels; before a vector, whose number needs room
REACH = 256  # DeepCNN's length: networks are drawn on one scale
VECTOR = 6  # height of a vector: 18,432 numbers fit no scale
ARROW = {"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkA": 1, "shrinkB": 1}


def networks(tables: dict[str, pd.DataFrame]) -> Figure:
    """The networks below each other on one scale; `tables` are `questions.architecture.layers`."""
    figure, axes = plt.subplots(len(tables), figsize=(WIDTH, 2.6 * len(tables)), squeeze=False)
    for ax, (name, table) in zip(axes.flat, tables.items(), strict=True):
        diagram(ax, table, name)
    reach = max(ax.get_xlim()[1] for ax in axes.flat)
    plt.setp(axes.flat, xlim=(-6, reach))  # one scale
    boxes = [Rectangle((0, 0), 1, 1, facecolor=COLORS[kind]) for kind in LABELS]
    handles = [*boxes, Line2D([], [], color=INK, linestyle=":")]
    figure.legend(handles, [*LABELS.values(), "dropout"], ncols=4, loc="outside lower center")
    return figure


def _sources(table: pd.DataFrame, kinds: list[str]) -> list[set[int]]:
    """For each row the drawn rows that feed it, by way of others; −1 is the input."""
    origins: dict[str, set[int]] = {INPUT: {-1}}
    sources = []
    for row, (name, takes, kind) in enumerate(
        zip(table["name"], table["takes"], kinds, strict=True)
    ):
        sources.append(set().union(*(origins.get(source, set()) for source in takes)))
        # what is not drawn passes on what feeds it
        origins[name] = {row} if kind in COLORS else sources[-1]
    return sources


def diagram(ax: Axes, table: pd.DataFrame, title: str) -> Axes:
    """Draw `questions.architecture.layers` from left to right.

    A box is a layer's output: as high as its pixels, as wide as its channels. A way around the
    boxes between is an arc.
    """
    pools = table["layer"].str.contains("Pool|GlobalAverage")
    kinds = table["layer"].mask(pools, "MaxPool2d").tolist()
    boxes = [("Input", (1, *table["shape"].iloc[0][1:]), -1)]
    boxes += zip(kinds, table["shape"], range(len(table)), strict=True)
    # a layer of another kind is not drawn
    shown = [box for box in boxes if box[0] in COLORS or box[0] == "Dropout"]
    sources, ends, right, before = _sources(table, kinds), {}, -GAP, -1
    # equal outputs in a row are a block, with one label
    for (kind, shape), block in groupby(shown, lambda box: box[:2]):
        if kind == "Dropout":
            ax.plot([right + GAP / 2] * 2, [-VECTOR, VECTOR], ":", color=INK, lw=1.2)
            continue
        gap, width, height = WIDE_GAP, LEAST, VECTOR
        if len(shape) > 1:
            gap, width, height = GAP, max(shape[0] / CHANNELS, LEAST), shape[1]
        left = right + gap
        for _, _, row in block:
            corner = right + gap, -height / 2
            ax.add_patch(Rectangle(corner, width, height, facecolor=COLORS[kind]))
            for source in sources[row] if row >= 0 else ():
                around = {} if source == before else {"connectionstyle": "arc3,rad=-0.4"}
                start = right if source == before else ends[source]
                ax.annotate("", (right + gap, 0), (start, 0), arrowprops=ARROW | around)
            right += gap + width
            ends[row], before = right, row
        _label(ax, kind, shape, left, right, height / 2 + 2)
    ax.set(xlim=(-6, max(REACH, right + GAP)), ylim=(-36, 34), aspect="equal")
    ax.set_title(title, loc="left", y=0.95)
    ax.axis("off")
    return ax


def _label(
    ax: Axes, kind: str, shape: tuple[int, ...], left: float, right: float, edge: float
) -> None:
    """A block's shape, below or above it."""
    middle = (left + right) / 2
    if kind in JOINTS:
        # in two lines, for want of room; a pooling's begins at its left edge, for the block to
        # the left of it hangs lower
        x, side = (left, "left") if kind == "MaxPool2d" else (middle, "center")
        ax.text(x, -edge, times(shape).replace("×", "×\n", 1), ha=side, va="top", fontsize=8)
    else:
        ax.text(middle, edge, times(shape), ha="center", va="bottom", fontsize=8)
