"""A share and how sure it is: Wilson's interval, the bootstrap, and Holm's correction."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

LEVEL = 0.95
RESAMPLES = 10_000
FEWEST = 10  # faces: the bootstrap of fewer knows too little of what varies


def share(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    """part / total, and nan where the total is not above 0."""
    # where nothing is divided `out` keeps its nan, without a warning
    return np.divide(part, total, out=np.full(np.shape(part), np.nan), where=total > 0)


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is not nan; nan where nothing is left."""
    return share(np.nansum(values, -1), (~np.isnan(values)).sum(-1))


def wilson(successes: ArrayLike, trials: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share (Wilson 1927), which stays in 0..1 for few trials too.

    Shapes: (...,) and (...,) → low (...,), high (...,); nan where there is no trial.
    """
    n = np.where(np.asarray(trials) > 0, trials, np.nan)
    p = np.asarray(successes, float) / n
    z = norm.ppf((1 + LEVEL) / 2)
    # the ends are the true shares from which this one lies z of *their* deviations away
    center = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # exact at the ends, where rounding would spill over
    return np.where(p == 0, 0, center - half), np.where(p == 1, 1, center + half)


def bootstrap_counts(
    counts: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic of a table of counts (Efron 1979).

    Drawing n faces with replacement and counting them into the table's cells is one multinomial
    draw, so 10,000 resamples cost the same however many faces there are.

    Shapes: counts (K, K); statistic maps (R, K, K) to (R,). nan when nothing was counted, and
    when every resample gives the same: the bootstrap knows nothing of what never occurred.
    """
    n = int(counts.sum())
    if n == 0:
        return np.nan, np.nan
    # seeded: a page shows the same interval each time
    rng = np.random.default_rng(0)
    resampled = rng.multinomial(n, counts.ravel() / n, size=RESAMPLES)  # (R, K * K)
    low, high = percentile_interval(statistic(resampled.reshape(-1, *counts.shape)))
    return (low, high) if low < high else (np.nan, np.nan)


def paired_difference(counts: np.ndarray) -> tuple[float, float, float]:
    """How much more often one network is right than another on the same faces, with its interval.

    `counts` (2, 2): rows right and wrong by the one, columns right and wrong by the other. In
    shares of all faces; the interval is that of `bootstrap_counts`.
    """
    n = counts.sum() or np.nan  # nothing is said of no face

    def difference(m: np.ndarray) -> np.ndarray:
        # a face that both get right, or wrong, says nothing of their difference
        return (m[..., 0, 1] - m[..., 1, 0]) / n

    return float(difference(counts)), *bootstrap_counts(counts, difference)


def percentile_interval(values: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of resampled values, (R,); those that are nan are left out."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def bootstrap_p(resampled: np.ndarray) -> float:
    """How surely resampled differences, (R,), lie on one side of 0: two-sided; 1 if all are nan."""
    defined = resampled[~np.isnan(resampled)]
    tail = min((defined <= 0).sum(), (defined >= 0).sum())
    # one is added to both: no number of resamples shows a p of 0
    return float(min(1, 2 * (tail + 1) / (len(defined) + 1)))


def holm(p_values: ArrayLike) -> np.ndarray:
    """P-values adjusted for being many (Holm 1979): compare each with the level as it stands.

    Shapes: (M,) → (M,), in the order given.
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    # the smallest of M counts M times, the next M − 1; none may pass below one that was smaller
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(stepped, 1)[np.argsort(order)]


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """The mean of one number a face, (N,), and its 95 % bootstrap interval: (mean, low, high).

    Faces whose number is nan are left out; nan three times when none is left.
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return np.nan, np.nan, np.nan
    faces = np.random.default_rng(0).integers(len(defined), size=(RESAMPLES, len(defined)))
    return float(defined.mean()), *percentile_interval(defined[faces].mean(1))
