"""The loss, against torch and by hand."""

import pytest
import torch
from torch.nn import functional as F

from fer_lib.training import loss
from fer_lib.training.recipe import Recipe


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_loss_is_the_cross_entropy_with_mixed_and_smoothed_labels(alpha):
    torch.manual_seed(0)
    recipe = Recipe(mixup=alpha, label_smoothing=0.1)
    logits, share = torch.randn(5, 7), torch.rand(5)
    labels, others = torch.randint(0, 7, (2, 5))
    share = share if alpha else torch.ones(5)
    first, second = F.one_hot(labels, 7), F.one_hot(others, 7)
    target = share[:, None] * first + (1 - share[:, None]) * second
    target = 0.9 * target + 0.1 / 7
    oracle = -(target * logits.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(
        loss.mixed_loss(logits, labels, others, share, recipe), oracle, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_weighted_loss_counts_each_face_by_its_class(alpha):
    torch.manual_seed(0)
    logits, share = torch.randn(64, 7), torch.rand(64) if alpha else torch.ones(64)
    labels, others = torch.randint(0, 7, (2, 64))
    weight = loss.class_weights(labels, 7)
    torch.testing.assert_close(weight[labels].mean(), torch.tensor(1.0))
    torch.testing.assert_close(weight * labels.bincount(minlength=7), torch.full((7,), 64 / 7))
    first, second = (
        -(0.9 * F.one_hot(y, 7) + 0.1 / 7) * logits.log_softmax(1) for y in (labels, others)
    )
    each = share * weight[labels] * first.sum(1) + (1 - share) * weight[others] * second.sum(1)
    recipe = Recipe(mixup=alpha, label_smoothing=0.1)
    actual = loss.mixed_loss(logits, labels, others, share, recipe, weight)
    torch.testing.assert_close(actual, each.mean())


def test_a_weighted_loss_teaches_a_face_its_own_class():
    """With torch's own weights and smoothing, a common class would be taught the rarest."""
    weight = loss.class_weights(torch.tensor([0] * 900 + [1] * 10), 3)
    logits = torch.zeros(1, 3, requires_grad=True)
    label, optimizer = torch.tensor([0]), torch.optim.SGD([logits], 1.0)
    for _ in range(500):
        optimizer.zero_grad()
        recipe = Recipe(label_smoothing=0.1)
        loss.mixed_loss(logits, label, label, torch.ones(1), recipe, weight).backward()
        optimizer.step()
    expected = torch.tensor([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])
    torch.testing.assert_close(logits.softmax(1), expected, atol=0.01, rtol=0)


def test_a_class_without_a_face_has_a_finite_weight():
    weight = loss.class_weights(torch.tensor([0, 0, 0, 2]), 3)
    assert weight.tolist() == pytest.approx([4 / 6, 2, 2])


def test_a_distilled_loss_is_that_of_the_label_and_of_the_teachers_mean_answer():
    torch.manual_seed(0)
    logits, first, second = torch.randn(3, 5, 7, dtype=torch.float64)
    softened = ((first / 2).softmax(1) + (second / 2).softmax(1)) / 2
    divergence = -(softened * (logits / 2).log_softmax(1)).sum(1).mean()
    actual = loss.distilled_loss(torch.tensor(3.0, dtype=torch.float64), logits, [first, second])
    torch.testing.assert_close(actual, 0.3 * 3.0 + 0.7 * 4 * divergence)
