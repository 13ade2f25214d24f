"""Draw what layers make of a face, and what excites filters: patterns, and faces beside them."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lib.plots import style


def layers(image: np.ndarray, maps: Sequence[np.ndarray], chosen: Sequence[np.ndarray]) -> Figure:
    """A face (48, 48), 0..255, and below it a row per layer: the chosen channels of its (C, H, W).

    Each channel has its own scale, printed below it: white is 0 and what lies under it.
    """
    figure = plt.figure(figsize=(style.WIDTH, 1.2 * (len(maps) + 1) - 0.2))
    figure.subfigures(len(maps) + 1, height_ratios=[1, *[1.2] * len(maps)])
    above, *rows = figure.subfigs
    above.suptitle("the face: 48 × 48", x=0.006, ha="left", fontsize=9)
    style.face(above.subplots(), image).set_anchor("W")
    for number, (row, layer, channels) in enumerate(zip(rows, maps, chosen, strict=True), 1):
        count, height, width = layer.shape
        words = f"convolution {number}: {count} channels of {height} × {width}"
        row.suptitle(words, x=0.006, ha="left", fontsize=9)
        for ax, channel in zip(row.subplots(1, len(channels)), channels, strict=True):
            end = style.map_limit(layer[channel])
            style.bare(ax).imshow(layer[channel], cmap=style.SEQUENTIAL, vmin=0, vmax=end)
            ax.set_xlabel(f"{channel}: to {end:.1f}", fontsize=8)
    return figure


def patterns(tiles: np.ndarray, names: Sequence[str], columns: int = 8) -> Figure:
    """Patterns (F, S, S), 0 black to 1 white, in a grid, each under its name."""
    rows = -(-len(tiles) // columns)
    figure, axes = style.grid(rows, columns, 0.86 * columns, 1.01 * rows)
    for ax, tile, name in zip(axes.flat, tiles, names, strict=False):
        ax.imshow(tile, cmap="gray", vmin=0, vmax=1)
        ax.set_title(name, fontsize=8, linespacing=1.1)
    return figure


def beside(
    tiles: np.ndarray, names: Sequence[str], tops: np.ndarray, bottoms: np.ndarray
) -> Figure:
    """A row per filter: its pattern, what excites it most in faces, and what excites it least.

    Shapes: tiles (F, S, S) in 0..1; tops and bottoms (F, K, S, S) in 0..255.
    """
    k = tops.shape[1]
    # narrow empty columns keep pattern, most and least apart
    widths = [1, 0.25, *[1] * k, 0.25, *[1] * k]
    side = (style.WIDTH - 0.8) / sum(widths)
    height = len(tiles) * (side + 0.04) + 0.25
    figure, axes = style.grid(len(tiles), len(widths), style.WIDTH, height, width_ratios=widths)
    for row, tile, name, top, bottom in zip(axes, tiles, names, tops, bottoms, strict=True):
        row[0].imshow(tile, cmap="gray", vmin=0, vmax=1)
        style.row_name(row[0], name, size=8)
        for ax, crop in zip([*row[2 : 2 + k], *row[-k:]], [*top, *bottom], strict=True):
            style.face(ax, crop)
    axes[0, 0].set_title("pattern", fontsize=8)
    axes[0, 2 + k // 2].set_title("raised most by these", fontsize=8)
    axes[0, 3 + k + k // 2].set_title("lowered most by these", fontsize=8)
    return figure


def clear_filters(clear: pd.Series, classes: Sequence[str]) -> Axes:
    """How many filters speak clearly for each expression: name → count."""
    number = clear.reindex(list(classes), fill_value=0)
    _, ax = plt.subplots(figsize=(style.WIDTH * 0.75, 2.4))
    bars = ax.barh(number.index, number, color=list(style.colors(classes).values()))
    ax.bar_label(bars, padding=3, fontsize=8)
    ax.set(xlabel="filters that speak clearly for the expression")
    ax.locator_params(axis="x", integer=True)
    ax.invert_yaxis()
    return ax
