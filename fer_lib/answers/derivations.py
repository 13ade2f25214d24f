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


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """y = γ x̂ + β over a batch of m. Shapes: x (m, d), gamma and beta (d,) → (m, d)."""
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    normalised = (x - mean) / np.sqrt(variance + EPSILON)
    return gamma * normalised + beta


def batch_norm_backward(dy: np.ndarray, x: np.ndarray, gamma: np.ndarray) -> BatchNormGradients:
    """From ∂l/∂y to ∂l/∂ of everything (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167)."""
    m = len(x)
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    deviation = np.sqrt(variance + EPSILON)
    normalised = (x - mean) / deviation

    d_normalised = dy * gamma  # (1)
    d_variance = (d_normalised * (x - mean)).sum(axis=0) * -0.5 * deviation**-3  # (2)
    d_mean = -d_normalised.sum(axis=0) / deviation - d_variance * 2 * (x - mean).mean(axis=0)  # (3)
    d_x = d_normalised / deviation + d_variance * 2 * (x - mean) / m + d_mean / m  # (4)
    d_gamma = (dy * normalised).sum(axis=0)  # (5)
    d_beta = dy.sum(axis=0)  # (6)
    return BatchNormGradients(d_normalised, d_variance, d_mean, d_x, d_gamma, d_beta)


def softmax(z: np.ndarray) -> np.ndarray:
    """ŷ = exp(z) / Σ exp(z) along the last axis; the greatest z is taken off against overflow."""
    exponential = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """L = −Σₖ yₖ log ŷₖ of each row, nats. Shapes: logits z and targets y (m, classes) → (m,)."""
    return -(y * np.log(softmax(z))).sum(axis=-1)


def cross_entropy_backward(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """∂L/∂z by the chain rule, with the full sum over the classes. Shapes: (m, classes)."""
    p = softmax(z)
    d_p = -y / p  # (1)
    jacobian = p[:, :, None] * (np.eye(z.shape[1]) - p[:, None, :])  # (2): ∂ŷₖ/∂zⱼ at [:, k, j]
    return (d_p[:, :, None] * jacobian).sum(axis=1)  # (3)
