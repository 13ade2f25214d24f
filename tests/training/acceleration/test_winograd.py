import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.networks.models import build
from fer_lib.training.acceleration import winograd
from fer_lib.training.acceleration.engine import Accelerated


def layer(c_in=64, c_out=128, **choices):
    """A convolution in training that has adopted the other way, and its plain twin."""
    torch.manual_seed(0)
    plain = nn.Conv2d(c_in, c_out, **({"kernel_size": 3, "padding": 1} | choices))
    plain.to(memory_format=torch.channels_last)
    quick = copy.deepcopy(plain)
    winograd.use_winograd(quick)
    return plain, quick


def told(convolution, x, pull):
    """The layer's output and the gradients of input, weight and bias."""
    x = x.clone().requires_grad_()
    y = convolution(x)
    return [y.detach(), *torch.autograd.grad((y * pull).sum(), [x, *convolution.parameters()])]


def apart(a, b):
    """The relative distance of two tensors."""
    return float((a - b).norm() / b.norm())


@pytest.fixture
def counted(monkeypatch):
    """How often the quick way was taken."""
    calls = []
    apply = winograd._Winograd.apply
    monkeypatch.setattr(
        winograd._Winograd, "apply", lambda *given: calls.append(given[3]) or apply(*given)
    )
    return calls


@pytest.mark.parametrize(
    ("height", "width", "m"),
    [(12, 12, 4), (24, 24, 4), (4, 4, 4), (6, 6, 3), (16, 24, 4), (9, 9, 3)],
)
@pytest.mark.parametrize("bias", [True, False])
def test_it_gives_what_a_convolution_gives(counted, height, width, m, bias):
    plain, quick = layer(bias=bias)
    x = torch.randn(3, 64, height, width).to(memory_format=torch.channels_last)
    pull = torch.randn(3, 128, height, width)
    for ours, theirs in zip(told(quick, x, pull), told(plain, x, pull), strict=True):
        assert ours.shape == theirs.shape
        assert apart(ours, theirs) < 2e-5
    assert counted == [m]


def test_the_same_input_gives_the_same_bits():
    _, quick = layer()
    x, pull = torch.randn(40, 64, 12, 12), torch.randn(40, 128, 12, 12)
    for first, second in zip(told(quick, x, pull), told(quick, x, pull), strict=True):
        assert torch.equal(first, second)


def test_a_batch_gives_what_its_faces_give(monkeypatch):
    """It is taken in parts, whose number is not a multiple of the batch."""
    plain, quick = layer()
    monkeypatch.setattr(winograd, "TILES_AT_ONCE", 20)  # two faces of nine tiles
    x, pull = torch.randn(5, 64, 12, 12), torch.randn(5, 128, 12, 12)
    for ours, theirs in zip(told(quick, x, pull), told(plain, x, pull), strict=True):
        assert apart(ours, theirs) < 2e-5


def test_activations_and_gradients_stay_channels_last():
    """Else batch norm's way back took twelve times as long."""
    _, quick = layer()
    x = torch.randn(2, 64, 12, 12).to(memory_format=torch.channels_last).requires_grad_()
    y = quick(x)
    y.sum().backward()
    for tensor in (y, x.grad):
        assert tensor.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("m", winograd.TILES)
@pytest.mark.parametrize("side", [1, 2, 5, 7, 10, 13])
def test_each_tile_is_right_where_tiles_reach_beyond_the_edge(m, side):
    x, weight = torch.randn(2, 3, side, side + 1), torch.randn(4, 3, 3, 3)
    ours = winograd._Winograd.apply(x, weight, None, m)
    assert apart(ours, F.conv2d(x, weight, padding=1)) < 1e-5


@pytest.mark.parametrize("m", winograd.TILES)
def test_its_gradients_are_those_of_what_it_computes(m):
    x = torch.randn(1, 2, 5, 4, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(2, dtype=torch.float64, requires_grad=True)
    given = x, weight, bias
    assert torch.autograd.gradcheck(lambda *given: winograd._Winograd.apply(*given, m), given)


@pytest.mark.parametrize("side", [5, 10])
def test_sides_that_save_little_take_the_plain_way(counted, side):
    plain, quick = layer()
    x = torch.randn(2, 64, side, side)
    assert torch.equal(quick(x), plain(x))
    assert not counted


def test_in_eval_mode_and_in_bf16_it_is_torch_s_own(counted):
    plain, quick = layer()
    x = torch.randn(2, 64, 12, 12)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(quick(x), plain(x))
    assert torch.equal(quick.eval()(x), plain.eval()(x))
    assert not counted


@pytest.mark.parametrize(
    "choices",
    [
        {"kernel_size": 5, "padding": 2},
        {"stride": 2},
        {"padding": 0},
        {"dilation": 2},
        {"groups": 2},
        {"padding_mode": "reflect"},
        {"c_in": 64, "c_out": 64},  # too few channels
        {"c_in": 32, "c_out": 128},
    ],
)
def test_other_convolutions_stay_as_they_are(choices):
    _, quick = layer(**choices)
    assert type(quick) is nn.Conv2d


def test_a_network_in_the_usual_layout_stays_in_it():
    plain = nn.Conv2d(64, 128, 3, padding=1)
    winograd.use_winograd(plain)
    assert type(plain) is nn.Conv2d


@pytest.mark.parametrize(
    ("model", "layers"), [("deep", 5), ("shallow", 2), ("residual", 4), ("wide", 6), ("coarse", 4)]
)
def test_a_network_to_be_trained_has_it_where_it_pays(model, layers):
    network = Accelerated(0, 1, torch.device("cpu")).prepare(build(model))
    assert sum(isinstance(m, winograd.WinogradConv2d) for m in network.modules()) == layers
    assert network.state_dict().keys() == build(model).state_dict().keys()
