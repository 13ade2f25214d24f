"""The grade of saliency maps: methods beside baselines, curves, and what randomisation leaves."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import style
from fer_lib.plots.faces import MASK, masked
from fer_lib.studies.ablation import Truth

METHOD, BASELINE = "#0072B2", "#999999"


def faces(
    truth: Truth, heats: Mapping[str, np.ndarray], shares: Mapping[str, np.ndarray]
) -> Figure:
    """A row per face: the face, the pixels that moved the network, and maps with their grades.

    Each map's hottest pixel is marked, and below it stands its share of heat within the outline.
    Shapes: heats name → (N, 48, 48), shares name → (N,), N the faces of `truth`.
    """
    inside, height = truth.decisive, 1.95 * len(truth) + 0.2
    figure, axes = style.grid(len(truth), 2 + len(heats), style.WIDTH, height)
    for row, image, mask, label in zip(axes, truth.images, inside, truth.labels, strict=True):
        style.face(row[0], image).set_ylabel(EXPRESSIONS[label], fontsize=10)
        masked(row[1], image, mask).set_xlabel(f"{mask.mean():.0%} of the picture")
    for column, (name, heat) in zip(axes.T[2:], heats.items(), strict=True):
        for i, ax in enumerate(column):
            style.face(ax, truth.images[i]).set_xlabel(f"{shares[name][i]:.0%} of its heat inside")
            # transparent where the map is cold, so that the face shows through
            bright = np.clip(heat[i] / style.map_limit(heat[i]), 0, 1)
            ax.imshow(bright, cmap="viridis", alpha=0.9 * bright)
            ax.contour(inside[i], levels=[0.5], colors=MASK, linewidths=1.2)
            y, x = np.unravel_index(heat[i].argmax(), heat[i].shape)
            ax.plot(x, y, "x", color="white", ms=5)
        column[0].set_title(f"map: {name}")
    axes[0, 0].set_title("a drawn face")
    axes[0, 1].set_title("what moved the network", fontsize=9)
    return figure


def grades(
    table: pd.DataFrame, baselines: Sequence[str], measures: Sequence[str], area: float
) -> Figure:
    """Mean and interval of each method on each measure, baselines in grey below.

    `table` as `saliency_benchmark.summary` makes it; `area` is the masks' share of the image, where
    a map that knows nothing stands.
    """
    methods = table["method"].unique()
    colors = [BASELINE if method in baselines else METHOD for method in methods]
    panels = [table[table["measure"] == measure] for measure in measures]
    figure, axes = style.forest(panels, methods, colors)
    for ax, measure, panel in zip(axes, measures, panels, strict=True):
        if measure == "correlation":
            ax.axvline(0, color=style.FAINT, lw=1)
            # a number below 0 would meet the neighbour's
            ax.set_xticks([0, round(panel["high"].max(), 2)])
        else:
            ax.locator_params(axis="x", nbins=2)
            ax.set_xlim(0, None)
        # on these a map that knows nothing scores the share that the truth covers
        if measure in ("pointing", "mass", "rank"):
            ax.axvline(area, color=style.FAINT, lw=1, ls="--")
        ax.set_title(measure, fontsize=9)
        if measure == "avoid":
            ax.set_xlabel("less is better")
    return figure


def curves(
    probability: Mapping[str, Mapping[str, np.ndarray]],
    baselines: Sequence[str],
    kinds: Sequence[str],
) -> Figure:
    """The class's probability as pixels come or go: method → kind → (N, steps + 1)."""
    size = (style.WIDTH, 2.9)
    figure, axes = plt.subplots(1, len(kinds), sharey=True, squeeze=False, figsize=size)
    colors = iter(style.EXPRESSION_COLORS.values())
    # all baselines are one entry of the legend, for matplotlib leaves out what begins with _
    grey = dict.fromkeys(baselines, "_") | {baselines[0]: "baselines"}
    for name, each in probability.items():
        color, line = (BASELINE, ":") if name in grey else (next(colors), "-")
        for ax, kind in zip(axes[0], kinds, strict=True):
            values, label = each[kind].mean(0), grey.get(name, name)
            ax.plot(np.linspace(0, 1, len(values)), values, line, color=color, label=label)
    for ax, kind in zip(axes[0], kinds, strict=True):
        ax.set(title=kind, xlabel="share of pixels changed", ylim=(0, 1))
    axes[0, 0].set_ylabel("probability of the class")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=8)
    return figure


def cascade(likeness: pd.DataFrame, threshold: float) -> Figure:
    """How like itself each method's map stays as stages lose their weights; a row per stage."""
    figure, ax = plt.subplots(figsize=(style.WIDTH, 2.8))
    ax.plot(likeness, marker="o", ms=3, label=list(likeness))
    # edges are those of the face, whatever the weights are
    ax.axhline(1, color=BASELINE, ls=":", label="Sobel edges")
    ax.axhline(threshold, color=style.FAINT, lw=1)
    ax.set(
        xlabel="stages randomised, from the output down",
        ylabel="rank correlation with\nthe trained map",
        xticks=likeness.index,
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return figure
