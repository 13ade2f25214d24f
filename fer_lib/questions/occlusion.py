"""A mid-grey patch over an image, place after place: what the network then says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor, nn

from fer_lib.data.faceset import to_input
from fer_lib.networks.models import inference_copy


def places(size: int, patch: int, stride: int) -> list[int]:
    """Where patches begin along an axis; the last ends at the edge even where none would."""
    if not 0 < patch <= size:
        raise ValueError(f"a patch of {patch} for an image of {size} pixels")
    return [*range(0, size - patch, stride), size - patch]


def covered_logits(model: nn.Module, x: Tensor, patch: int, stride: int) -> Tensor:
    """The logits with a mid-grey patch at each place, row by row: (N, C, H, W) → (N, p, q, K)."""
    rows, columns = (places(size, patch, stride) for size in x.shape[2:])
    logits = []
    for top, left in product(rows, columns):
        # no batch of all places at once: 121 copies of 32 faces would not fit the cache
        hidden = x.clone()
        hidden[..., top : top + patch, left : left + patch] = 0  # mid-grey
        logits.append(model(hidden))
    return torch.stack(logits, 1).unflatten(1, (len(rows), len(columns)))


def mean_falls(
    bare: Tensor, covered: Tensor, target: Tensor, size: Sequence[int], patch: int, stride: int
) -> Tensor:
    """How far the target's logit falls, a pixel: the mean over the places whose patch covers it.

    Logits (N, K), covered (N, p, q, K), and classes (N,) → (N, 1, H, W); nan where no patch comes,
    as where `stride` is larger than `patch`.
    """
    falls = (bare[:, None, None] - covered).take_along_dim(target[:, None, None, None], 3)[..., 0]
    rows, columns = (places(side, patch, stride) for side in size)
    total, count = falls.new_zeros(len(falls), 1, *size), falls.new_zeros(tuple(size))
    for (i, top), (j, left) in product(enumerate(rows), enumerate(columns)):
        window = (..., slice(top, top + patch), slice(left, left + patch))
        total[window] += falls[:, None, i, j, None, None]
        count[window] += 1
    return total / count


@dataclass(frozen=True)
class Covered:
    """What a network says of faces with a mid-grey patch over them, at each of p × p places.

    Shapes: images (N, 48, 48) uint8, labels (N,), logits of the bare faces (N, K) and of the
    covered ones (N, p, p, K), occlusion maps of the faces' own classes (N, 48, 48).
    Place (i, j) covers `patch` rows from stride · i and as many columns from stride · j.
    """

    images: np.ndarray
    labels: np.ndarray
    logits: np.ndarray
    covered: np.ndarray
    maps: np.ndarray
    patch: int
    stride: int


def cover(
    model: nn.Module, images: np.ndarray, labels: np.ndarray, patch: int = 8, stride: int = 2
) -> Covered:
    """Cover faces place after place, (N, 48, 48) uint8 of classes (N,): 441 forward passes each.

    Raises ValueError unless the places are `stride` apart to the last, as whoever draws them takes
    for granted.
    """
    if (images.shape[1] - patch) % stride:
        raise ValueError(f"a stride of {stride} does not divide {images.shape[1]} - {patch}")
    own = inference_copy(model)
    x = to_input(images).to(next(own.parameters()).device)
    target = torch.as_tensor(labels).to(x.device)
    with torch.no_grad():
        bare, after = own(x), covered_logits(own, x, patch, stride)
    falls = mean_falls(bare, after, target, x.shape[2:], patch, stride)
    logits, covered, maps = (t.cpu().numpy() for t in (bare, after, falls))
    return Covered(images, labels, logits, covered, maps[:, 0], patch, stride)
