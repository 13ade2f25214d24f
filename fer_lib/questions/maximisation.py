"""Activation maximisation: the pattern that excites a filter most, for all filters at once.

A unit of the last convolution sees a small window of the face (18 × 18 pixels in ShallowCNN), so
small patches are climbed, not whole images: 46 times fewer multiplications a step, and all filters
fit into a few batches. The climb is that of Erhan et al. (2009), kept smooth and steady as Olah,
Mordvintsev & Schubert (2017), https://doi.org/10.23915/distill.00007, advise: the finest waves,
which max pooling rewards and no face has, are damped; steps between pixels cost; the place jitters.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from fer_lib.data.faceset import GREY_MEAN, GREY_SCALE, SIZE
from fer_lib.errors import UserError
from fer_lib.networks import receptive_fields as fields
from fer_lib.networks.models import inference_copy
from fer_lib.networks.tracing import Call, extents, last_convolution, trace, visible

JITTER = 2  # pixels, up to: a pattern that works at one exact place only is an accident
RATE = 0.4  # Adam's, in logits of grey
SMOOTHNESS = 0.04  # deviations of activation that a black-to-white step between pixels costs
SPREAD = 0.5  # deviation of the first patterns, in logits of grey: near mid-grey
BLUR = torch.tensor([1.0, 3.0, 1.0]) / 5  # along both axes: a wave of 2 pixels keeps a fifth
# layers that a patch can pass as a part of a face does
LOCAL = (nn.Conv2d, nn.MaxPool2d, nn.LeakyReLU, nn.ReLU, nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)
AFFORDABLE = 2e10  # multiply-adds of a look at each filter; ShallowCNN has 1.4e9, 40 s of a core
CHUNK = 128  # patches at a time: their activations stay in the processor's cache


class _ReachedError(Exception):
    """The forward pass has come to the convolution; it is broken off with what that gives."""


def _up_to(model: nn.Module, name: str) -> Callable[[Tensor], Tensor]:
    """A network up to one of its convolutions, that one with it, whatever code lies between."""

    def stop(_layer: nn.Module, _arguments: tuple, output: Tensor) -> None:
        raise _ReachedError(output)

    def maps(x: Tensor) -> Tensor:
        try:
            model(x)
        # foreign code can be left half way by an exception alone
        except _ReachedError as reached:
            return reached.args[0]
        raise AssertionError("the convolution was called when the network was traced")

    model.get_submodule(name).register_forward_hook(stop)
    return maps


@dataclass(frozen=True)
class LastConv:
    """The filters of a model's last convolution and what lies below: a copy, for looking only.

    `below` is a chain of layers, or where the network is none, all of it with `last`. `field` is
    what one of the `units` a side sees of the face.
    """

    below: nn.Sequential | Callable[[Tensor], Tensor]
    last: nn.Conv2d
    field: fields.ReceptiveField
    units: int

    @classmethod
    def of(cls, model: nn.Module, layer: str | None = None) -> "LastConv":
        """As `inference_copy` makes it; the model stays as it is. `layer` names another one.

        Raises UserError when the model has no convolution, or calls it more than once.
        """
        own, calls = inference_copy(model), trace(model)
        at = last_convolution(calls, layer)
        name, units = calls[at].name, calls[at].shape[1]
        if sum(call.name == name for call in calls) > 1:
            raise UserError(f"convolution {name!r} is called more than once: it has no one "
                            "map; give another layer")  # fmt: skip
        layers, last = [call for call in calls[: at + 1] if call.is_layer], own.get_submodule(name)
        assert isinstance(last, nn.Conv2d)
        # a chain of known layers is climbed on the patch alone, others with the face around it
        if all(map(_is_local, layers)):
            chain = [own.get_submodule(call.name) for call in layers]
            field = fields.receptive_fields(fields.layers_of(chain))[-1]
            return cls(nn.Sequential(*chain[:-1]), last, field, units)
        field = _measured_field(*(visible(model, axis=axis)[at] for axis in (0, 1)))
        return cls(_up_to(own, name), last, field, units)

    def maps(self, grey: Tensor) -> Tensor:
        """Activations before the activation function: (N, 1, H, W) in 0..1 → (N, F, h, w)."""
        below = self.below(self.entered(grey))
        return self.last(below) if isinstance(self.below, nn.Sequential) else below

    def entered(self, grey: Tensor) -> Tensor:
        """0..1 to what the network takes, on its device."""
        return (grey.to(self.last.weight.device) - GREY_MEAN) / GREY_SCALE

    def unpadded(self) -> "LastConv":
        """The same of a patch of the field's size alone, which gives one unit, (N, F, 1, 1).

        Within a face no unit but those at the rim sees padding, so a patch must not show it any: a
        chain of layers does without, any other network sees the patch in the middle of a face.
        """
        if isinstance(self.below, nn.Sequential):
            below, last = deepcopy((self.below, self.last))
            for layer in [*below, last]:
                if hasattr(layer, "padding"):
                    layer.padding = (0, 0)  # ty: ignore[invalid-assignment]
            return replace(self, below=below, last=last)
        unit = self.inside()[len(self.inside()) // 2]
        first, end = self.field.window(unit).start, self.field.window(unit).stop

        def in_a_face(x: Tensor) -> Tensor:
            face = F.pad(x, (first, SIZE - end) * 2)  # 0 is mid-grey
            return self.below(face)[:, :, unit : unit + 1, unit : unit + 1]

        return replace(self, below=in_a_face)

    def inside(self) -> range:
        """The units, along one axis of a face, that see no padding; where all do, all of them."""
        windows = [self.field.window(unit) for unit in range(self.units)]
        inside = [u for u, w in enumerate(windows) if w.start >= 0 and w.stop <= SIZE]
        return range(inside[0], inside[-1] + 1) if inside else range(self.units)


def _is_local(call: Call) -> bool:
    """Whether a layer takes the one before's output, and a patch can pass it without padding."""
    layer = call.layer
    square = fields.layers_of([layer]) == fields.layers_of([layer], 1)
    plain = getattr(layer, "padding_mode", "zeros") == "zeros"
    inside = not getattr(layer, "ceil_mode", False)  # no window hangs over the edge
    return call.direct and isinstance(layer, LOCAL) and square and plain and inside


def _measured_field(rows: np.ndarray, columns: np.ndarray) -> fields.ReceptiveField:
    """What a unit sees, from `visible`; the whole face where that differs from unit to unit."""
    first, size = extents(rows)
    inner = np.flatnonzero((first > 0) & (first + size < SIZE))  # the face's edge cuts no other off
    face = fields.ReceptiveField(SIZE, jump=0)
    if len(inner) < 2 or not np.array_equal(rows, columns):
        return face
    one, other = inner[:2]
    jump = int(first[other] - first[one])
    field = fields.ReceptiveField(int(size[one]), jump, int(first[one] - one * jump))
    return field if all(field.window(u).start == first[u] for u in inner) else face


@dataclass(frozen=True)
class Maximised:
    """The best pattern of each filter that was climbed, and what it reaches.

    Shapes: patterns (F, S, S) float32, 0 black to 1 white; activations (F,) float32, before the
    activation function; filters (F,) int, their numbers.
    """

    patterns: np.ndarray
    activations: np.ndarray
    filters: np.ndarray

    def of(self, filters: Sequence[int]) -> np.ndarray:
        """The patterns of some of the filters that were climbed."""
        places = {number: place for place, number in enumerate(self.filters.tolist())}
        return self.patterns[[places[number] for number in filters]]


def maximise(
    model: nn.Module,
    filters: Sequence[int] | None = None,
    starts: int = 4,
    steps: int = 48,
    layer: str | None = None,
) -> Maximised:
    """Climb from `starts` random patches for each filter (all of them by default); keep the best.

    A pattern is the sigmoid of a blur, so it is smooth and stays in 0..1. The last quarter of the
    steps does not jitter. What comes out for a filter does not hang on which others are asked for.
    `layer` names another convolution than the last.
    Raises UserError for a model without a convolution or a filter that it does not have.
    """
    conv = LastConv.of(model, layer).unpadded()
    count = conv.last.out_channels
    chosen = torch.arange(count) if filters is None else torch.as_tensor(filters)
    if len(wrong := chosen[(chosen < 0) | (chosen >= count)]):
        raise UserError(
            f"no filter {wrong[0]}; {layer or 'the last convolution'} has 0 to {count - 1}"
        )
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
    cores = torch.get_num_threads()
    # A chunk a core: cores that share each small convolution wait for each other at its end, on a
    # busy machine five times as long as one core alone takes.
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(cores) as pool:
            climbs = pool.map(lambda p: _climb(conv, unit, p[:, 0], first[p[:, 1]], shifts), pairs)
            climbed = list(climbs)
    finally:
        torch.set_num_threads(cores)
    patterns, heights = (torch.cat(parts) for parts in zip(*climbed, strict=True))
    # a climb may end on a low hill: of several starts only the highest end counts
    height, best = heights.view(-1, starts).max(1)
    winners = patterns.view(-1, starts, side, side)[torch.arange(len(chosen)), best]
    return Maximised(winners.numpy(), height.numpy(), chosen.numpy())


def is_slow(model: nn.Module) -> bool:
    """Whether to climb every filter of the last convolution would take more than some minutes."""
    conv = LastConv.of(model).unpadded()
    with FlopCounterMode(display=False) as flops, torch.no_grad():
        conv.below(conv.entered(torch.zeros(1, 1, conv.field.size, conv.field.size)))
    return flops.get_total_flops() // 2 * conv.last.out_channels > AFFORDABLE


def _climb(
    conv: LastConv, unit: Tensor, filters: Tensor, first: Tensor, shifts: Tensor
) -> tuple[Tensor, Tensor]:
    """Adam's way up for a chunk: patterns (N, S, S) and their activations (N,), on the CPU."""
    side, device = conv.field.size, conv.last.weight.device
    filters = filters.to(device)  # on a card no index of the CPU will do
    logits = first.to(device, copy=True).requires_grad_()
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
    # all are there at once, or each reads some of the channels only: then one is taken
    if not isinstance(conv.below, nn.Sequential) or conv.last.groups > 1:
        return conv.maps(grey)[:, :, 0, 0].gather(1, filters[:, None])[:, 0]
    below = conv.below(conv.entered(grey))  # (N, C, k, k): all that one unit reads
    height = (below * conv.last.weight[filters]).sum((1, 2, 3))
    return height if conv.last.bias is None else height + conv.last.bias[filters]
