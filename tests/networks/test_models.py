"""The two networks, to the letter of the design."""

import pytest
import torch
from torch import nn

from fer_lib.errors import UserError
from fer_lib.networks.models import NETWORKS, DeepCNN, GlobalAverage, Residual, ShallowCNN, build

HEAD = ["Flatten", "Linear 18432 512", "ReLU", "BatchNorm1d 512", "Linear 512 7"]
POOL, DROP = "MaxPool2d 2", "Dropout 0.1"


def unit(c_in, c_out, kernel, padding):
    """A convolution and what follows it."""
    conv = f"Conv2d {c_in} {c_out} {kernel}x{kernel} padding {padding}"
    return [conv, "LeakyReLU 0.05", f"BatchNorm2d {c_out}"]


def deep(third_block=3):
    return [
        *unit(1, 32, 5, 2),
        *unit(32, 32, 5, 2) * 2,
        *[POOL, DROP],
        *unit(32, 128, 3, 1),
        *unit(128, 128, 3, 1) * 2,
        *[POOL, DROP],
        *unit(128, 512, 3, 1),
        *unit(512, 512, 3, 1) * (third_block - 1),
        POOL,
        *HEAD,
    ]


SHALLOW = [
    *[*unit(1, 64, 3, 1), POOL],
    *[*unit(64, 128, 3, 1), POOL],
    *[*unit(128, 512, 3, 1), POOL],
    *HEAD,
]


def spelled(layer):
    """A layer in the design's words."""
    match layer:
        case nn.Conv2d(stride=(1, 1), dilation=(1, 1), groups=1, bias=nn.Parameter()):
            kernel = "x".join(map(str, layer.kernel_size))
            assert layer.padding[0] == layer.padding[1]
            return (
                f"Conv2d {layer.in_channels} {layer.out_channels} {kernel} "
                f"padding {layer.padding[0]}"
            )
        case nn.LeakyReLU():
            return f"LeakyReLU {layer.negative_slope}"
        case nn.BatchNorm2d(affine=True) | nn.BatchNorm1d(affine=True):
            return f"{type(layer).__name__} {layer.num_features}"
        case nn.MaxPool2d(stride=stride, padding=0) if stride == layer.kernel_size:
            return f"MaxPool2d {layer.kernel_size}"
        case nn.Dropout():
            return f"Dropout {layer.p}"
        case nn.Linear(bias=nn.Parameter()):
            return f"Linear {layer.in_features} {layer.out_features}"
        case nn.ReLU() | nn.Flatten():
            return type(layer).__name__
    raise AssertionError(layer)


NETS = {
    "deep": (DeepCNN, deep(), 15_140_551),
    "deep, two in the third block": (lambda: DeepCNN(third_block=2), deep(2), 12_779_719),
    "shallow": (ShallowCNN, SHALLOW, 10_108_551),
}


@pytest.mark.parametrize(("network", "layers", "parameters"), NETS.values(), ids=NETS)
def test_layers_in_order_and_parameters(network, layers, parameters):
    model = network()
    assert [spelled(layer) for layer in (*model.features, *model.head)] == layers
    assert sum(p.numel() for p in model.parameters()) == parameters


SHAPES = {
    DeepCNN: [(32, 48, 48)] * 3 + [(128, 24, 24)] * 3 + [(512, 12, 12)] * 3,
    ShallowCNN: [(64, 48, 48), (128, 24, 24), (512, 12, 12)],
}


@pytest.mark.parametrize("network", SHAPES)
def test_shapes_after_each_convolution_and_pool(network):
    model, x = network().eval(), torch.zeros(2, 1, 48, 48)
    convolved, pooled = [], []
    with torch.no_grad():
        for layer in model.features:
            x = layer(x)
            if isinstance(layer, nn.Conv2d):
                convolved.append(tuple(x.shape[1:]))
            if isinstance(layer, nn.MaxPool2d):
                pooled.append(tuple(x.shape[1:]))
        assert model.head(x).shape == (2, 7)
    assert convolved == SHAPES[network]
    assert pooled == [(SHAPES[network][0][0], 24, 24), (128, 12, 12), (512, 6, 6)]


@pytest.mark.parametrize("side", [32, 40, 48])
@pytest.mark.parametrize(
    ("name", "channels", "pitch", "parameters"),
    [
        ("residual", 256, 8, 1_866_215),
        ("wide", 512, 8, 7_825_095),
        ("coarse", 256, 12, 1_850_567),
    ],
)
def test_residual_networks_take_faces_of_any_size(name, channels, pitch, parameters, side):
    model, x = build(name).eval(), torch.randn(2, 1, side, side)
    places = -(-side // pitch)
    with torch.no_grad():
        assert model.features(x).shape == (2, channels, places, places)
        assert model(x).shape == (2, 7)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_a_residual_block_that_says_nothing_is_the_identity():
    block, x = Residual(8).eval(), torch.randn(2, 8, 6, 6)
    last = block.body[-2]
    nn.init.zeros_(last.weight)
    with torch.no_grad():
        assert torch.equal(block(x), x)


def test_the_global_average_and_its_gradient_in_the_map_s_own_layout():
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
    pooled = GlobalAverage()(x)
    torch.testing.assert_close(pooled, x.mean((2, 3), keepdim=True))
    (gradient,) = torch.autograd.grad(pooled.sum(), x)
    torch.testing.assert_close(gradient, torch.full_like(x, 1 / 20))
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_forward_is_features_then_head():
    model, x = build("shallow").eval(), torch.randn(3, 1, 48, 48)
    with torch.no_grad():
        assert torch.equal(model(x), model.head(model.features(x)))


def test_build_knows_its_names_and_says_them():
    assert (type(build("deep")), type(build("shallow"))) == (DeepCNN, ShallowCNN)
    with pytest.raises(UserError, match="no model 'dep'; the models are deep, shallow"):
        build("dep")


def test_the_seed_decides_the_weights():
    torch.manual_seed(3)
    first = build("shallow").state_dict()
    torch.manual_seed(3)
    second = build("shallow").state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_network_has_an_output_a_class(name):
    seven, three = (build(name, *classes).eval() for classes in ((), (3,)))
    x = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        assert (seven(x).shape, three(x).shape) == ((2, 7), (2, 3))
    odd = [a.shape != b.shape for a, b in zip(seven.parameters(), three.parameters(), strict=True)]
    assert odd == [False] * (len(odd) - 2) + [True, True]
