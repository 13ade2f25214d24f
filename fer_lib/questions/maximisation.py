"""Activation maximisation: the pattern that excites a filter most, for all filters at once.

A unit of the last convolution sees a small window of the face (18 × 18 pixels in ShallowCNN), so
small patches are climbed, not whole images: 46 times fewer multiplications a step, and all filters
fit into a few batches. The climb is that of Erhan et al. (2009), kept smooth and steady as Olah,
Mordvintsev & Schubert (2017), https://doi.org/10.23915/distill.00007, advise: the finest waves,
which max pooling rewards and no face has, are damped; steps between pixels cost; the place jitters.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lib.data.faceset import GREY_MEAN, GREY_SCALE
from fer_lib.errors import UserError
from fer_lib.networks import receptive_fields as fields
from fer_lib.networks.models import inference_copy
from fer_lib.questions.saliency import around_last_convolution

JITTER = 2  # pixels, up to: a pattern that works at one exact place only is an accident
RATE = 0.4  # Adam's, in logits of grey
SMOOTHNESS = 0.04  # deviations of activation that a black-to-white step between pixels costs
SPREAD = 0.5  # deviation of the first patterns, in logits of grey: near mid-grey
BLUR = torch.tensor([1.0, 3.0, 1.0]) / 5  # along both axes: a wave of 2 pixels keeps a fifth
CHUNK = 128  # patches at a time: their activations stay in the processor's cache


@dataclass(frozen=True)
class LastConv:
    """The filters of a model's last convolution and the layers below it: a copy, for looking only.

    `field` is what one unit sees of the face.
    """

    below: nn.Sequential
    last: nn.Conv2d
    field: fields.ReceptiveField

    @classmethod
    def of(cls, model: nn.Module) -> "LastConv":
        """As `inference_copy` makes it; the model stays as it is.

        Raises UserError when the model has no convolution in its `features`.
        """
        below, last, _ = around_last_convolution(inference_copy(model))
        field = fields.receptive_field(fields.layers_of([*below, last]))
        return cls(nn.Sequential(*below), last, field)

    def maps(self, grey: Tensor) -> Tensor:
        """Activations before the activation function: (N, 1, H, W) in 0..1 → (N, F, h, w)."""
        return self.last(self.below(self.entered(grey)))

    def entered(self, grey: Tensor) -> Tensor:
        """0..1 to what the network takes, on its device and in its layout."""
        x = (grey.to(self.last.weight.device) - GREY_MEAN) / GREY_SCALE
        return x.contiguous(memory_format=torch.channels_last)

    def unpadded(self) -> "LastConv":
        """The same without padding: a patch of the field's size gives one unit, (N, F, 1, 1).

        Within a face no unit but those at the rim sees padding, so a patch must not show it any.
        """
        below, last = deepcopy((self.below, self.last))
        for layer in [*below, last]:
            if hasattr(layer, "padding"):
                layer.padding = (0, 0)  # ty: ignore[invalid-assignment]
        return LastConv(below, last, self.field)

    def inside(self, size: int) -> range:
        """The units, along one axis, that see no padding; where all see some, all of them."""
        units = range(fields.stack_output(size, fields.layers_of([*self.below, self.last])))
        windows = [self.field.window(unit) for unit in units]
        inside = [u for u in units if windows[u].start >= 0 and windows[u].stop <= size]
        return range(inside[0], inside[-1] + 1) if inside else units


@dataclass(frozen=True)
class Maximised:
    """The best pattern of each filter, and what it reaches.

    Shapes: patterns (F, S, S) float32, 0 black to 1 white; activations (F,) float32, before the
    activation function.
    """

    patterns: np.ndarray
    activations: np.ndarray


def maximise(
    model: nn.Module,
    filters: Sequence[int] | None = None,
    starts: int = 4,
    steps: int = 48,
) -> Maximised:
    """Climb from `starts` random patches for each filter (all of them by default); keep the best.

    A pattern is the sigmoid of a blur, so it is smooth and stays in 0..1. The last quarter of the
    steps does not jitter. What comes out for a filter does not hang on which others are asked for.
    Raises UserError for a model without a convolution or a filter that it does not have.
    """
    conv = LastConv.of(model).unpadded()
    count = conv.last.out_channels
    chosen = torch.arange(count) if filters is None else torch.as_tensor(filters)
    if len(wrong := chosen[(chosen < 0) | (chosen >= count)]):
        raise UserError(f"no filter {wrong[0]}; the last convolution has 0 to {count - 1}")
    # a generator of its own: the same patterns on every page, whatever was drawn before
    generator = torch.Generator().manual_seed(0)
    side = conv.field.size
    canvas = side + 2 * JITTER  # the window that the filter sees jitters over it
    shifts = torch.randint(2 * JITTER + 1, (steps, 2), generator=generator)
    # the last steps stand still in the middle, so that the pattern settles on one place
    shifts[steps * 3 // 4 :] = JITTER
    first = SPREAD * torch.randn(starts, 1, canvas, canvas, generator=generator)
    noise = torch.rand(256, 1, side, side, generator=generator)
    unit = conv.maps(noise).std((0, 2, 3)).clamp_min(1e-6)  # (F,): a height to measure others by
    # each filter from the same starts, so that it does not matter which others are asked for
    pairs = torch.cartesian_prod(chosen, torch.arange(starts)).split(CHUNK)
    with _a_chunk_a_core() as pool:
        climbed = list(
            pool.map(lambda pair: _climb(conv, unit, pair[:, 0], first[pair[:, 1]], shifts), pairs)
        )
    patterns, heights = (torch.cat(parts) for parts in zip(*climbed, strict=True))
    # a climb may end on a low hill: of several starts only the highest end counts
    height, best = heights.view(-1, starts).max(1)
    winners = patterns.view(-1, starts, side, side)[torch.arange(len(chosen)), best]
    return Maximised(winners.numpy(), height.numpy())


@contextmanager
def _a_chunk_a_core() -> Generator[ThreadPoolExecutor]:
    """Threads that each work on a chunk of their own, within which torch uses one core.

    Cores that share each small convolution wait for each other at its end: on a busy machine that
    took five times as long as one core alone.
    """
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            yield pool
    finally:
        torch.set_num_threads(cores)


def _climb(
    conv: LastConv, unit: Tensor, filters: Tensor, first: Tensor, shifts: Tensor
) -> tuple[Tensor, Tensor]:
    """Adam's way up for a chunk: patterns (N, S, S) and their activations (N,), on the CPU."""
    side = conv.field.size
    logits = first.to(conv.last.weight.device, copy=True).requires_grad_()
    climber = torch.optim.Adam([logits], RATE)
    for top, left in shifts.tolist():
        grey = greys(logits)
        window = grey[..., top : top + side, left : left + side]
        # in deviations, or SMOOTHNESS would be strict with quiet filters and lax with loud ones
        height = activation(conv, window, filters) / unit[filters]
        # total variation: steps from pixel to pixel cost, wherever they are
        roughness = sum(grey.diff(dim=axis).abs().sum((1, 2, 3)) for axis in (-1, -2))
        objective = height - SMOOTHNESS * roughness
        (logits.grad,) = torch.autograd.grad(-objective.sum(), logits)
        climber.step()  # up: the gradient is of the objective's negative
    grey = greys(logits.detach())[..., JITTER : JITTER + side, JITTER : JITTER + side]
    return grey[:, 0].cpu(), activation(conv, grey, filters).cpu()


def greys(logits: Tensor) -> Tensor:
    """What is climbed to what is seen, blurred and then bound to 0..1: (N, 1, H, W), as given."""
    # the sigmoid holds grey inside 0..1 and still has a slope there; clipping would have none
    kernel = BLUR.outer(BLUR).to(logits.device)[None, None]
    return torch.sigmoid(F.conv2d(F.pad(logits, (1, 1, 1, 1), "replicate"), kernel))


def activation(conv: LastConv, grey: Tensor, filters: Tensor) -> Tensor:
    """One filter a patch, so that the others cost nothing: (N, 1, S, S), (N,) → (N,)."""
    below = conv.below(conv.entered(grey))  # (N, C, k, k): all that one unit reads
    height = (below * conv.last.weight[filters]).sum((1, 2, 3))
    return height if conv.last.bias is None else height + conv.last.bias[filters]
