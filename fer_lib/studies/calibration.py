"""Is the network's confidence justified?

Guo et al. (2017), https://arxiv.org/abs/1706.04599. A finite split gives even a perfectly
calibrated network some error, so the error is shown beside what chance alone would give
(Bröcker & Smith 2007, https://doi.org/10.1175/WAF993.1).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from fer_lib.questions.confusion import check_labels
from fer_lib.questions.intervals import LEVEL, wilson

BINS = 10  # of equal width over 0..1
SIMULATIONS = 1000
TINY = 1e-12  # a probability of 0 has no logarithm


@dataclass(frozen=True)
class Reliability:
    """Faces binned by the probability of the predicted class; empty bins are nan.

    Shapes: faces, confidence (mean), accuracy, low and high (Wilson) are (10,). Fractions:
    `error` is the expected calibration error, `by_chance` the error that a perfectly calibrated
    network as confident as this one stays below in 95 of 100 splits, `excess` mean confidence
    less accuracy (positive: overconfident).
    """

    faces: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: float
    by_chance: float
    excess: float


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> Reliability:
    """Bin the faces: labels (N,), probabilities (N, K)."""
    check_labels(labels, probabilities)
    confidence = probabilities.max(1).astype(float)
    right = probabilities.argmax(1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)  # 1.0 belongs to the last
    faces = np.bincount(bins, minlength=BINS)
    hits = np.bincount(bins[right], minlength=BINS)
    n = np.where(faces > 0, faces, np.nan)
    mean = np.bincount(bins, weights=confidence, minlength=BINS) / n
    error = calibration_error(bins, right - confidence)
    # as many faces, each right with just the probability that the network gives
    rng = np.random.default_rng(0)
    perfect = (rng.random(len(confidence)) < confidence for _ in range(SIMULATIONS))
    errors = [calibration_error(bins, hit - confidence) for hit in perfect]
    overall = error, float(np.quantile(errors, LEVEL)), float((confidence - right).mean())
    return Reliability(faces, mean, hits / n, *wilson(hits, faces), *overall)


def calibration_error(bins: np.ndarray, excess: np.ndarray) -> float:
    """The mean over faces of |accuracy − confidence| of their bin.

    Shapes: bins (N,) int, excess (N,): right − confidence.
    """
    # Σ n/N · |mean right − mean confidence| over bins: their n cancels
    return float(np.abs(np.bincount(bins, weights=excess, minlength=BINS)).sum() / len(bins))


def temperature(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The divisor of the logits under which the labels are likeliest: (N,) and (N, K).

    Above 1 where the network is overconfident. It changes no prediction.
    """
    own = np.arange(len(labels)), labels

    def cross_entropy(log_t: float) -> float:
        return float(-np.log(tempered(probabilities, np.exp(log_t))[own]).mean())

    # searched on a logarithmic scale, from a twentieth to twenty
    return float(np.exp(minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded").x))


def tempered(probabilities: np.ndarray, divisor: float) -> np.ndarray:
    """The probabilities (N, K) when the logits are divided by `divisor`."""
    # log p is the logit but for a constant, which the softmax takes off
    return softmax(np.log(np.maximum(probabilities, TINY)) / divisor, axis=1)


def cross_fitted(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Tempered probabilities (N, K): each half of the faces by the temperature of the other.

    So no face has a part in the temperature by which it is judged.
    """
    half = np.random.default_rng(0).permutation(len(labels)) % 2 == 0
    out = np.empty(probabilities.shape)
    for here in (half, ~half):
        divisor = temperature(labels[~here], probabilities[~here])
        out[here] = tempered(probabilities[here], divisor)
    return out
