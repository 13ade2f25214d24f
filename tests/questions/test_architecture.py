from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fer_lib.networks.models import DeepCNN, ShallowCNN, build
from fer_lib.questions import architecture
from fer_lib.questions.original_table import PRINTED, matched, readings


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
def test_multiply_adds_are_half_of_torchs_flops(network):
    model, size = network
    table = architecture.layers(model, (1, size, size))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, 1, size, size))
    assert 2 * table["multiply_adds"].sum() == counter.get_total_flops()
    assert table["parameters"].sum() == sum(p.numel() for p in model.parameters())
    assert (table["predicted"] == table["shape"]).all()


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
    x = torch.randn(1, 1, 48, 48, requires_grad=True)
    last = next(i for i in reversed(range(12)) if isinstance(model.features[i], nn.Conv2d))
    for layer in model.features:
        if isinstance(layer, nn.MaxPool2d):  # a maximum passes one gradient; a mean passes all
            layer.forward = lambda x: nn.functional.avg_pool2d(x, 2)
    model.eval().features[: last + 1](x)[0, 0, 6, 6].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero()
    assert rows.max() - rows.min() + 1 == table.loc[f"features.{last}", "sees"] == 18
    assert table["sees"].iloc[-1] == 48


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


def test_a_layer_without_a_formula_is_named():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU())
    with pytest.raises(ValueError, match="no formula for GELU"):
        architecture.layers(model)


def test_every_printed_row_has_ours():
    table = matched(architecture.layers(DeepCNN()))
    assert len(table) == len(PRINTED) == 37
    assert table["same"].all()
    assert sum(shape == "512×12×12" for shape in table["original_shape"]) == 9


def test_the_other_reading_does_not_match():
    table = readings()
    assert table["all rows match"].tolist() == ["no", "yes"]
    assert table["parameters"].tolist() == ["12,779,719", "15,140,551"]
    assert table["rows of 512×12×12"].tolist() == [6, 9]


def test_shown_ends_with_the_totals():
    table = architecture.layers(ShallowCNN())
    shown = architecture.shown(table)
    assert shown.loc["total", "parameters"] == "10,108,551"
    kib = [float(text.replace(",", "")) for text in shown["KiB a face"]]
    assert kib[0] == 64 * 48 * 48 * 4 / 1024
    assert kib[-1] == pytest.approx(table["memory"].sum() / 1024, abs=0.1)
    assert not np.any(shown.isna())


def test_words_name_what_was_counted():
    tables = {"DeepCNN": architecture.layers(DeepCNN())}
    text = architecture.answer(tables["DeepCNN"])
    assert "**15,140,551 parameters**" in text
    assert "9 convolutions (3 of 32×48×48, 3 of 128×24×24 and 3 of 512×12×12)" in text
    assert architecture.totals(tables).loc["convolutions", "DeepCNN"] == "9"
