"""Output shapes and receptive fields, held against torch's own operators."""

import doctest
import itertools

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from fer_lib.networks import receptive_fields as fields
from fer_lib.networks import shapes
from fer_lib.networks.models import DeepCNN, ShallowCNN
from fer_lib.networks.receptive_fields import (
    Layer,
    ReceptiveField,
    layers_of,
    receptive_fields,
)

# size, kernel, stride, padding, dilation along one axis: sound settings, and any at all
SOUND = st.tuples(*[st.integers(*bounds) for bounds in ((1, 14), (1, 5), (1, 4), (0, 3), (1, 3))])
ANY = st.tuples(*[st.integers(-1, most) for most in (6, 6, 3, 3, 3)])
AXIS = SOUND | ANY
POOLED = SOUND.map(lambda axis: (*axis[:3], min(axis[3], axis[1] // 2), axis[4]))
CHANNELS = st.integers(1, 3)
FAST = {"deadline": None, "derandomize": True}


def torch_says(operator):
    """The shape that torch's operator gives, or None where it refuses or nothing is left."""
    try:
        shape = tuple(operator().shape)
    except (RuntimeError, ValueError):
        return None
    return shape if all(shape) else None


def we_say(formula):
    try:
        return formula()
    except ValueError:
        return None


@pytest.mark.parametrize("module", [shapes, fields])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@settings(max_examples=3000, **FAST)
@given(st.tuples(SOUND, SOUND) | st.tuples(AXIS, AXIS), CHANNELS, CHANNELS)
@example(((4, 5, 1, 0, 1), (9, 5, 1, 0, 1)), 1, 1)  # one pixel short, on one axis only
def test_conv_is_torchs_shape_or_refusal(axes, batch, c_in):
    size, *window = zip(*axes, strict=True)
    kernel, *rest = window

    def convolve():
        weight = torch.zeros(4, c_in, *kernel)
        return F.conv2d(torch.zeros(batch, c_in, *size), weight, None, *rest)

    first = we_say(lambda: shapes.conv_channel_first((batch, c_in, *size), 4, *window))
    last = we_say(lambda: shapes.conv_channel_last((batch, *size, c_in), 4, *window))
    assert first == torch_says(convolve)
    assert last == (first and (first[0], first[2], first[3], first[1]))


@settings(max_examples=3000, **FAST)
@given(POOLED | AXIS, st.booleans())
@example((6, 2, 5, 0, 1), True)  # the second window hangs over
@example((4, 2, 4, 1, 1), True)  # …but this one would start in the right padding
@example((3, 5, 3, 0, 1), True)  # a window longer than the row, allowed by ceil mode
def test_pool_is_torchs_shape_or_refusal(axis, ceil_mode):
    size, *window = axis
    image = torch.zeros(1, 1, max(size, 0), max(size, 0))
    ours = we_say(lambda: shapes.pool_output(size, *window, ceil_mode))
    theirs = torch_says(lambda: F.max_pool2d(image, *window, ceil_mode))
    assert theirs == (ours and (1, 1, ours, ours))


@pytest.mark.parametrize("kernel", [2, 3])
def test_the_stride_of_a_pool_is_its_kernel_unless_given(kernel):
    assert shapes.pool_output(48, kernel) == F.max_pool1d(torch.zeros(1, 1, 48), kernel).shape[-1]


WINDOW = st.tuples(
    st.integers(1, 5), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3)
)  # kernel, stride, padding, dilation


@settings(max_examples=300, **FAST)
@given(st.integers(1, 9), WINDOW)
def test_inverse_lists_every_size_and_no_other(output, window):
    inputs = [
        size
        for size in range(1, 80)
        if we_say(lambda size=size: shapes.conv_output(size, *window)) == output
    ]
    assert list(shapes.conv_inputs(output, *window)) == inputs


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (4, 1), (4, 3), (5, 2)])
def test_same_padding_is_torchs_at_stride_1(kernel, dilation):
    row, weight = torch.rand(1, 1, 9), torch.rand(1, 1, kernel)
    padding = shapes.same_padding(kernel, dilation)
    ours = F.conv1d(F.pad(row, padding), weight, dilation=dilation)
    assert torch.equal(ours, F.conv1d(row, weight, padding="same", dilation=dilation))


@settings(max_examples=200, **FAST)
@given(st.integers(1, 14), WINDOW)
def test_unreached_pixels_are_those_without_a_gradient(size, window):
    kernel, stride, padding, dilation = window
    row = torch.ones(1, 1, size + 2 * padding, requires_grad=True)
    if row.shape[-1] < shapes.span(kernel, dilation):
        return
    F.conv1d(row, torch.ones(1, 1, kernel), None, stride, 0, dilation).sum().backward()
    without = torch.nonzero(row.grad[0, 0] == 0)[:, 0].tolist()
    assert shapes.unreached(size, *window) == without


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3", None, np.float64(2), np.bool_(True)])
@pytest.mark.parametrize("name", ["size", "kernel", "stride", "dilation"])
def test_a_value_below_one_or_no_integer_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name} = .*; allowed is an integer of at least 1"):
        shapes.conv_output(**{"size": 9, "kernel": 3} | {name: value})


@pytest.mark.parametrize("value", [-1, 0.5, False])
def test_padding_may_be_nothing_but_not_less(value):
    with pytest.raises(ValueError, match=r"padding = .*; allowed is an integer of at least 0"):
        shapes.conv_output(9, 3, padding=value)


def test_a_refusal_says_what_would_do():
    with pytest.raises(ValueError, match=r"size = 4 with padding 1 .* of 9; .* at least 7"):
        shapes.conv_output(4, 5, padding=1, dilation=2)
    assert shapes.conv_output(7, 5, padding=1, dilation=2) == 1
    with pytest.raises(ValueError, match=r"size = 1 with padding 0 .* of 4; .* at least 3"):
        shapes.pool_output(1, 4, 2, ceil_mode=True)
    assert shapes.pool_output(3, 4, 2, ceil_mode=True) == 1
    with pytest.raises(ValueError, match=r"padding = 2; .* at most 1, half the kernel 3"):
        shapes.pool_output(9, 3, padding=2)


@pytest.mark.parametrize("pair", [(3,), (3, 3, 3), ()])
def test_a_pair_has_two(pair):
    with pytest.raises(ValueError, match=r"kernel = \(.*\); allowed is an integer or a pair"):
        shapes.conv_channel_last((1, 9, 9, 1), 4, pair)


@pytest.mark.parametrize("shape", [(1, 9, 9), (1, 1, 9, 9, 9), 9])
def test_a_shape_has_four(shape):
    with pytest.raises(ValueError, match=r"shape = .*; allowed are the four of \(batch, channels"):
        shapes.conv_channel_first(shape, 4, 3)


def test_numpys_integers_are_integers():
    assert shapes.conv_output(np.int64(48), np.int32(5), padding=np.uint8(2)) == 48


STACKS = {
    "one convolution": [(3, 1, 1)],
    "strides and gaps": [(3, 2, 0), (5, 3, 2), (2, 2, 0)],
    "dilation": [(3, 1, 2, 2), (3, 2, 4, 4)],
    "stride over kernel": [(2, 3, 0), (1, 2, 0)],
}


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_receptive_field_is_where_the_gradient_reaches(layers):
    size, count, field = 61, 61, receptive_fields(layers)[-1]
    for layer in layers:
        count = shapes.conv_output(count, *layer)
    for unit in range(count):
        row = torch.ones(1, 1, size, requires_grad=True)
        units = row
        for kernel, stride, padding, dilation in itertools.starmap(Layer, layers):
            units = F.conv1d(units, torch.ones(1, 1, kernel), None, stride, padding, dilation)
        units[0, 0, unit].backward()
        reached = torch.nonzero(row.grad[0, 0])[:, 0]
        visible = [pixel for pixel in field.window(unit) if pixel in range(size)]
        assert (visible[0], visible[-1]) == (reached[0], reached[-1])
    assert units.shape[-1] == count


@pytest.mark.parametrize(
    ("network", "field"),
    [(DeepCNN, ReceptiveField(56, 8, -24)), (ShallowCNN, ReceptiveField(22, 8, -7))],
)
def test_layers_of_a_network(network, field):
    layers = layers_of(network().features)
    assert receptive_fields(layers)[-1] == field
