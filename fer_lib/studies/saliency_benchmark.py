"""Saliency maps held against what is known to have moved the network, beside baselines.

Scores are tables of a row a (network, face) and a column a measure, by method. The bootstrap
resamples networks and faces, for the faces of one network do not tell of another.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy.ndimage import center_of_mass, sobel

from fer_lib.data.faceset import EXPRESSIONS, SIZE, Split
from fer_lib.drawn.faces import expression_mask
from fer_lib.formatting import OPEN
from fer_lib.questions.intervals import RESAMPLES, bootstrap_p, holm, percentile_interval, share
from fer_lib.questions.selection import class_means
from fer_lib.studies.ablation import Truth
from fer_lib.studies.randomisation_test import PASS

JUDGES = ("pointing", "mass")  # on these two a verdict stands: they need no altered image
PRIOR_FACES = 60  # training faces of a class whose masks are averaged
SIGNIFICANT = 0.05
PRIORS = ("mean mask", "mean mask of the class")  # baselines that know where expressions lie
PASSES, FAILS = "passes", "fails"


def random_recognised(labels: np.ndarray, probabilities: np.ndarray, count: int) -> np.ndarray:
    """`count` faces at random of those that every network gets right and that show an expression.

    Shapes: labels (N,), probabilities (networks, N, 7) → indices (≤ count,), in their order.
    """
    # a neutral face shows no unit that could have moved the network
    right = (probabilities.argmax(-1) == labels).all(0) & (labels != EXPRESSIONS.index("neutral"))
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(right))[:count]
    return np.sort(chosen)


def mean_masks(train: Split) -> np.ndarray:
    """Where expressions change drawn faces, as shares of each class's faces: (7, 48, 48) in 0..1.

    Of the first `PRIOR_FACES` training faces of each class; a class without a face is 0.
    """
    masks = np.zeros((len(EXPRESSIONS), SIZE, SIZE))
    for k in range(len(EXPRESSIONS)):
        chosen = train[np.flatnonzero(train.labels == k)[:PRIOR_FACES]].truth or ()
        for face in chosen:
            masks[k] += expression_mask(face) / len(chosen)
    return masks


def baseline_heats(truth: Truth, train: Split, masks: np.ndarray) -> dict[str, np.ndarray]:
    """Heat that knows nothing of the network: name → (N, 48, 48); `masks` are `mean_masks`."""
    grey = truth.images.astype(float)
    everywhere = masks.mean(0)
    row, column = center_of_mass(everywhere)
    y, x = np.mgrid[:SIZE, :SIZE]
    # the prior that faces are centered, with no face in it
    hill = np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * (SIZE / 6) ** 2))
    typical = class_means(train.images, train.labels)
    difference = np.abs(typical - typical[EXPRESSIONS.index("neutral")])[truth.labels]
    return {
        "random": np.random.default_rng(0).random(grey.shape),
        "Sobel edges": np.hypot(sobel(grey, axis=1), sobel(grey, axis=2)),
        "centered hill": np.broadcast_to(hill, grey.shape),
        # a class without a face has no mean, and so no heat
        "class-mean difference": np.nan_to_num(difference),
        "mean mask": np.broadcast_to(everywhere, grey.shape),
        "mean mask of the class": masks[truth.labels],
    }


def clustered_means(values: np.ndarray) -> np.ndarray:
    """The mean in bootstrap samples of networks and of faces, (networks, faces) → (R,).

    Both are sampled with replacement, independently (the pigeonhole bootstrap, Owen 2007). What is
    nan is left out.
    """
    rng = np.random.default_rng(0)
    # how often each is drawn: (R, networks) and (R, faces)
    networks, faces = (rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) for n in values.shape)
    total = ((networks @ np.nan_to_num(values)) * faces).sum(1)
    return share(total, ((networks @ ~np.isnan(values)) * faces).sum(1))


def summary(scores: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Mean and 95 % interval: columns method, measure, mean, low, high."""
    rows = []
    for method, table in scores.items():
        for measure, values in table.items():
            ends = percentile_interval(clustered_means(values.unstack().to_numpy(float)))
            rows.append((method, measure, values.mean(), *ends))
    return pd.DataFrame(rows, columns=["method", "measure", "mean", "low", "high"])


def differences(scores: Mapping[str, pd.DataFrame], baselines: Sequence[str]) -> pd.DataFrame:
    """Each method less each baseline, face by face, on the `JUDGES`.

    Columns: method, measure, baseline, mean, low, high and p, two-sided and not yet corrected.
    """
    rows, methods = [], [name for name in scores if name not in baselines]
    for method, measure, baseline in product(methods, JUDGES, baselines):
        each = scores[method][measure] - scores[baseline][measure]
        # paired, face by face; the bootstrap takes them as (networks, faces)
        resampled = clustered_means(each.unstack().to_numpy(float))
        ends = percentile_interval(resampled)
        rows.append((method, measure, baseline, each.mean(), *ends, bootstrap_p(resampled)))
    columns = ["method", "measure", "baseline", "mean", "low", "high", "p"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(differences: pd.DataFrame, without: Sequence[str] = ()) -> dict[str, str]:
    """Each method's verdict against all baselines, or `without` some, from its `differences`.

    It passes where it is ahead of each of them on each of `JUDGES`, and fails where it is behind
    one, at the level `SIGNIFICANT` after Holm's correction over all comparisons.
    """
    rows = differences[~differences["baseline"].isin(without)]
    rows = rows.assign(significant=holm(rows["p"]) < SIGNIFICANT)
    outcome = {}
    for method, own in rows.groupby("method", sort=False):
        behind = (own["significant"] & (own["mean"] < 0)).any()
        ahead = (own["significant"] & (own["mean"] > 0)).all()
        outcome[str(method)] = PASSES if ahead else FAILS if behind else OPEN
    return outcome


def verdict_table(differences: pd.DataFrame, likeness: pd.DataFrame) -> pd.DataFrame:
    """A row a method: its verdicts against the simple and against all baselines, and the check.

    `likeness` is of `randomisation_test.cascade`.
    """
    check = (likeness.iloc[-1] < PASS).map({True: PASSES, False: FAILS})
    return pd.DataFrame(
        {
            "against simple baselines": verdicts(differences, PRIORS),
            "against all baselines": verdicts(differences),
            "randomisation": check,
        }
    ).loc[list(differences["method"].unique())]
