"""Saliency maps held against what is known to have moved the network, beside four baselines.

Intervals are bootstrapped over faces, and a method is compared with a baseline face by face.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import sobel
from torch import nn

from fer_lib.answers.causes import Truth
from fer_lib.answers.choosing import class_means
from fer_lib.answers.intervals import mean_interval
from fer_lib.answers.measures import curves, scores
from fer_lib.answers.saliency import METHODS
from fer_lib.answers.words import listing
from fer_lib.data.faceset import EXPRESSIONS, SIZE, Split, to_input

MARGIN = 0.1  # above the best baseline: what the report asks of its best method
JUDGES = ("pointing", "mass")  # on these two a verdict stands: they need no altered image


def method_heats(model: nn.Module, truth: Truth) -> dict[str, np.ndarray]:
    """Each method's heat on the truth's faces: name → (N, 48, 48)."""
    x, target = to_input(truth.images), torch.as_tensor(truth.labels)
    return {
        name: method.heat(method.explain(model, x, target)).numpy()
        for name, method in METHODS.items()
    }


def baseline_heats(truth: Truth, train: Split, seed: int = 0) -> dict[str, np.ndarray]:
    """Heat that knows nothing of the network: name → (N, 48, 48)."""
    shape = truth.images.shape
    away = np.arange(SIZE) - (SIZE - 1) / 2
    centre = np.exp(-(away[:, None] ** 2 + away**2) / (2 * (SIZE / 6) ** 2))
    grey = truth.images.astype(float)
    edges = np.hypot(sobel(grey, axis=1), sobel(grey, axis=2))
    means = class_means(train.images, train.labels)
    difference = np.abs(means - means[EXPRESSIONS.index("neutral")])[truth.labels]
    return {
        "random": np.random.default_rng(seed).random(shape),
        "centre": np.broadcast_to(centre, shape),
        "Sobel edges": edges,
        "class-mean difference": np.nan_to_num(difference),
    }


def table(graded: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Mean and 95 % interval: columns method, measure, mean, low, high."""
    rows = [
        (method, measure, *mean_interval(faces[measure].to_numpy()))
        for method, faces in graded.items()
        for measure in faces
    ]
    return pd.DataFrame(rows, columns=["method", "measure", "mean", "low", "high"])


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """A table as the page shows it: a row a method, a column a measure, intervals in brackets."""
    shown = rows.assign(
        text=[
            "–" if np.isnan(mean) else f"{mean:.2f} ({low:.2f} to {high:.2f})"
            for mean, low, high in rows[["mean", "low", "high"]].to_numpy()
        ]
    )
    grid = shown.pivot(index="method", columns="measure", values="text")
    return grid.loc[list(dict.fromkeys(rows["method"])), list(dict.fromkeys(rows["measure"]))]


def margins(graded: Mapping[str, pd.DataFrame], baselines: list[str]) -> pd.DataFrame:
    """Each method less the best baseline, face by face, on the `JUDGES`.

    Columns: method, measure, baseline (the best one's name), mean, low, high.
    """
    rows = []
    for measure in JUDGES:
        best = max(baselines, key=lambda name: graded[name][measure].mean())
        for method in graded.keys() - set(baselines):
            ahead = (graded[method][measure] - graded[best][measure]).to_numpy()
            rows.append((method, measure, best, *mean_interval(ahead)))
    columns = ["method", "measure", "baseline", "mean", "low", "high"]
    order = {name: i for i, name in enumerate(graded)}
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["method", "measure"], key=lambda c: c.map(order | {m: i for i, m in enumerate(JUDGES)})
    )


def verdict(method: str, ahead: pd.DataFrame) -> str:
    """A method's grade in words, from its rows of `margins`.

    It passes where it is ahead of the best baseline on every one of `JUDGES`, the whole interval.
    """
    rows = ahead[ahead["method"] == method]
    if (rows["low"] > 0).all():
        return "passes"
    return "fails" if (rows["high"] < 0).any() else "not shown"


@dataclass(frozen=True)
class Grade:
    """Scores and curves by method, baselines included; `area` is the masks' share of the image."""

    scores: dict[str, pd.DataFrame]
    curves: dict[str, dict[str, np.ndarray]]
    baselines: list[str]
    area: float

    @property
    def table(self) -> pd.DataFrame:
        """As `table`."""
        return table(self.scores)

    @property
    def margins(self) -> pd.DataFrame:
        """As `margins`."""
        return margins(self.scores, self.baselines)


def grade(model: nn.Module, truth: Truth, train: Split) -> Grade:
    """All methods and baselines on the truth's faces; `train` gives the class means."""
    baselines = baseline_heats(truth, train)
    heats = method_heats(model, truth) | baselines
    curve = {name: curves(model, truth, heat) for name, heat in heats.items()}
    each = {name: scores(truth, heat, curve[name]) for name, heat in heats.items()}
    return Grade(each, curve, list(baselines), float(truth.decisive.mean()))


def verdicts(ahead: pd.DataFrame, likeness: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """A row a method: its leads over the best baseline, the randomisation check, its verdict.

    `ahead` is of `margins`, `likeness` of the cascade; a map passes the check below `threshold`.
    """
    leads = [f"{m:+.2f} ({low:+.2f} to {high:+.2f})" for _, m, low, high in
             ahead[["mean", "low", "high"]].itertuples()]  # fmt: skip
    table = ahead.assign(lead=leads).pivot(index="method", columns="measure", values="lead")
    table = table.loc[list(dict.fromkeys(ahead["method"])), list(JUDGES)]
    return table.rename(columns="lead in {}".format).assign(
        randomisation=[
            "passes" if likeness[m].iloc[-1] < threshold else "fails" for m in table.index
        ],
        verdict=[verdict(str(method), ahead) for method in table.index],
    )


def passed(ahead: pd.DataFrame) -> list[str]:
    """The methods that beat every baseline on every one of `JUDGES`."""
    return [m for m in dict.fromkeys(ahead["method"]) if verdict(m, ahead) == "passes"]


def answer(graded: Grade | None) -> str:
    """How far the maps can be believed, in a sentence."""
    if graded is None:
        return "How far such maps are right, a photograph cannot tell: see the drawn faces."
    ahead, means = graded.margins, graded.table.set_index(["method", "measure"])["mean"]
    methods, right = list(dict.fromkeys(ahead["method"])), passed(graded.margins)
    best = max(methods, key=lambda name: means[name, "mass"])
    beat = f"{listing(right)} {'beats' if len(right) < 2 else 'beat'}"
    return (
        f"Such maps can be believed only so far: of {len(methods)} methods {beat} every baseline "
        f"that never saw the network. The best, {best}, lays {100 * means[best, 'mass']:.0f} % of "
        "its heat on the pixels that moved the network, "
        f"which are {100 * graded.area:.0f} % of the picture."
    )


def reading(ahead: pd.DataFrame) -> str:
    """What the verdicts come to, from `margins`: the report asks its best method for `MARGIN`."""
    best = {m: ahead[ahead["measure"] == m].nlargest(1, "mean").iloc[0] for m in JUDGES}
    leads = listing(f"{row['mean']:+.2f} in {m} ({row['method']})" for m, row in best.items())
    leads = leads.replace("-", "\N{MINUS SIGN}")
    enough = all(row["mean"] >= MARGIN for row in best.values())
    names = {row["baseline"] for row in best.values()}
    rivals = listing(f"{row['baseline']} in {m}" for m, row in best.items())
    rivals = rivals if len(names) > 1 else f"{names.pop()} in both"
    return (
        f"Passed: {listing(passed(ahead))}. The best baseline is {rivals}. The largest leads over "
        f"it are {leads}; the report asks for {MARGIN:+} in both, which is "
        f"{'' if enough else 'not '}reached."
    )
