"""The embedded faces, drawn: people by expressions, a unit turned up, masks, and counts."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from fer_lib.data.action_units import UNITS
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import style

MASK = "#D55E00"


def people(images: np.ndarray) -> Figure:
    """A row an expression, a column a person: images (7, people, 48, 48) uint8."""
    figure, axes = _grid(*images.shape[:2], names=0.8)
    for row, faces, name in zip(axes, images, EXPRESSIONS, strict=True):
        for ax, image in zip(row, faces, strict=True):
            style.face(ax, image)
        _row_name(row[0], name)
    return figure


def strips(images: np.ndarray, units: Sequence[int], strengths: Sequence[float]) -> Figure:
    """A row a unit, turned from the first strength to the last: images (units, steps, 48, 48)."""
    figure, axes = _grid(*images.shape[:2], names=1.7)
    for row, faces, unit in zip(axes, images, units, strict=True):
        for ax, image in zip(row, faces, strict=True):
            style.face(ax, image)
        _row_name(row[0], f"{unit}  {UNITS[unit]}")
    for ax, strength in zip(axes[0], strengths, strict=True):
        ax.set_title(f"{strength:g}", fontsize=9)
    return figure


def _grid(rows: int, columns: int, names: float) -> tuple[Figure, np.ndarray]:
    """Square pictures over the book's width, less `names` inches for the rows' names."""
    side = min((style.WIDTH - names) / columns, 1.1)
    size = (columns * side + names, rows * side + 0.25)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        style.bare(ax)
    return figure, axes


def _row_name(ax: Axes, name: str) -> None:
    ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)


def masked(ax: Axes, image: np.ndarray, mask: np.ndarray, title: str = "") -> Axes:
    """A face (48, 48) with the pixels of a mask (48, 48) bool in colour."""
    style.face(ax, image, title)
    colour = np.zeros((*mask.shape, 4))
    colour[mask] = to_rgba(MASK, 0.55)
    ax.imshow(colour)
    return ax


def masks(
    images: np.ndarray, truths: Sequence[Mapping[str, np.ndarray]], names: Sequence[str]
) -> Figure:
    """A row a face: the face, then each of its masks laid over it, named above.

    Shapes: images (N, 48, 48) uint8; each mask (48, 48) bool.
    """
    columns = 1 + max(len(truth) for truth in truths)
    figure, axes = _grid(len(images), columns, names=0.8)
    for row, image, truth, name in zip(axes, images, truths, names, strict=True):
        style.face(row[0], image)
        _row_name(row[0], name)
        for ax, (title, mask) in zip(row[1:], truth.items(), strict=False):
            masked(ax, image, mask, title)
    return figure


def classes(shares: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Bars of each class's share, here and in FER2013, with the faces counted at their ends."""
    ax = ax or plt.subplots()[1]
    y = np.arange(len(shares))
    for name, shift, colour in (("embedded", -0.2, style.TRAINING), ("FER2013", 0.2, style.FAINT)):
        bars = ax.barh(y + shift, 100 * shares[f"{name} share"], 0.38, color=colour, label=name)
        ax.bar_label(bars, [f"{n:,}" for n in shares[name]], padding=2, fontsize=7)
    ax.set(xlabel="training faces, % of the set", yticks=y, yticklabels=shares.index)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return ax


def intensities(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Lines of each class's intensities, as shares of the class; they should lie on each other."""
    ax = ax or plt.subplots()[1]
    upper = np.array(table.columns, float)
    middle = upper - (upper[1] - upper[0]) / 2
    for name, counts in table.iterrows():
        share = 100 * counts / max(counts.sum(), 1)
        ax.plot(middle, share, color=style.EXPRESSION_COLORS[str(name)], label=name)
    ax.set(xlabel="intensity", ylabel="faces of the class, %", xlim=(0, 1), ylim=(0, None))
    ax.legend(fontsize=8, loc="upper left")
    return ax
