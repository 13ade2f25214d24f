"""The gradients by hand against autograd, and as torch's own backward under gradcheck."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from fer_lib.questions import derivations


@pytest.fixture
def batch():
    rng = np.random.default_rng(8)
    return {
        "x": rng.normal(1, 3, (6, 4)),
        "gamma": rng.normal(size=4),
        "beta": rng.normal(size=4),
        "dy": rng.normal(size=(6, 4)),
    }


def leaf(array):
    return torch.tensor(array, requires_grad=True)


def test_every_gradient_of_batch_norm_is_autograds(batch):
    x, gamma, beta = (leaf(batch[name]) for name in ("x", "gamma", "beta"))
    mean = x.mean(0)
    variance = ((x - mean) ** 2).mean(0)
    normalised = (x - mean) / torch.sqrt(variance + derivations.EPSILON)
    y = gamma * normalised + beta
    wanted = (normalised, variance, mean, x, gamma, beta)
    theirs = torch.autograd.grad(y, wanted, torch.tensor(batch["dy"]))
    ours = derivations.batch_norm_backward(batch["dy"], batch["x"], batch["gamma"])
    for mine, torchs in zip(vars(ours).values(), theirs, strict=True):
        np.testing.assert_allclose(mine, torchs.numpy(), rtol=1e-10, atol=1e-12)


class BatchNorm(torch.autograd.Function):
    """torch's forward with the derivation's backward."""

    @staticmethod
    def forward(ctx, x, gamma, beta):
        ctx.save_for_backward(x, gamma)
        return F.batch_norm(x, None, None, gamma, beta, training=True, eps=derivations.EPSILON)

    @staticmethod
    def backward(ctx, dy):
        x, gamma = (tensor.detach().numpy() for tensor in ctx.saved_tensors)
        ours = derivations.batch_norm_backward(dy.numpy(), x, gamma)
        return tuple(torch.from_numpy(g) for g in (ours.x, ours.gamma, ours.beta))


class CrossEntropy(torch.autograd.Function):
    """torch's forward with the derivation's backward."""

    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return F.cross_entropy(z, y, reduction="none")

    @staticmethod
    def backward(ctx, dloss):
        z, y = (tensor.detach().numpy() for tensor in ctx.saved_tensors)
        return dloss[:, None] * torch.from_numpy(derivations.cross_entropy_backward(z, y)), None


def test_batch_norm_passes_gradcheck(batch):
    leaves = [leaf(batch[name]) for name in ("x", "gamma", "beta")]
    assert torch.autograd.gradcheck(BatchNorm.apply, leaves)


# one class; probabilities over all classes (label smoothing)
TARGETS = {
    "one-hot": np.eye(7)[[0, 3, 6, 3]],
    "smoothed": np.full((4, 7), 0.02) + 0.86 * np.eye(7)[:4],
}


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
def test_cross_entropy_passes_gradcheck(y):
    z = np.random.default_rng(8).normal(0, 3, (4, 7))
    assert torch.autograd.gradcheck(CrossEntropy.apply, (leaf(z), torch.tensor(y)))


@pytest.mark.parametrize("y", TARGETS.values(), ids=TARGETS)
def test_the_full_sum_over_classes_is_prediction_minus_target(y):
    z = np.random.default_rng(9).normal(0, 3, (4, 7))
    ours = derivations.cross_entropy_backward(z, y)
    np.testing.assert_allclose(ours, derivations.softmax(z) - y, atol=1e-13)


def test_softmax_does_not_overflow():
    np.testing.assert_array_equal(derivations.softmax(np.array([1000.0, 1000.0])), [0.5, 0.5])
