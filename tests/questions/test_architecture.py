from math import prod

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fer_lib.networks.models import DeepCNN, ShallowCNN, build
from fer_lib.questions import architecture


@st.composite
def random_networks(draw):
    """Networks of the same kinds of layers, with settings drawn."""
    # 17 pixels, halved four times and rounded up, still leave the two that the pooling needs
    size, channels, modules = draw(st.integers(17, 30)), 1, []
    for _ in range(draw(st.integers(1, 4))):
        kernel, c_out = draw(st.sampled_from([1, 3, 5])), draw(st.sampled_from([2, 4, 6]))
        groups = draw(st.sampled_from([g for g in (1, 2) if channels % g == 0]))
        modules += [
            nn.Conv2d(channels, c_out, kernel, draw(st.integers(1, 2)), kernel // 2, groups=groups),
            nn.LeakyReLU(0.05),
            nn.BatchNorm2d(c_out),
        ]
        channels = c_out
    modules += [nn.MaxPool2d(draw(st.integers(1, 2)), ceil_mode=False), nn.Dropout(0.1)]
    features = nn.Sequential(*modules)
    with torch.no_grad():
        shape = features.eval()(torch.zeros(1, 1, size, size)).shape
    head = [nn.Flatten(), nn.Linear(prod(shape), 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 7)]
    return nn.Sequential(features, nn.Sequential(*head)), size


@settings(max_examples=15, deadline=None)
@given(random_networks())
def test_multiply_adds_are_a_row_of_weights_an_output(network):
    model, size = network
    table = architecture.layers(model, (1, size, size))
    weights = {name: m.weight for name, m in model.named_modules() if hasattr(m, "weight")}
    for row in table[table["layer"].isin(["Conv2d", "Linear"])].itertuples():
        # an output sums over one row of weights
        assert row.multiply_adds == weights[row.name][0].numel() * prod(row.shape)
    assert table["parameters"].sum() == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("name", "parameters", "layers"), [("deep", 15_140_551, 37), ("shallow", 10_108_551, 17)]
)
def test_the_two_networks(name, parameters, layers):
    model = build(name)
    table = architecture.layers(model)
    assert len(table) == layers
    assert table["parameters"].sum() == parameters
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, 1, 48, 48))
    assert 2 * table["multiply_adds"].sum() == counter.get_total_flops()


def test_sees_is_the_reach_of_one_outputs_gradient():
    model = ShallowCNN()
    table = architecture.layers(model).set_index("name")
    last = next(i for i in reversed(range(12)) if isinstance(model.features[i], nn.Conv2d))
    for layer in model.features:
        if isinstance(layer, nn.MaxPool2d):  # a maximum passes one gradient; a mean passes all
            layer.forward = lambda x: nn.functional.avg_pool2d(x, 2)
    for unit, column in ((6, "sees"), (0, "sees_least")):
        x = torch.randn(1, 1, 48, 48, requires_grad=True)
        model.eval().features[: last + 1](x)[0, 0, unit, unit].backward()
        rows = x.grad[0, 0].abs().sum(1).nonzero()
        assert rows.max() - rows.min() + 1 == table.loc[f"features.{last}", column]
    assert table["sees"].iloc[-1] == 48


def test_at_the_border_deepcnns_last_convolution_misses_a_part_of_the_face():
    deep = architecture.totals(architecture.layers(DeepCNN()))
    # by hand: windows of 52 pixels, 4 apart, the first from -24 on
    windows = [range(max(0, 4 * unit - 24), min(48, 4 * unit + 28)) for unit in range(12)]
    sides = [len(window) for window in windows]
    assert sides[:7] == [28, 32, 36, 40, 44, 48, 48]
    assert (deep.sees_least, deep.sees) == (min(sides), max(sides))
    assert (deep.sees_all, deep.units) == (sides.count(48) ** 2, 144) == (4, 144)


def test_measuring_leaves_no_trace():
    model = DeepCNN()
    model.features[0].eval()  # a mode of its own must come back too
    modes = [m.training for m in model.modules()]
    state = {k: v.clone() for k, v in model.state_dict().items()}
    generator = torch.get_rng_state()
    architecture.layers(model)
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())


class Cropped(nn.MaxPool2d):
    def forward(self, x):
        return super().forward(x)[..., 1:]


def test_a_missed_prediction_stops_the_page():
    with pytest.raises(ValueError, match=r"0 .*\(1, 24, 24\) by the formula, \(1, 24, 23\)"):
        architecture.layers(nn.Sequential(Cropped(2), nn.Flatten(), nn.Linear(24 * 23, 7)))


def test_a_layer_without_a_formula_is_measured_alone():
    table = architecture.layers(nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU(), nn.Flatten()))
    assert table["predicted"].tolist() == [(2, 46, 46), None, (2 * 46 * 46,)]
    assert table["shape"].tolist() == [(2, 46, 46), (2, 46, 46), (2 * 46 * 46,)]


def test_a_branch_is_no_chain():
    assert architecture.is_chain(architecture.layers(DeepCNN()))
    assert not architecture.is_chain(architecture.layers(build("residual")))


def test_every_printed_row_is_ours_to_the_last_setting():
    table = architecture.beside_homework(architecture.layers(DeepCNN()))
    assert len(table) == 36
    assert table["same"].all()
    assert sum(shape == "512×12×12" for shape in table["homework_shape"]) == 9


def test_another_setting_or_another_layer_does_not_match():
    model = DeepCNN()
    model.features[1].negative_slope = 0.01
    table = architecture.beside_homework(architecture.layers(model))
    assert table.index[~table["same"]].tolist() == [2]
    two = architecture.beside_homework(architecture.layers(DeepCNN(third_block=2)))
    assert len(two) == 36
    assert two["same"].sum() < 36


def test_blocks_join_what_follows_a_convolution_and_lose_nothing():
    table = architecture.layers(DeepCNN())
    rows = architecture.blocks(table)
    assert rows["layer"].iloc[0] == "Conv2d → LeakyReLU → BatchNorm2d"
    assert rows["settings"].iloc[0] == "5×5, 1→32, stride 1, padding 2"
    assert rows["layer"].tolist()[-2:] == ["Linear → ReLU → BatchNorm1d", "Linear"]
    assert rows["parameters"].sum() == table["parameters"].sum()


def test_totals_are_what_was_counted():
    total = architecture.totals(architecture.layers(DeepCNN()))
    assert (total.layers, total.convolutions, total.parameters) == (37, 9, 15_140_551)
    assert total.dense_share == (18432 * 512 + 512) / 15_140_551
