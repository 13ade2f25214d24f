"""What a step makes small: the cross-entropy, smoothed, of mixed labels, weighed by class."""

import torch
from torch import Tensor
from torch.nn import functional as F

from fer_lib.training.recipe import Recipe


def class_weights(labels: Tensor, classes: int) -> Tensor:
    """1 / a class's faces, so that a face has 1 on average: labels (N,) → (K,)."""
    faces = labels.bincount(minlength=classes)
    # a class without a face is no label, so that its weight is never used
    return len(labels) / (faces.clamp_min(1) * (faces > 0).sum())


def mixed_loss(
    logits: Tensor,
    labels: Tensor,
    others: Tensor,
    share: Tensor,
    recipe: Recipe,
    weight: Tensor | None = None,
) -> Tensor:
    """Smoothed cross-entropy, of each face's two labels by their shares where faces are mixed.

    `weight` (K,) is how much a face of a class counts.
    """
    # label smoothing (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567)
    smoothing = recipe.label_smoothing
    # without a mixture the second term is 0 times something: skip it
    if not recipe.mixup and weight is None:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)

    def of(y: Tensor) -> Tensor:
        loss = F.cross_entropy(logits, y, label_smoothing=smoothing, reduction="none")
        # not torch's own weights: with smoothing these teach every face the rarest class
        return loss if weight is None else loss * weight[y]

    # the loss is linear in the label: two losses, mixed, are the loss of the mixed label
    return of(others).lerp(of(labels), share).mean()


@torch.no_grad()
def batch_totals(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the plain cross-entropy, right answers and faces, (3,): they add up over steps."""
    # neither smoothed nor mixed, so that it compares with validation's
    loss = F.cross_entropy(logits, labels, reduction="sum")
    right = (logits.argmax(1) == labels).sum()
    return torch.stack([loss, right, torch.full_like(loss, len(labels))])
