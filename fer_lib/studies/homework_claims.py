"""The homework's three claims on what decides an expression, tested part by part.

A region decides *an expression* where it has more of the evidence in that class's faces than in
those of other classes: a region that is hot in every face tells no class from another. The kinds
of evidence must agree, for a map is no cause, and a covered face is no face that the network was
trained on. `claims_power` asks how often this test is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, Split, to_input
from fer_lib.formatting import OPEN
from fer_lib.questions import saliency
from fer_lib.questions.intervals import (
    FEWEST,
    LEVEL,
    RESAMPLES,
    bootstrap_p,
    holm,
    mean_of_defined,
    percentile_interval,
    share,
)
from fer_lib.questions.selection import class_means
from fer_lib.studies.ablation import mean_covers, region_drops
from fer_lib.studies.face_regions import REGIONS, densities, drawn_regions, fixed_regions, sums

# What the homework's figures were said to show, best first: groups of regions of equal standing.
CLAIMS = {
    "happy": (("mouth",), ("eyes",)),
    "surprise": (("mouth", "brows"),),
    "angry": (("eyes", "mouth", "shoulders"),),
}
# Kinds of evidence. A region's cost per pixel is no third one: it is the cost, read otherwise.
HEAT, COST, BESIDE = "heat per pixel", "% of the cost", "% of cost per pixel"
HOLDS, FALLS, UNTESTED = "holds", "does not hold", "not tested"
OTHERS = "in other classes"
# No drawn expression moves them; in a photograph cropped to the face they are mostly background.
UNTESTABLE = ("shoulders",)

Part = tuple[str, str, str]  # expression, region, and what it is held against: OTHERS or a region


def claimed_parts() -> list[Part]:
    """`CLAIMS` part by part: each region against itself in other classes, then the order."""
    parts = []
    for expression, groups in CLAIMS.items():
        parts += [(expression, name, OTHERS) for group in groups for name in group]
        parts += [(expression, a, b) for one, two in pairwise(groups) for a in one for b in two]
    return parts


def judge(
    evidence: Mapping[str, np.ndarray],
    labels: np.ndarray,
    parts: Sequence[Part],
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """What the evidence says of each part: does a region have more of it than its rival?

    A part holds where every kind of evidence says so, falls where every kind says the opposite,
    and is inconclusive otherwise; `BESIDE` is shown and has no say. The p is the largest of the
    kinds' (1 where they disagree), corrected by Holm over the parts. Columns: expression, claim,
    faces, p, verdict, and for each kind its name (the mean lead), `… low`, `… high` (95 %, not
    corrected), and `… rival`, the other class in which the region has most, with `… lead` over it.
    Shapes: evidence name → (N, 10), comparable from face to face; labels (N,).
    """
    # side by side, so that each resample weighs the same faces in every kind
    together = resampled_means(np.hstack(list(evidence.values())), labels, resamples)
    means = dict(zip(evidence, np.split(together, len(evidence), axis=2), strict=True))
    table = pd.DataFrame([_row(means, part) for part in parts])
    counts = pd.Series(labels).map(dict(enumerate(EXPRESSIONS))).value_counts()
    table.insert(2, "faces", table["expression"].map(counts).fillna(0).astype(int))
    tested = [not {region, rival} & set(UNTESTABLE) for _, region, rival in parts]
    # a part that cannot be tested must not make the others' tests stricter
    table["p"] = table["p"].where(tested)
    table.loc[tested, "p"] = holm(table["p"][tested])
    sure, up = table["p"] < 1 - LEVEL, table[next(iter(evidence))] > 0
    verdicts = np.select([~np.array(tested), sure & up, sure], [UNTESTED, HOLDS, FALLS], OPEN)
    return table.assign(verdict=verdicts)


def _row(means: Mapping[str, np.ndarray], part: Part) -> dict[str, object]:
    """One part before the correction for many; `means` name → (1 + R, 7, 10)."""
    k, at = EXPRESSIONS.index(part[0]), REGIONS.index(part[1])
    row: dict[str, object] = {"expression": part[0], "claim": f"{part[1]} more than {part[2]}"}
    leads, p_values = [], []
    for name, table in means.items():
        own = lead(table, part)
        low, high = percentile_interval(own[1:])
        row |= {name: own[0], f"{name} low": low, f"{name} high": high}
        if name != BESIDE:
            leads.append(own[0])
            p_values.append(bootstrap_p(own[1:]))
        others = np.delete(table[0, :, at], k)
        row |= {f"{name} rival": None, f"{name} lead": np.nan}
        if part[2] == OTHERS and not np.isnan(others).all():
            most = np.nanargmax(others)
            row[f"{name} rival"] = np.delete(EXPRESSIONS, k)[most]
            row[f"{name} lead"] = table[0, k, at] - others[most]
    # all kinds must say it, so the weakest decides: an intersection-union test (Berger 1982)
    agreed = (np.array(leads) > 0).all() or (np.array(leads) < 0).all()
    return row | {"p": max(p_values) if agreed else 1.0}


def resampled_means(values: np.ndarray, labels: np.ndarray, resamples: int) -> np.ndarray:
    """Each class's means, as they are and then over faces of random weights: (1 + R, 7, M).

    The Bayesian bootstrap (Rubin 1981), which is the faster one. nan for a class with a value in
    fewer than `FEWEST` faces. Shapes: values (N, M), labels (N,).
    """
    rng = np.random.default_rng(0)
    means = np.full((1 + resamples, len(EXPRESSIONS), values.shape[1]), np.nan)
    for k in np.unique(labels):
        own = values[labels == k]
        weights, defined = np.ones((1 + resamples, len(own))), ~np.isnan(own)
        # over their sum, by `share`, exponentials are Dirichlet(1, …, 1); row 0 weighs all alike
        weights[1:] = rng.standard_exponential((resamples, len(own)))
        means[:, k] = share(weights @ np.nan_to_num(own), weights @ defined)
        means[:, k, defined.sum(0) < FEWEST] = np.nan
    return means


def lead(means: np.ndarray, part: Part) -> np.ndarray:
    """How much more a part's region has than its rival: means (R, 7, 10) → (R,)."""
    expression, region, rival = part
    k, at = EXPRESSIONS.index(expression), REGIONS.index(region)
    if rival != OTHERS:
        return means[:, k, at] - means[:, k, REGIONS.index(rival)]
    others = np.delete(means[:, :, at], k, axis=1)  # each class counts the same
    return means[:, k, at] - mean_of_defined(others)


@dataclass(frozen=True)
class Evidence:
    """Faces, their gradient maps, and what each region means for them.

    Shapes: images (N, 48, 48) uint8, labels (N,), maps (N, 48, 48) signed, kinds name → (N, 10).
    `synthetic` faces are drawn, and know their parts.
    """

    images: np.ndarray
    labels: np.ndarray
    maps: np.ndarray
    kinds: dict[str, np.ndarray]
    synthetic: bool
    classes: Sequence[str] = EXPRESSIONS

    @property
    def claims(self) -> pd.DataFrame:
        """The homework's claims, judged by all kinds of evidence."""
        return judge(self.kinds, self.labels, claimed_parts())

    @property
    def mean_heat(self) -> np.ndarray:
        """The mean size of the gradient by class, (K, 48, 48); nan for a class without a face.

        Each face's map first gets a mean of 1, so that no face outshines the others.
        """
        sizes = np.abs(self.maps)
        shares = share(sizes, sizes.mean((1, 2), keepdims=True))
        return class_means(shares, self.labels, len(self.classes))

    def by_class(self, kind: str) -> pd.DataFrame:
        """The mean of a kind: a row per expression that has a face, a column per region."""
        by_class = pd.DataFrame(self.kinds[kind], columns=REGIONS).groupby(self.labels).mean()
        return by_class.set_axis([self.classes[int(k)] for k in by_class.index])


def gather_evidence(model: nn.Module, faces: Split, mean: np.ndarray) -> Evidence:
    """What decides the own class of faces, by the gradient and by covering with the mean face.

    `mean` is (48, 48), that of the training faces. Faces that the model takes for another class
    tell of that one, so leave them out.
    """
    target = torch.as_tensor(faces.labels)
    maps = saliency.gradient(model, to_input(faces.images), target)[:, 0].numpy()
    regions = regions_of(faces)
    covers = mean_covers(faces.images, mean)
    drops = region_drops(model, faces.images, faces.labels, regions, covers)
    kinds = {
        HEAT: densities(np.abs(maps), regions),
        COST: cost_shares(drops),
        BESIDE: cost_shares(share(drops, sums(1, regions))),
    }
    has_truth = faces.truth is not None
    return Evidence(faces.images, faces.labels, maps, kinds, has_truth, faces.classes)


def regions_of(faces: Split) -> np.ndarray:
    """The parts of each face: (N, 48, 48), indices into `REGIONS`."""
    if faces.truth is not None:
        return drawn_regions(faces.truth)
    # a photograph does not know its parts: those of the mean face stand for everybody's
    return np.broadcast_to(fixed_regions(), faces.images.shape)


def cost_shares(drops: np.ndarray) -> np.ndarray:
    """What covering each region costs, in % of the sum of all costs' sizes: (N, 10) → (N, 10).

    The logits of one class may be steeper than another's: shares compare. Negative where the
    logit rises.
    """
    return 100 * share(drops, np.nansum(np.abs(drops), axis=1, keepdims=True))
