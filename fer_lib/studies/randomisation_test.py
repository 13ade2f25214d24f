"""A map must change when what was learned is lost, or when another class is asked for.

It must not change when the pixels hardly do. The first of these checks is cascading randomisation
(Adebayo et al. 2018). It passes or fails a method and ranks none: the score depends on how the map
is post-processed and on how noisy it is (Binder et al. 2023).
"""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import pandas as pd
import torch
from scipy.stats import spearmanr
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions.saliency import heats

NOISE = 2.0  # standard deviation in grey levels of 255
PASS = 0.5  # a map's rank correlation with itself, weights gone; an edge detector keeps 1


def stages(model: nn.Module) -> list[list[nn.Module]]:
    """The layers with weights from the output down, in groups that end with a linear or a conv."""
    groups: list[list[nn.Module]] = [[]]
    for layer in reversed(list(model.modules())):
        if callable(getattr(layer, "reset_parameters", None)):
            groups[-1].append(layer)
            # from the end a batch norm comes first, and joins the layer that it follows
            if not isinstance(layer, nn.modules.batchnorm._BatchNorm):
                groups.append([])
    return [group for group in groups if group]


def cascade(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """How like themselves maps stay while stage after stage is randomised, from the top down.

    A row a stage (0: nothing yet), a column a method; Spearman's correlation of the heat with the
    first, mean over faces; a dead map counts 0. The generators are left as they were.
    """
    random, first = deepcopy(model), heats(model, images, labels)
    # from the top down: a map that ignores the upper layers shows it at the first stage
    rows = [dict.fromkeys(first, 1.0)]
    with torch.random.fork_rng():
        torch.manual_seed(0)  # once, so that layers of one shape do not get the same weights
        for stage in stages(random):
            for layer in stage:
                layer.reset_parameters()  # ty: ignore[not-callable]
            now = heats(random, images, labels)
            rows.append({name: r.mean() for name, r in _correlations(first, now).items()})
    return pd.DataFrame(rows)


def random_logit(
    model: nn.Module, images: np.ndarray, labels: np.ndarray, own: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """How like the heat of its class, `own`, each face's heat of another is, drawn at random.

    A map that hardly changes says where the face is, and not what speaks for the class (Sixt, Granz
    and Landgraf 2020). Spearman's correlation, (N,) a method; a dead map counts 0.
    """
    steps = np.random.default_rng(0).integers(1, len(EXPRESSIONS), len(labels))
    other = heats(model, images, (labels + steps) % len(EXPRESSIONS))
    return _correlations(own, other)


def faint_noise(
    model: nn.Module, images: np.ndarray, labels: np.ndarray, own: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """How like the heat `own` the heat of the same faces under `NOISE` is, images (N, 48, 48).

    A map that noise changes tells of the noise (Yeh et al. 2019). Spearman's correlation, (N,) a
    method; a dead map counts 0.
    """
    noise = np.random.default_rng(0).normal(0, NOISE, images.shape)
    noisy = np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)
    return _correlations(own, heats(model, noisy, labels))


def _correlations(
    first: Mapping[str, np.ndarray], now: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    def correlate(a: np.ndarray, b: np.ndarray) -> float:
        # a flat map has no ranks
        return spearmanr(a, b, axis=None).statistic if np.ptp(a) and np.ptp(b) else 0.0

    return {name: np.array([*map(correlate, first[name], now[name])]) for name in first}
