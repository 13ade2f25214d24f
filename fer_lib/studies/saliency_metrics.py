"""What a saliency map can be asked: every measure takes heat (≥ 0) and gives each face a number."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, SIZE
from fer_lib.questions.intervals import share
from fer_lib.studies.ablation import Truth, logits

STEPS = 12  # of an insertion or deletion curve


def heat_share(heat: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The share of each face's heat on its mask, (N, 48, 48) twice → (N,); nan for a dead map.

    On the pixels that matter it is called mass (Arras et al. 2022).
    """
    return share((heat * mask).sum((1, 2)), heat.sum((1, 2)))


def sparseness(heat: np.ndarray) -> np.ndarray:
    """Gini's index of each face's heat, (N, 48, 48) → (N,); nan for a dead map.

    0: every pixel has as much; near 1: few pixels have all (Chalasani et al. 2020).
    """
    ordered = np.sort(heat.reshape(len(heat), -1), axis=1)
    n = ordered.shape[1]
    weights = 2 * np.arange(1, n + 1) - n - 1
    return share(ordered @ weights, n * ordered.sum(1))


def pointing(heat: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """1 where the hottest pixel lies on the mask, else 0 (Zhang et al. 2018): (N,).

    Pixels that are equally hot share the hit, for occlusion's map is flat in blocks of sixteen.
    A dead map points nowhere: 0. No tolerance: a pixel's would double the area of masks as fine as
    these, and random heat's hits.
    """
    top = heat.max((1, 2), keepdims=True)
    hottest = (heat == top) & (top > 0)
    return np.nan_to_num(share((hottest & mask).sum((1, 2)), hottest.sum((1, 2))))


def ranks(heat: np.ndarray) -> np.ndarray:
    """Each pixel's place, 0 the hottest: (N, 48, 48) → (N, 48, 48) int.

    Ties are broken at random. Half of a map can be exactly 0, and its pixels taken row by row would
    score as if the forehead had been chosen.
    """
    flat = heat.reshape(len(heat), -1)
    shuffle = np.random.default_rng(0).permutation(flat.shape[1])
    order = shuffle[np.argsort(-flat[:, shuffle], axis=1, kind="stable")]
    # the order tells which pixel has a place; sorted once more, which place a pixel has
    return np.argsort(order, axis=1).reshape(heat.shape)


def rank_accuracy(heat: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Of the n hottest pixels, n the mask's size, the share on the mask: (N,)."""
    size = mask.sum((1, 2))
    # what is exactly 0 has no rank: a dead map hits nothing
    top = (ranks(heat) < size[:, None, None]) & (heat > 0)
    return (top & mask).sum((1, 2)) / np.maximum(size, 1)


def correlation(heat: np.ndarray, truth: Truth) -> np.ndarray:
    """Spearman's rank correlation, over a face's units, of heat per pixel and logit lost: (N,).

    Per pixel, for a sum over a unit's pixels would reward random heat: large units cost more.
    nan for a face of fewer than three units, or whose units all get the same heat.
    """
    agreement = np.full(len(truth), np.nan)
    for i, (masks, drops) in enumerate(zip(truth.masks, truth.drops, strict=True)):
        heats = [heat[i][mask].mean() for mask in masks.values()]
        if len(heats) >= 3 and len(set(heats)) > 1:
            agreement[i] = spearmanr(heats, list(drops.values())).statistic
    return agreement


def curves(
    model: nn.Module, truth: Truth, heat: np.ndarray, steps: int = STEPS
) -> dict[str, np.ndarray]:
    """The class's probability as pixels come or go, hottest first: name → (N, steps + 1).

    They come to a grey or a blurred face, or turn grey or blurred (Petsiuk et al. 2018).
    """
    # 0 along the faces: none is blurred into the next
    blurred = gaussian_filter(truth.images, sigma=(0, 5, 5))
    others = {"grey": np.full_like(truth.images, 127), "blurred": blurred}
    # the same order for all four curves, so that they differ in nothing else
    place, probability = ranks(heat), {}
    for kind in ("insertion", "deletion"):
        for name, other in others.items():
            first, then = (other, truth.images) if kind == "insertion" else (truth.images, other)
            cuts = [SIZE**2 * k // steps for k in range(steps + 1)]
            images = [np.where(place < cut, then, first) for cut in cuts]
            every = torch.as_tensor(logits(model, np.concatenate(images))).softmax(1).numpy()
            every = every.reshape(steps + 1, len(truth), len(EXPRESSIONS))
            probability[f"{kind}, {name}"] = every[:, np.arange(len(truth)), truth.labels].T
    return probability


def scores(
    truth: Truth, heat: np.ndarray, curve: Mapping[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """Every measure of one method's heat: a row a face, a column a measure.

    A curve's is the area under it. Less is better of deletion and of `avoid`, the share of heat
    that lies on what tells nothing of an expression.
    """
    mask = truth.decisive
    areas = {
        name: np.trapezoid(values, np.linspace(0, 1, values.shape[1]), axis=1)
        for name, values in (curve or {}).items()
    }
    return pd.DataFrame(
        {
            "pointing": pointing(heat, mask),
            "mass": np.nan_to_num(heat_share(heat, mask)),  # a dead map has no heat anywhere
            "rank": rank_accuracy(heat, mask),
            "correlation": correlation(heat, truth),
            "avoid": heat_share(heat, truth.avoid),
            **areas,
        },
        index=truth.index,
    )
