"""The curves of a run, and the learning rate below them."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fer_lib.plots.style import FAINT, INK, SHARE, TRAINING, VALIDATION, WIDTH

SPLITS = {"train": ("training", TRAINING), "validation": ("validation", VALIDATION)}


def curves(spread: pd.DataFrame, schedule: pd.DataFrame | None = None) -> Figure:
    """Loss and accuracy with their spread over seeds; below, the learning rate where it is given.

    Both tables are of `questions.history`. The band is one deviation to each side. The last epoch,
    whose weights are used, is marked.
    """
    heights, height = ([1], 2.9) if schedule is None else ([3, 1], 3.9)
    figure, axes = plt.subplots(
        len(heights), 2, figsize=(WIDTH, height), height_ratios=heights, sharex=True, squeeze=False
    )
    last = spread.iloc[-1]
    for ax, name in zip(axes[0], ("loss", "accuracy"), strict=True):
        for split, (label, color) in SPLITS.items():
            mean, deviation = spread[f"{split}_{name}"], spread[f"{split}_{name}_std"]
            ax.plot(spread["epoch"], mean, ".-", color=color, label=label)
            if (deviation > 0).any():
                band = mean - deviation, mean + deviation
                ax.fill_between(spread["epoch"], *band, color=color, alpha=0.2, linewidth=0)
        point = last["epoch"], last[f"validation_{name}"]
        ax.plot(*point, "o", color="none", markeredgecolor=INK, markersize=9, label="kept epoch")
        ax.grid(axis="y")
        ax.set_ylabel(name)
    axes[0, 1].yaxis.set_major_formatter(SHARE)
    axes[0, 1].legend()
    plt.setp(axes[-1], xlabel="epoch")
    if schedule is not None:
        axes[1, 0].set_ylabel("learning\nrate")
        for ax in axes[1]:
            ax.fill_between(schedule["epoch"], schedule["rate"], color=FAINT, linewidth=0)
            ax.set(ylim=(0, None), xlim=(0, None))
            ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure
