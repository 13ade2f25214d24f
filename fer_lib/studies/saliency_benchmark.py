"""Saliency maps held against what is known to have moved the network, beside four baselines.

Intervals are bootstrapped over faces, and a method is compared with a baseline face by face.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import sobel
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, SIZE, Split
from fer_lib.formatting import listing, means, percent
from fer_lib.questions.intervals import mean_interval
from fer_lib.questions.saliency import heats
from fer_lib.questions.selection import class_means
from fer_lib.studies.ablation import Truth
from fer_lib.studies.saliency_metrics import curves, scores

MARGIN = 0.1  # above the best baseline: what the report asks of its best method
JUDGES = ("pointing", "mass")  # on these two a verdict stands: they need no altered image


def baseline_heats(truth: Truth, train: Split) -> dict[str, np.ndarray]:
    """Heat that knows nothing of the network: name → (N, 48, 48)."""
    grey = truth.images.astype(float)
    away = np.arange(SIZE) - (SIZE - 1) / 2
    centre = np.exp(-(away[:, None] ** 2 + away**2) / (2 * (SIZE / 6) ** 2))
    typical = class_means(train.images, train.labels)
    difference = np.abs(typical - typical[EXPRESSIONS.index("neutral")])[truth.labels]
    return {
        "random": np.random.default_rng(0).random(grey.shape),
        "centre": np.broadcast_to(centre, grey.shape),
        "Sobel edges": np.hypot(sobel(grey, axis=1), sobel(grey, axis=2)),
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


def wide(rows: pd.DataFrame, sign: str = "") -> pd.DataFrame:
    """A table as the page shows it: a row a method, a column a measure, intervals in brackets."""
    told = rows.assign(text=means(rows["mean"], rows["low"], rows["high"], sign))
    grid = told.pivot(index="method", columns="measure", values="text")
    return grid.loc[rows["method"].unique(), rows["measure"].unique()]


def margins(graded: Mapping[str, pd.DataFrame], baselines: list[str]) -> pd.DataFrame:
    """Each method less the best baseline, face by face, on the `JUDGES`.

    Columns: method, measure, baseline (the best one's name), mean, low, high.
    """
    best = {m: max(baselines, key=lambda name: graded[name][m].mean()) for m in JUDGES}
    rows = []
    for method in (name for name in graded if name not in baselines):
        for measure, rival in best.items():
            ahead = graded[method][measure] - graded[rival][measure]
            rows.append((method, measure, rival, *mean_interval(ahead.to_numpy())))
    return pd.DataFrame(rows, columns=["method", "measure", "baseline", "mean", "low", "high"])


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
    every = heats(model, truth.images, truth.labels) | baselines
    curve = {name: curves(model, truth, heat) for name, heat in every.items()}
    each = {name: scores(truth, heat, curve[name]) for name, heat in every.items()}
    return Grade(each, curve, list(baselines), float(truth.decisive.mean()))


def verdicts(ahead: pd.DataFrame, likeness: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """A row a method: its leads over the best baseline, the randomisation check, its verdict.

    `ahead` is of `margins`, `likeness` of the cascade; a map passes the check below `threshold`.
    """
    table = wide(ahead, "+").rename(columns="lead in {}".format)
    changed = likeness.iloc[-1][table.index] < threshold
    return table.assign(
        randomisation=np.where(changed, "passes", "fails"),
        verdict=[verdict(str(method), ahead) for method in table.index],
    )


def passed(ahead: pd.DataFrame) -> list[str]:
    """The methods that beat every baseline on every one of `JUDGES`."""
    return [m for m in ahead["method"].unique() if verdict(m, ahead) == "passes"]


def answer(graded: Grade | None) -> str:
    """How far the maps can be believed, in a sentence."""
    if graded is None:
        return "How far such maps are right, a photograph cannot tell: see the drawn faces."
    ahead, right = graded.margins, passed(graded.margins)
    mass = {method: graded.scores[method]["mass"].mean() for method in ahead["method"].unique()}
    best = max(mass, key=lambda method: mass[method])
    beat = f"{listing(right)} {'beats' if len(right) < 2 else 'beat'}"
    return (
        f"Such maps can be believed only so far: of {len(mass)} methods {beat} every baseline "
        f"that never saw the network. The best, {best}, lays {percent(mass[best], 0)} of "
        "its heat on the pixels that moved the network, "
        f"which are {percent(graded.area, 0)} of the picture."
    )


def reading(ahead: pd.DataFrame) -> str:
    """What the verdicts come to, from `margins`: the report asks its best method for `MARGIN`."""
    best = ahead.loc[ahead.groupby("measure", sort=False)["mean"].idxmax()]  # a row a judge
    leads = listing(f"{r.mean:+.2f} in {r.measure} ({r.method})" for r in best.itertuples())
    leads = leads.replace("-", "\N{MINUS SIGN}")
    rivals = listing(f"{r.baseline} in {r.measure}" for r in best.itertuples())
    if best["baseline"].nunique() == 1:
        rivals = f"{best['baseline'].iloc[0]} in both"
    enough = (best["mean"] >= MARGIN).all()
    return (
        f"Passed: {listing(passed(ahead))}. The best baseline is {rivals}. The largest leads over "
        f"it are {leads}; the report asks for {MARGIN:+} in both, which is "
        f"{'' if enough else 'not '}reached."
    )
