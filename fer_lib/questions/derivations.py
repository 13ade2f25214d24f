"""Two gradients by hand, a line a step: batch normalisation, and softmax with cross-entropy.

The numbers in the comments are those of the page. Everything is float64 numpy, so that a line
can be held against autograd to the last digits.
"""

from dataclasses import dataclass

import numpy as np

EPSILON = 1e-5  # of the variance, as in torch


@dataclass(frozen=True)
class BatchNormGradients:
    """∂l/∂ of each quantity. Shapes: normalised and x (m, d); the others (d,)."""

    normalised: np.ndarray
    variance: np.ndarray
    mean: np.ndarray
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray


def batch_norm_backward(
    dy: np.ndarray,
    x: np.ndarray,
    gamma: np.ndarray,
) -> BatchNormGradients:
    """From ∂l/∂y to all the others (Ioffe & Szegedy 2015, arXiv:1502.03167)."""
    m, centred = len(x), x - x.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + EPSILON)
    normalised = centred / std

    d_norm = dy * gamma  # (1)
    d_var = (d_norm * centred).sum(axis=0) * -0.5 * std**-3  # (2)
    d_mean = -d_norm.sum(axis=0) / std + d_var * -2 * centred.mean(axis=0)  # (3)
    d_x = d_norm / std + d_var * 2 * centred / m + d_mean / m  # (4)
    d_gamma = (dy * normalised).sum(axis=0)  # (5)
    d_beta = dy.sum(axis=0)  # (6)
    return BatchNormGradients(d_norm, d_var, d_mean, d_x, d_gamma, d_beta)


def softmax(z: np.ndarray) -> np.ndarray:
    """ŷ = exp(z) / Σ exp(z) along the last axis; the greatest z is taken off against overflow."""
    exponential = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def cross_entropy_backward(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """∂L/∂z by the chain rule, summed over all classes: (m, classes)."""
    p = softmax(z)
    one = np.eye(z.shape[-1])
    d_p = -y / p  # (1)
    jacobian = p[:, :, None] * (one - p[:, None, :])  # (2), at [:, k, j]
    return (d_p[:, :, None] * jacobian).sum(axis=1)  # (3)
