"""3×3 convolutions with a third of the products or fewer, for training in fp32 on a CPU.

Winograd's minimal filtering (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308). Along one side,
m outputs of a filter of three are coefficients of a product of two polynomials, which its values
at t = m + 2 points settle: t products where the sum takes 3m. Both sides: t² for 9m². Fixed
matrices lead from faces and filters to values and from there to outputs; in between stands one
matrix product a point, over all channels and tiles, which a CPU does best of all.

The sums are the same in another order: a few millionths of a result, as between any two orders.
"""

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from fer_lib.networks.models import is_channels_last

POINTS = (0, 1, -1, 2, -2)  # the last of the t points is infinity
TILES = (3, 4)  # m: 2 saves too little, and of 3 and 4 the rounding is 2 and up to 6 millionths
SAVING = 3  # times fewer products at least: sides of 5 and 10 save less, and take the plain way
GAIN = 40.0  # products grow with C·C', the way there and back with C + C': the least of their ratio
TILES_AT_ONCE = 512  # all at once, DeepCNN at batch 128 took 2.9 GB, not 2.4, and no less time
USUAL = {
    "kernel_size": (3, 3), "stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1,
    "padding_mode": "zeros",
}  # fmt: skip


class WinogradConv2d(nn.Conv2d):
    """nn.Conv2d, quicker where it is trained in fp32 on a CPU and the sides suit it."""

    def forward(self, input: Tensor) -> Tensor:
        """(N, C, H, W) → (N, C', H, W); in eval mode to the bit what nn.Conv2d gives."""
        kind = input.device.type
        # eval mode gives what nn.Conv2d gives to the bit; cards and bf16 have kernels of their own
        plain = not self.training or kind != "cpu" or torch.is_autocast_enabled(kind)
        m = tile(*input.shape[2:])
        if plain or products(m, *input.shape[2:]) * SAVING > 9 * input[0, 0].numel():
            return super().forward(input)
        return _Winograd.apply(input, self.weight, self.bias, m)


def use_winograd(model: nn.Module) -> None:
    """Make each convolution of `model` that gains by it one of these; its tensors stay.

    A network that is not channels-last keeps its own: what comes out of these always is.
    """
    for layer in model.modules() if is_channels_last(model) else ():
        if type(layer) is nn.Conv2d and _suits(layer):
            # the class alone: parameters, hooks and the names in state_dict stay
            layer.__class__ = WinogradConv2d


def _suits(layer: nn.Conv2d) -> bool:
    c_in, c_out = layer.in_channels, layer.out_channels
    usual = all(getattr(layer, name) == value for name, value in USUAL.items())
    return usual and c_in * c_out / (c_in + c_out) >= GAIN


def places(m: int, height: int, width: int) -> tuple[int, int]:
    """Rows and columns of tiles of m×m that cover a face, the last reaching beyond its edge."""
    return -(-height // m), -(-width // m)


def products(m: int, height: int, width: int) -> int:
    """Products that a face's channel takes in tiles of m×m; plainly it takes 9 a pixel."""
    return math.prod(places(m, height, width)) * (m + 2) ** 2


def tile(height: int, width: int) -> int:
    """The m with the fewest products."""
    return min(TILES, key=lambda m: products(m, height, width))


@cache
def matrices(m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Values → outputs (m, t), filter → values (t, 3), tile → values (t, t), fp32.

    Cook and Toom's interpolation, for correlation: Lavin & Gray's A, G and B, for one side.
    """
    # small whole numbers as points keep the matrices' entries, and so the rounding, small
    points = np.array(POINTS[: m + 1], dtype=float)
    others = [np.delete(points, i) for i in range(m + 1)]
    scale = [np.prod(p - rest) for p, rest in zip(points, others, strict=True)]
    # the value at infinity is the highest coefficient: the last row of the identity
    outputs = np.vstack([np.vander(points, m, increasing=True), np.eye(m)[-1]]).T
    # the filters take the scale, for they are computed once for all faces
    filters = np.vstack([(np.vander(points, 3, increasing=True).T / scale).T, np.eye(3)[-1]])
    tiles = [np.append(np.poly(rest)[::-1], 0) for rest in others] + [np.poly(points)[::-1]]
    a, g, b = (torch.from_numpy(np.array(side)).float() for side in (outputs, filters, tiles))
    return a, g, b


def both_sides(matrix: Tensor, x: Tensor) -> Tensor:
    """`matrix` (j, k) down the columns of each square, then along its rows: (k², n) → (j², n).

    One product by the two sides' Kronecker product does the same with more multiplications.
    """
    j, k = matrix.shape
    # all columns side by side: one matrix product for them all
    down = (matrix @ x.view(k, -1)).view(j, k, -1)  # (j, k, n)
    return (matrix @ down).view(j * j, -1)


class _Winograd(Function):
    """y = A(G(w) · B(x)) + bias and, backwards, the same steps' transposes; some faces at a time.

    Values are computed once more on the way back: kept, they would take more memory than the
    activations themselves.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, m: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.m, ctx.bias = m, bias is not None
        # t² matrices (C, C'), one a point: computed once for all faces
        filters = _filters(weight, m)
        a, y = matrices(m)[0].to(x), _like(x, len(weight))
        for part, out in _some(m, x, y):
            # the only step with C · C' products, and t² of them a tile instead of 9m²
            outputs = torch.bmm(_values(part, m), filters)  # (t², tiles, C')
            out.copy_(joined(both_sides(a, outputs), m, m, out.shape))
            if bias is not None:
                out += bias[:, None, None]
        return y

    @staticmethod
    # written in place, so autograd cannot go through it again, and says so
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> Any:
        dy, m = gradients[0], ctx.m
        x, weight = ctx.saved_tensors
        a, g, b = (matrix.to(dy) for matrix in matrices(m))
        filters = _filters(weight, m)
        dfilters, dx = torch.zeros_like(filters), _like(dy, x.shape[1])
        # each step forward was linear, so backwards each is its transpose
        for faces, part, out in _some(m, x, dy, dx):
            pulls = both_sides(a.T, cut(part, m, m)).view(len(filters), -1, len(weight))
            # (t², C, tiles) by (t², tiles, C'), summed over the parts
            dfilters.baddbmm_(_values(faces, m).mT, pulls)
            tiles = both_sides(b.T, torch.bmm(pulls, filters.mT))
            out.copy_(joined(tiles, m, m + 2, out.shape))
        dweight = both_sides(g.T, dfilters).view(3, 3, *filters.shape[1:]).permute(3, 2, 0, 1)
        return dx, dweight, dy.sum((0, 2, 3)) if ctx.bias else None, None


def _filters(weight: Tensor, m: int) -> Tensor:
    """The filters' values: (C', C, 3, 3) → (t², C, C')."""
    c_out, c_in = weight.shape[:2]
    # (9, C · C'): the taps in front, as `both_sides` takes squares
    flat = weight.permute(2, 3, 1, 0).reshape(9, -1)
    return both_sides(matrices(m)[1].to(weight), flat).view(-1, c_in, c_out)


def _values(x: Tensor, m: int) -> Tensor:
    """The values of the faces' tiles: (N, C, H, W) → (t², tiles, C)."""
    b = matrices(m)[2].to(x)
    return both_sides(b, cut(x, m, m + 2)).view(len(b) ** 2, -1, x.shape[1])


def _like(x: Tensor, channels: int) -> Tensor:
    """Room for what becomes of x, channels-last: else batch norm takes ten times as long."""
    shape = (len(x), channels, *x.shape[2:])
    return torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)


def _some(m: int, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The tensors, all of the same faces, in parts of as many faces as have `TILES_AT_ONCE`."""
    faces = max(1, TILES_AT_ONCE // math.prod(places(m, *tensors[0].shape[2:])))
    return zip(*(tensor.split(faces) for tensor in tensors), strict=True)


def cut(x: Tensor, m: int, side: int) -> Tensor:
    """Tiles of side×side, one every m pixels, 0 outside: (N, C, H, W) → (side², N·tiles·C)."""
    n, c, height, width = x.shape
    rows, columns = places(m, height, width)
    edge = (side - m) // 2  # what a tile reaches beyond its m pixels
    # channels last, so that a tile's pixel is one run of memory
    padded = x.new_zeros(n, rows * m + 2 * edge, columns * m + 2 * edge, c)
    padded[:, edge : edge + height, edge : edge + width] = x.permute(0, 2, 3, 1)
    tiles = padded.unfold(1, side, m).unfold(2, side, m)  # (N, rows, columns, C, side, side)
    return tiles.permute(4, 5, 0, 1, 2, 3).reshape(side * side, -1)


def joined(tiles: Tensor, m: int, side: int, shape: tuple[int, ...]) -> Tensor:
    """The transpose of `cut`: tiles laid down at their places, added up where they overlap."""
    n, c, height, width = shape
    rows, columns = places(m, height, width)
    edge = (side - m) // 2
    tiles = tiles.view(side, side, n, rows, columns, c)
    if side == m:  # none overlap
        x = tiles.permute(2, 3, 0, 4, 1, 5).reshape(n, rows * m, columns * m, c)
    else:
        x = tiles.new_zeros(n, rows * m + 2 * edge, columns * m + 2 * edge, c)
        # tiles overlap by two pixels; a strided view a place adds them all up without a loop
        for down in range(side):
            for across in range(side):
                last = down + rows * m, across + columns * m
                x[:, down : last[0] : m, across : last[1] : m] += tiles[down, across]
    return x[:, edge : edge + height, edge : edge + width].permute(0, 3, 1, 2)
