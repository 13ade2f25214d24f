"""The output shape of convolution and pooling: integers in, integers out, nothing else.

Everything is said for one axis first, because the axes of an image never meet:

>>> conv_output(227, kernel=11, stride=4)  # the first layer of AlexNet
55
>>> conv_channel_last((8, 48, 40, 1), 32, kernel=(5, 3))  # (B, W, H, C), as the original writes
(8, 44, 38, 32)
>>> conv_channel_first((8, 1, 40, 48), 32, kernel=(3, 5))  # (N, C, H, W), as torch has it
(8, 32, 38, 44)

The settings are torch's, and so is what is refused. Sources: the documentation of torch.nn.Conv2d
and MaxPool2d; Dumoulin & Visin (2016), https://arxiv.org/abs/1603.07285.
"""

from collections.abc import Sequence
from numbers import Integral

Pair = int | tuple[int, int]  # one integer for both axes, or one for each, in the shape's order


def span(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first tap of a kernel to its last: d(k − 1) + 1."""
    _check(kernel=kernel, dilation=dilation)
    return dilation * (kernel - 1) + 1


def conv_output(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """n = ⌊(W + 2p − d(k − 1) − 1) / s⌋ + 1: the windows that fit into the padded row.

    Raises ValueError for a setting that torch refuses, and for a window longer than the row.
    """
    _check(size=size, stride=stride, padding=padding)
    room = size + 2 * padding - span(kernel, dilation)
    if room < 0:
        raise ValueError(
            f"size = {size} with padding {padding} is shorter than the kernel's span of "
            f"{span(kernel, dilation)}; allowed is a size of at least {size - room}"
        )
    return room // stride + 1


def pool_output(
    size: int,
    kernel: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """As `conv_output`; the stride is the kernel's unless given, the padding at most half of it.

    `ceil_mode` rounds up: a last window may hang over the right end, but must not start beyond
    the pixels and the left padding, or it would see nothing but padding.
    """
    stride = kernel if stride is None else stride
    _check(size=size, stride=stride, padding=padding)
    length = span(kernel, dilation)
    room = size + 2 * padding - length
    if padding > kernel // 2:
        raise ValueError(
            f"padding = {padding}; allowed for pooling is at most {kernel // 2}, "
            f"half the kernel {kernel}"
        )
    # ⌈a / s⌉ is ⌊(a + s − 1) / s⌋ for whole numbers
    count = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    # torch drops a last window that starts in the padding on the right
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    if count < 1:
        raise ValueError(
            f"size = {size} with padding {padding} has no room for a window of {length}; "
            f"allowed is a size of at least {length - 2 * padding - ceil_mode * (stride - 1)}"
        )
    return count


def same_padding(kernel: int, dilation: int = 1) -> tuple[int, int]:
    """(before, after): the zeros, d(k − 1) in all, with which stride 1 keeps the size.

    Of an odd number the odd one comes after, as in torch's and TensorFlow's `padding="same"`.
    """
    total = span(kernel, dilation) - 1
    return total // 2, total - total // 2


def conv_inputs(
    output: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> range:
    """The inverse question: every size that a convolution turns into `output`; at most s of them.

    >>> conv_inputs(24, kernel=3, stride=2, padding=1)
    range(47, 49)
    """
    _check(output=output, stride=stride, padding=padding)
    # the floor forgets up to s − 1 pixels, so as many further sizes give the same output
    first = stride * (output - 1) + span(kernel, dilation) - 2 * padding
    return range(max(first, 1), max(first + stride, 1))


def conv_channel_last(
    shape: Sequence[int],
    c_out: int,
    kernel: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> tuple[int, int, int, int]:
    """(B, W, H, C_in) → (B, n, m, C_out): the original's order; pairs are (of W, of H)."""
    batch, width, height, _ = _shape(shape, ("batch", "width", "height", "channels"), c_out)
    n, m = _both_axes((width, height), kernel, stride, padding, dilation)
    return batch, n, m, c_out


def conv_channel_first(
    shape: Sequence[int],
    c_out: int,
    kernel: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> tuple[int, int, int, int]:
    """(N, C_in, H, W) → (N, C_out, m, n): torch's order; pairs are (of H, of W)."""
    batch, _, height, width = _shape(shape, ("batch", "channels", "height", "width"), c_out)
    m, n = _both_axes((height, width), kernel, stride, padding, dilation)
    return batch, c_out, m, n


def windows(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[range]:
    """The taps of every window, as positions in the padded row: 0 is its first zero.

    >>> windows(5, kernel=3, stride=2)
    [range(0, 3), range(2, 5)]
    """
    count = conv_output(size, kernel, stride, padding, dilation)
    length = span(kernel, dilation)
    return [range(s, s + length, dilation) for s in range(0, count * stride, stride)]


def unreached(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[int]:
    """The positions of the padded row that no window reads: what the floor cuts off, and gaps."""
    taps = {tap for window in windows(size, kernel, stride, padding, dilation) for tap in window}
    return [position for position in range(size + 2 * padding) if position not in taps]


def _both_axes(sizes: Sequence[int], *settings: Pair) -> list[int]:
    pairs = []
    for name, value in zip(("kernel", "stride", "padding", "dilation"), settings, strict=True):
        pairs.append(value if isinstance(value, tuple) else (value, value))
        if len(pairs[-1]) != 2:
            raise ValueError(f"{name} = {value!r}; allowed is an integer or a pair of integers")
    return [conv_output(*axis) for axis in zip(sizes, *pairs, strict=True)]


def _shape(shape: Sequence[int], names: Sequence[str], c_out: int) -> Sequence[int]:
    if not isinstance(shape, tuple | list) or len(shape) != len(names):
        raise ValueError(f"shape = {shape!r}; allowed are the four of ({', '.join(names)})")
    _check(**dict(zip(names, shape, strict=True)), c_out=c_out)
    return shape


def _check(**values: int) -> None:
    for name, value in values.items():
        least = 0 if name == "padding" else 1
        # True is an integer to Python, but no size
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise ValueError(f"{name} = {value!r}; allowed is an integer of at least {least}")
