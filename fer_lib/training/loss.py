"""What a step makes small: the cross-entropy, smoothed, of mixed labels, weighed by class.

With teachers, the distance to their answer too.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fer_lib.training.recipe import Recipe

TEMPERATURE = 2.0  # of teachers' answers: softer ones tell more of the classes that come second
TEACHING = 0.7  # share of the loss that is the distance to the teachers' answer


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
    if not recipe.mixup and weight is None:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)

    def of(y: Tensor) -> Tensor:
        loss = F.cross_entropy(logits, y, label_smoothing=smoothing, reduction="none")
        # not torch's own weights: with smoothing these teach every face the rarest class
        return loss if weight is None else loss * weight[y]

    if not recipe.mixup:  # the second term would be 0 times something
        return of(labels).mean()
    # the loss is linear in the label: two losses, mixed, are the loss of the mixed label
    return of(others).lerp(of(labels), share).mean()


def distilled_loss(loss: Tensor, logits: Tensor, teachers: Sequence[Tensor]) -> Tensor:
    """`loss` beside the cross-entropy with the teachers' mean answer: logits, each (B, K) → ().

    Hinton et al. 2015, https://arxiv.org/abs/1503.02531.
    """
    answers = torch.stack([(each / TEMPERATURE).softmax(1) for each in teachers])
    softened = F.cross_entropy(logits / TEMPERATURE, answers.mean(0))
    # a gradient of softened logits is smaller by the temperature twice
    return loss.lerp(TEMPERATURE**2 * softened, TEACHING)


@torch.no_grad()
def batch_totals(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the plain cross-entropy, right answers and faces, (3,): they add up over steps."""
    # neither smoothed nor mixed, so that it compares with validation's
    loss = F.cross_entropy(logits, labels, reduction="sum")
    right = (logits.argmax(1) == labels).sum()
    return torch.stack([loss, right, torch.full_like(loss, len(labels))])
