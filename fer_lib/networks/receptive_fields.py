"""What a unit sees: the pixels of the input that one unit of a stack of layers depends on.

>>> receptive_fields([(3, 1, 1), (2, 2, 0)])[-1]  # Conv 3 padding 1, MaxPool 2
ReceptiveField(size=4, jump=2, start=-1)

Source: Araujo, Norris & Sim (2019), https://distill.pub/2019/computing-receptive-fields.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import nn

from fer_lib.networks.shapes import span


class Layer(NamedTuple):
    """Settings of one layer along one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1


@dataclass(frozen=True)
class ReceptiveField:
    """Along one axis, in pixels of the input: unit i sees `size` pixels from start + i · jump on.

    `start` is negative when the first unit's field begins in the padding.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def window(self, unit: int) -> range:
        """The pixels that `unit` sees; those below 0 or beyond the input are padding."""
        first = self.start + unit * self.jump
        return range(first, first + self.size)


def receptive_fields(layers: Iterable[tuple[int, ...]]) -> list[ReceptiveField]:
    """The field after each of `layers`, which are (kernel, stride, padding[, dilation])."""
    field, fields = ReceptiveField(), []
    for layer in layers:
        kernel, stride, padding, dilation = Layer(*layer)
        # neighbouring taps of this layer lie `jump` pixels of the input apart
        field = ReceptiveField(
            size=field.size + (span(kernel, dilation) - 1) * field.jump,
            jump=field.jump * stride,
            start=field.start - padding * field.jump,
        )
        fields.append(field)
    return fields


def layers_of(modules: Iterable[nn.Module], axis: int = 0) -> list[Layer]:
    """The settings of the convolutions and poolings among `modules`; axis 0 is height, 1 width."""
    layers = []
    for module in modules:
        if hasattr(module, "kernel_size"):
            # a convolution has a pair for each setting, a pooling one integer
            values = [getattr(module, name, 1) for name in ("kernel_size", "stride", "dilation")]
            k, s, d = (v if isinstance(v, int) else v[axis] for v in values)
            p: Any = module.padding
            if isinstance(p, str):
                # rounded down: of an odd number of zeros torch puts the odd one behind
                p = d * (k - 1) // 2 if p == "same" else 0  # the other is "valid"
            layers.append(Layer(k, s, p if isinstance(p, int) else p[axis], d))
    return layers
