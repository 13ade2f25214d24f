"""Maps over faces: side by side, laid over, and the class means."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.special import softmax

from fer_lib.data.faceset import EXPRESSIONS, GREY_MEAN
from fer_lib.drawn.action_units import UNITS
from fer_lib.errors import printable
from fer_lib.formatting import OPEN, listing, plural
from fer_lib.plots import style
from fer_lib.questions.occlusion import Covered
from fer_lib.questions.saliency import METHODS, Explanation
from fer_lib.questions.turned_units import STRENGTHS, Turned
from fer_lib.studies.homework_claims import FALLS, HOLDS, OTHERS, UNTESTED

TOP = 0.1  # share of the pixels that the masked face shows
BRIGHTER = "red raises {} by being brighter"  # what red means on a figure of gradients


def panel(images: np.ndarray, maps: np.ndarray, names: Sequence[str]) -> Figure:
    """A row per face: the face, its map, the map over the face, the face's top pixels alone.

    Each map has a scale of its own, printed below it.
    Shapes: images (N, 48, 48) uint8, maps (N, 48, 48) signed, in logits per grey unit, names N.
    """
    if not len(images):
        figure = plt.figure(figsize=(style.WIDTH, 0.5))
        figure.text(0.5, 0.5, "no face of these expressions", ha="center", va="center")
        return figure
    figure, axes = style.grid(len(images), 4, style.WIDTH, 1.75 * len(images) + 0.3)
    titles = ("face", "map", "map over face", f"its top {100 * TOP:.0f} % of pixels")
    for row, image, values, name in zip(axes, images, maps, names, strict=True):
        style.face(row[0], image).set_ylabel(name, fontsize=10)
        end = _signed(row[1], values)
        row[1].set_xlabel(f"colors end at ± {end:.2g}", fontsize=9)
        overlay(row[2], image, values)
        largest = np.abs(values) > np.quantile(np.abs(values), 1 - TOP)
        style.face(row[3], np.where(largest, image, np.uint8(255)))
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title, fontsize=9)
    label = f"logits per grey unit, of each map's own end:\n{BRIGHTER.format('the class')}"
    _bar(figure, axes, style.DIVERGING, -1, 1, label)
    return figure


def overlay(ax: Axes, image: np.ndarray, values: np.ndarray) -> Axes:
    """A signed map over its face, the more opaque the larger."""
    end = style.map_limit(values)
    # the root lets weak places show, too; not quite opaque, so that the face stays to be seen
    opaque = 0.85 * np.clip(np.abs(values) / end, 0, 1) ** 0.5
    style.face(ax, image).imshow(values, style.DIVERGING, vmin=-end, vmax=end, alpha=opaque)
    return ax


def _signed(ax: Axes, values: np.ndarray) -> float:
    """Show a signed map; returns where its colors end."""
    end = style.map_limit(values)
    style.bare(ax).imshow(values, cmap=style.DIVERGING, vmin=-end, vmax=end)
    return end


def _bar(figure: Figure, axes: np.ndarray, cmap: str, low: float, high: float, label: str) -> None:
    scale = ScalarMappable(Normalize(low, high), cmap)
    bar = figure.colorbar(scale, ax=axes, shrink=0.6, aspect=30, pad=0.01, extend="both")
    bar.set_label(label, fontsize=9)
    bar.ax.tick_params(labelsize=9)


def means(faces: np.ndarray, heats: np.ndarray, counts: Mapping[str, int]) -> Figure:
    """The mean heat of each class over the mean face of its faces, each class on its own scale.

    Shapes: faces and heats (K, 48, 48), nan for a class without a face; `counts` name → faces, in
    the same order. Nobody's face is shown, if the faces are many.
    """
    figure, axes = style.grid(2, len(faces), style.WIDTH, 2.2)
    for column, face, heat, (name, n) in zip(axes.T, faces, heats, counts.items(), strict=True):
        column[0].set_title(name, fontsize=9)
        column[1].set_xlabel(plural(n, "face") if n else "no face", fontsize=9)
        if n:
            column[0].imshow(face, cmap="gray")
            column[1].imshow(heat, cmap=style.SEQUENTIAL, vmin=0, vmax=style.map_limit(heat))
    axes[0, 0].set_ylabel("mean face", fontsize=9)
    axes[1, 0].set_ylabel("mean heat", fontsize=9)
    _bar(figure, axes, style.SEQUENTIAL, 0, 1, "heat, of each map's own end")
    return figure


def explanation(picture: Explanation, name: str = "") -> Figure:
    """One picture: the prediction's bars, and every map of the class explained.

    Each map has a scale of its own, for their units differ.
    """
    figure = plt.figure(figsize=(style.WIDTH, 4.2))
    grid = figure.add_gridspec(2, 5, width_ratios=(1.5, 1, 1, 1, 1))
    bars = figure.add_subplot(grid[:, 0])
    classes = picture.classes
    bars.barh(classes, picture.probabilities, color=list(style.colors(classes).values()))
    bars.set(xlim=(0, 1), xticks=(0, 0.5, 1), xlabel="probability")
    # a file's name may hold a line break, or a $ that would begin a formula
    bars.set_title(printable(name)[:40], parse_math=False)
    bars.invert_yaxis()
    axes = [figure.add_subplot(grid[i // 4, 1 + i % 4]) for i in range(8)]
    style.face(axes[0], picture.image, "the face")
    for ax, (method, values) in zip(axes[1:], picture.maps.items(), strict=False):
        end = _signed(ax, values)
        ax.set_title(method, fontsize=8)
        ax.set_xlabel(f"± {end:.2g}", fontsize=9)
    overlay(axes[7], picture.image, picture.maps["SmoothGrad"])
    axes[7].set_title("over the face", fontsize=8)
    by_size = listing(name for name, method in METHODS.items() if method.sensitivity)
    figure.suptitle(
        f"{BRIGHTER.format(classes[picture.label])} ({by_size})\n"
        "or by being what it is (the others); logits, each map's end below it",
        fontsize=9,
    )
    return figure


def covered(faces: Covered, classes: Sequence[str] = EXPRESSIONS) -> Figure:
    """The first face under the patch, where that costs its class most.

    Beside it the map over it, and the probabilities, outlined as they are with nothing covered.
    """
    image, label = faces.images[0].copy(), faces.labels[0]
    places = faces.covered[0, ..., label]
    place = np.unravel_index(places.argmin(), places.shape)
    top, left = (faces.stride * at for at in place)
    image[top : top + faces.patch, left : left + faces.patch] = round(255 * GREY_MEAN)
    now, before = softmax(faces.covered[0][place]), softmax(faces.logits[0])
    figure, axes = plt.subplots(1, 3, figsize=(style.WIDTH, 2.6), width_ratios=(1, 1, 1.2))
    style.face(axes[0], image).set_title("the face")
    overlay(axes[1], image, faces.maps[0]).set(title="the map over it")
    end = style.map_limit(faces.maps[0])
    axes[1].set_xlabel(f"± {end:.2g}: red raises the class\nby being what it is", fontsize=9)
    axes[2].barh(classes, now, color=list(style.colors(classes).values()))
    axes[2].barh(classes, before, fill=False, edgecolor=style.INK, lw=1)
    axes[2].set(xlim=(0, 1), title="probability", xlabel="outlined: nothing covered")
    axes[2].invert_yaxis()
    return figure


def turned(faces: Turned, unit: int) -> Figure:
    """The first face with the unit of this number at every other strength, and below it the map."""
    at = 0, list(UNITS).index(unit), np.arange(0, len(STRENGTHS), 2)
    end = style.map_limit(faces.maps[at])
    figure, axes = style.grid(2, len(at[2]), style.WIDTH, 2.7)
    shown = faces.frames[at], faces.now[at], faces.maps[at]
    for column, step, image, now, values in zip(axes.T, at[2], *shown, strict=True):
        style.face(column[0], image, f"{STRENGTHS[step]:g}")
        prediction = f"{EXPRESSIONS[now.argmax()]}, {100 * now.max():.0f} %"
        column[0].set_xlabel(prediction, fontsize=9)
        column[1].imshow(values, cmap=style.DIVERGING, vmin=-end, vmax=end)
    label = f"logits per grey unit:\n{BRIGHTER.format('the class')}"
    _bar(figure, axes, style.DIVERGING, -end, end, label)
    return figure


def densities(means: pd.DataFrame) -> Axes:
    """Heat per pixel on each region: rows expressions, columns regions, 1 the image's average."""
    _, ax = plt.subplots(figsize=(style.WIDTH, 0.32 * len(means) + 1.2))
    words = means.map("{:.1f}".format).where(means.notna(), "–")
    sns.heatmap(
        means.fillna(0), vmin=0, vmax=max(2.0, means.max(axis=None)), cmap=style.SEQUENTIAL,
        annot=words, fmt="", annot_kws={"fontsize": 9},
        cbar_kws={"label": "heat per pixel, 1 the average"}, ax=ax,
    )  # fmt: skip
    ax.set_xticklabels(means.columns, rotation=30, ha="right")
    return ax


def regions(face: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Axes:
    """Where the regions lie on a face, (48, 48) each, with their names."""
    _, ax = plt.subplots(figsize=(4.6, 3.4))
    # a pale face, and as opaque a color as in the legend: a dark one would change the colors
    style.bare(ax).imshow(face, cmap="gray", alpha=0.6)
    colors = plt.get_cmap("tab10", len(names))
    ax.imshow(labels, cmap=colors, vmin=-0.5, vmax=len(names) - 0.5, alpha=0.6)
    patches = [Patch(color=colors(i), alpha=0.6, label=name) for i, name in enumerate(names)]
    ax.legend(handles=patches, loc="center left", bbox_to_anchor=(1, 0.5), fontsize=9)
    return ax


VERDICTS = {HOLDS: "#0072B2", FALLS: "#D55E00", OPEN: "#777777"}


def claims(table: pd.DataFrame, evidence: Sequence[str]) -> Figure:
    """Each part of a claim with its interval, by each kind of evidence; its color is its verdict.

    Parts not tested are left out. A region alone is held against the same one in other classes.
    """
    table = table[table["verdict"] != UNTESTED]
    colors = [VERDICTS[verdict] for verdict in table["verdict"]]
    kinds = [table[[name, f"{name} low", f"{name} high"]] for name in evidence]
    panels = [kind.set_axis(["mean", "low", "high"], axis=1) for kind in kinds]
    # what stands in most rows, the caption says once: a phone shows the rest
    names = table["expression"] + ": " + table["claim"].str.removesuffix(f" more than {OTHERS}")
    figure, axes = style.forest(panels, names, colors)
    for ax, name in zip(axes, evidence, strict=True):
        ax.axvline(0, color=style.FAINT, lw=1)
        ax.set_xlabel(name)
    points = [Line2D([], [], marker="o", ls="-", c=color) for color in VERDICTS.values()]
    figure.legend(points, list(VERDICTS), loc="outside lower center", ncols=3)
    return figure
