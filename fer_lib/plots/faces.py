"""Drawn faces: rows of them, masks, and counts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from fer_lib.plots import style

MASK = "#D55E00"


def rows(
    images: np.ndarray, names: Sequence[str], titles: Sequence[object] = (), room: float = 0.8
) -> Figure:
    """Faces (rows, columns, 48, 48) uint8 in a grid; `room` is inches for the rows' names."""
    figure, axes = _grid(*images.shape[:2], room)
    for row, faces, name in zip(axes, images, names, strict=True):
        for ax, image in zip(row, faces, strict=True):
            style.face(ax, image)
        style.row_name(row[0], name)
    for ax, title in zip(axes[0], titles, strict=False):  # there may be none
        ax.set_title(title, fontsize=9)
    return figure


def _grid(rows: int, columns: int, room: float) -> tuple[Figure, np.ndarray]:
    """Square pictures over the book's width, less `room` inches for the rows' names."""
    side = min((style.WIDTH - room) / columns, 1.1)
    return style.grid(rows, columns, columns * side + room, rows * side + 0.25)


def masked(ax: Axes, image: np.ndarray, mask: np.ndarray, title: str = "") -> Axes:
    """A face (48, 48) with the pixels of a mask (48, 48) bool in color."""
    style.face(ax, image, title)
    # a picture of its own, transparent but on the mask
    color = np.zeros((*mask.shape, 4))
    color[mask] = to_rgba(MASK, 0.55)
    ax.imshow(color)
    return ax


def masks(
    images: np.ndarray, truths: Sequence[Mapping[str, np.ndarray]], names: Sequence[str]
) -> Figure:
    """A row a face: the face, then each of its masks laid over it, named above.

    Shapes: images (N, 48, 48) uint8; each mask (48, 48) bool.
    """
    columns = 1 + max(len(truth) for truth in truths)
    figure, axes = _grid(len(images), columns, room=0.8)
    for row, image, truth, name in zip(axes, images, truths, names, strict=True):
        style.face(row[0], image)
        style.row_name(row[0], name)
        # a face with fewer masks leaves the end of its row empty
        for ax, (title, mask) in zip(row[1:], truth.items(), strict=False):
            masked(ax, image, mask, title)
    return figure


def classes(shares: pd.DataFrame, ax: Axes) -> Axes:
    """Bars of each class's share, here and in FER2013, with the faces counted at their ends."""
    y = np.arange(len(shares))
    for name, shift, color in (("drawn", -0.2, style.TRAINING), ("FER2013", 0.2, style.FAINT)):
        bars = ax.barh(y + shift, 100 * shares[f"{name} share"], 0.38, color=color, label=name)
        ax.bar_label(bars, [f"{n:,}" for n in shares[name]], padding=2, fontsize=7)
    ax.set(xlabel="training faces, % of the set", yticks=y, yticklabels=shares.index)
    ax.invert_yaxis()
    ax.margins(x=0.15)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return ax


def intensities(table: pd.DataFrame, ax: Axes) -> Axes:
    """How strong the faces are: the mean over classes, and a band from the lowest to the highest.

    `table` is of `studies.drawn_faces.intensity_counts`.
    """
    upper = np.array(table.columns, float)
    # the faces of a step stand over its middle
    middle = upper - (upper[1] - upper[0]) / 2
    shares = 100 * table.div(table.sum(axis=1).clip(lower=1), axis=0)
    ax.fill_between(
        middle, shares.min(), shares.max(), color=style.FAINT, lw=0, label="all classes"
    )
    ax.plot(middle, shares.mean(), color=style.TRAINING, label="their mean")
    ax.set(xlabel="intensity", ylabel="faces of a class, %", xlim=(0, 1), ylim=(0, None))
    ax.legend(loc="upper left")
    return ax
