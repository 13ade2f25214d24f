"""Maps over faces: side by side, laid over, and the class means; one colour scale a panel."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from fer_lib.plots import style

TOP = 0.1  # share of the pixels that the masked face shows


def limit(maps: np.ndarray) -> float:
    """The value at the end of the colour scale: all but the largest 0.5 % lie within; never 0.

    One for a whole panel, for maps that are each stretched by themselves cannot be compared.
    """
    sizes = np.abs(maps[np.isfinite(maps)])
    return float(np.quantile(sizes, 0.995)) or 1.0 if sizes.size else 1.0


def panel(images: np.ndarray, maps: np.ndarray, names: Sequence[str]) -> Figure:
    """A row a face: the face, its map, the map over the face, the face's top pixels alone.

    Shapes: images (N, 48, 48) uint8, maps (N, 48, 48) signed, names N.
    """
    vmax = limit(maps)
    figure, axes = plt.subplots(
        len(images), 4, squeeze=False, figsize=(style.WIDTH, 1.62 * len(images) + 0.3)
    )
    titles = ("face", "map", "map over face", f"top {TOP:.0%} of the pixels")
    for row, image, values, name in zip(axes, images, maps, names, strict=True):
        style.face(row[0], image).set_ylabel(name, fontsize=10)
        _signed(row[1], values, vmax)
        overlay(row[2], image, values, vmax)
        style.face(row[3], np.where(top_pixels(values), image, np.uint8(255)))
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=9)
    _bar(figure, axes, style.DIVERGING, -vmax, vmax, "logits a grey unit: red raises the class")
    return figure


def top_pixels(values: np.ndarray, share: float = TOP) -> np.ndarray:
    """The `share` of a map's pixels that are largest in size, (48, 48) bool; ties fall in order."""
    size = np.abs(values).ravel()
    top = np.zeros(size.shape, bool)
    top[np.argsort(-size, kind="stable")[: round(share * size.size)]] = True
    return top.reshape(values.shape) & (np.abs(values) > 0)


def overlay(ax: Axes, image: np.ndarray, values: np.ndarray, vmax: float) -> Axes:
    """A signed map over its face, the more opaque the larger."""
    style.face(ax, image)
    opaque = np.clip(np.abs(values) / vmax, 0, 1) ** 0.5
    ax.imshow(values, cmap=style.DIVERGING, vmin=-vmax, vmax=vmax, alpha=0.85 * opaque)
    return ax


def _signed(ax: Axes, values: np.ndarray, vmax: float) -> None:
    style.bare(ax).imshow(values, cmap=style.DIVERGING, vmin=-vmax, vmax=vmax)


def _bar(figure: Figure, axes: np.ndarray, cmap: str, low: float, high: float, label: str) -> None:
    scale = ScalarMappable(Normalize(low, high), cmap)
    bar = figure.colorbar(scale, ax=axes, shrink=0.6, aspect=30, pad=0.01, extend="both")
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)


def means(faces: np.ndarray, heats: np.ndarray, counts: Mapping[str, int]) -> Figure:
    """The mean heat of each class over the mean face of its faces, on one scale.

    Shapes: faces and heats (7, 48, 48), nan for a class without a face; `counts` name → faces, in
    the same order. Nobody's face is shown, if the faces are many.
    """
    vmax = limit(heats)
    figure, axes = plt.subplots(2, len(faces), figsize=(style.WIDTH, 2.5))
    for column, face, heat, (name, n) in zip(axes.T, faces, heats, counts.items(), strict=True):
        for ax in column:
            style.bare(ax)
        column[0].set_title(name, fontsize=9)
        column[1].set_xlabel(f"{n} faces" if n else "no face", fontsize=8)
        if n:
            column[0].imshow(face, cmap="gray")
            column[1].imshow(heat, cmap=style.SEQUENTIAL, vmin=0, vmax=vmax)
    axes[0, 0].set_ylabel("mean face", fontsize=9)
    axes[1, 0].set_ylabel("mean heat", fontsize=9)
    _bar(figure, axes, style.SEQUENTIAL, 0, vmax, "heat")
    return figure
