"""People's votes beside a network: recall by agreement, confusions, whose side people take."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots.style import INK, SEQUENTIAL, SHARE, TRAINING, VALIDATION, WIDTH


def recall_by_agreement(steps: pd.DataFrame) -> Axes:
    """How often the network gives the label, by the share of people who see it.

    `steps` is `studies.agreement.recall_by_agreement`; the number of faces stands above each point.
    """
    _, ax = plt.subplots(figsize=(5, 3))
    # errorbar takes lengths, not places
    ends = [steps["recall"] - steps["low"], steps["high"] - steps["recall"]]
    ax.plot([0, 1], [0, 1], ":", color=INK, lw=1)
    ax.text(0.5, 0.42, "as often as people do", fontsize=8)
    ax.errorbar(steps["agreement"], steps["recall"], ends, fmt="o-", color=VALIDATION, capsize=3)
    for x, y, faces in zip(steps["agreement"], steps["high"], steps["faces"], strict=True):
        ax.text(x, y + 0.03, f"{faces}", ha="center", fontsize=7)
    ax.set(xlabel="people who see the label's expression", ylabel="network gives the label")
    ax.set(xlim=(-0.09, 1.09), ylim=(0, 1.1))
    ax.xaxis.set_major_formatter(SHARE)
    ax.yaxis.set_major_formatter(SHARE)
    return ax


def by_class(classes: pd.DataFrame) -> Axes:
    """For each label how often one person and the network give it: `people.by_class`."""
    _, ax = plt.subplots(figsize=(WIDTH, 2.6))
    rows = np.arange(len(classes))
    ax.hlines(rows, classes["person"], classes["network"], color="#CCCCCC", lw=3, zorder=0)
    ax.plot(classes["person"], rows, "D", color=TRAINING, label="one person of the ten")
    ax.plot(classes["network"], rows, "o", color=VALIDATION, label="the network")
    ax.set_yticks(rows, classes["expression"])
    ax.set(xlabel="gives the label", xlim=(0, 1))
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(SHARE)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return ax


def confusions(tables: dict[str, Any], columns: list[str]) -> Figure:
    """What people (7, 10) and the network (7, 7) say of each label, in per cent of the row."""
    figure, axes = plt.subplots(
        1, 2, figsize=(WIDTH, 3.4), width_ratios=(len(columns), len(EXPRESSIONS)), sharey=True
    )
    for ax, name, names in zip(axes, ("people", "network"), (columns, EXPRESSIONS), strict=True):
        sns.heatmap(
            100 * np.array(tables[name]), vmin=0, vmax=100, cmap=SEQUENTIAL, annot=True, fmt=".0f",
            annot_kws={"fontsize": 7}, cbar=False, ax=ax, xticklabels=names,
            yticklabels=EXPRESSIONS,
        )  # fmt: skip
        ax.set_xticklabels(names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
        ax.tick_params(length=0)
        ax.set_title(f"what {'people see' if name == 'people' else 'the network says'}")
    axes[0].tick_params("y", rotation=0)
    axes[0].set_ylabel("label")
    return figure


def sides(table: pd.DataFrame) -> Axes:
    """Where label and network differ, label by label: with whom people's top answer sides.

    `table` is `studies.people.sides`; behind each name stands the number of its faces.
    """
    _, ax = plt.subplots(figsize=(WIDTH, 0.32 * len(table) + 0.9))
    colors = {"network": VALIDATION, "label": TRAINING, "neither": "#999999", "tie": "#DDDDDD"}
    left = np.zeros(len(table))
    for name, color in colors.items():
        # a label without such a face gets bars of no length
        width = (table[name] / table["faces"].clip(lower=1)).to_numpy(float)
        ax.barh(range(len(table)), width, left=left, color=color, label=name)
        left += width
    names = zip(table["expression"], table["faces"], strict=True)
    ax.set_yticks(range(len(table)), [f"{name} ({faces})" for name, faces in names])
    ax.set(xlim=(0, 1), xlabel="faces on which label and network differ")
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(SHARE)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0)
    return ax
