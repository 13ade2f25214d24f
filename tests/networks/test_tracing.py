import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.errors import UserError
from fer_lib.networks.models import DeepCNN, build
from fer_lib.networks.receptive_fields import layers_of, receptive_fields
from fer_lib.networks.tracing import extents, last_convolution, last_map, trace, visible


class Branched(nn.Module):
    """Two ways of one map, joined; a layer called twice; a weight of its own; functions between."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, stride=4)  # (4, 12, 12)
        self.left, self.right = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding="same")
        self.act = nn.ReLU(inplace=True)
        self.drop = nn.Dropout()
        self.scale = nn.Parameter(torch.ones(8, 2))
        self.fc = nn.Linear(2, 7)

    def forward(self, x):
        x = self.act(self.stem(x))
        x = torch.cat([self.left(x), self.drop(self.act(self.right(x)))], 1)
        x = F.max_pool2d(x, 2).mean((2, 3))  # (N, 8)
        return self.fc(x @ self.scale)


@pytest.fixture
def calls():
    return trace(Branched())


def test_each_layer_is_told_what_it_takes(calls):
    rows = [(call.name, call.takes) for call in calls if call.is_layer]
    assert rows == [
        ("stem", ("input",)),
        ("act", ("stem",)),
        ("left", ("act",)),
        ("right", ("act",)),
        ("act", ("right",)),
        ("drop", ("act",)),
        ("fc", ("left", "drop")),
        ("", ("input",)),  # what the whole computes beside its layers: x @ scale
    ]
    assert [c.direct for c in calls] == [True, True, True, False, True, True, False, True]


def test_what_is_counted_adds_up(calls):
    model = Branched()
    assert sum(c.parameters for c in calls) == sum(p.numel() for p in model.parameters())
    work = {c.name: c.multiply_adds for c in calls}
    places = 12 * 12
    assert work["stem"] == places * 4 * 9
    assert work["right"] == places * 4 * 4 * 9
    assert (work["fc"], work[""]) == (14, 16)


@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_visible_is_what_the_formula_says(axis):
    model = DeepCNN()
    fields = receptive_fields(layers_of(model.features, axis))
    passed = [m for m in model.features if hasattr(m, "kernel_size")]
    measured = {c.name: v for c, v in zip(trace(model), visible(model, axis=axis), strict=True)}
    names = {m: name for name, m in model.named_modules()}
    for layer, field in zip(passed, fields, strict=True):
        seen = measured[names[layer]]
        windows = [field.window(unit) for unit in range(len(seen))]
        firsts, sizes = extents(seen)
        assert firsts.tolist() == [max(w.start, 0) for w in windows]
        assert sizes.tolist() == [min(w.stop, 48) - max(w.start, 0) for w in windows]


def test_the_last_convolution_and_its_map(calls):
    assert calls[last_convolution(calls)].name == "right"
    assert calls[last_convolution(calls, "stem")].name == "stem"
    assert last_map(calls).name == "drop"
    residual = trace(build("residual"))
    assert residual[last_convolution(residual)].name == "features.13.body.3"
    assert last_map(residual).name == "features"  # after the sum, at the end of all blocks
    with pytest.raises(UserError, match="no convolution 'fc'; there are stem, left, right"):
        last_convolution(calls, "fc")
    with pytest.raises(UserError, match="no layer 'fc' with a map; there are stem, act, left"):
        last_map(calls, "fc")
    with pytest.raises(UserError, match=r"Flatten has no convolution .nn\.Conv2d"):
        last_convolution(trace(nn.Flatten()))


class Shortcut(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.skip, self.fc = nn.Conv2d(1, 4, 1), nn.Linear(4, 7)

    def forward(self, x):
        return self.fc((self.two(self.one(x)) + self.skip(x)).mean((2, 3)))


def test_a_shortcut_that_is_called_later_is_not_the_last():
    calls = trace(Shortcut())
    assert calls[last_convolution(calls)].name == "two"
    assert last_map(calls).name == "two"


def test_a_convolution_of_one_place_is_no_map():
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 7, 1), nn.Flatten()
    )
    assert trace(model)[last_convolution(trace(model))].name == "0"


def test_outputs_in_a_dictionary_or_a_tuple_are_followed():
    class Two(nn.Module):
        def forward(self, x):
            return {"map": x * 2}, x

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.two, self.fc = Two(), nn.Linear(48, 7)

        def forward(self, x):
            return self.fc(self.two(x)[0]["map"][:, 0, 0])

    assert [c.takes for c in trace(Outer())][:2] == [("input",), ("two",)]


def test_a_module_that_gives_no_tensor_or_what_no_operation_made_is_passed_over():
    class Size(nn.Module):
        def forward(self, x):
            return len(x)

    class Mask(nn.Module):
        def forward(self, x):
            return torch.ones(len(x), 4, 1, 1)

    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.size, self.conv, self.mask = Size(), nn.Conv2d(1, 4, 3), Mask()
            self.fc = nn.Linear(4, 7)

        def forward(self, x):
            return self.fc((self.conv(x) * self.mask(x)).sum((2, 3)) / self.size(x))

    calls = trace(Masked())
    assert [c.name for c in calls] == ["conv", "mask", "fc", ""]
    assert calls[2].takes == ("conv",)
    assert len(visible(Masked())) == len(calls)


def test_where_no_gradient_is_kept_the_same_is_found(calls):
    with torch.no_grad():
        assert [c.takes for c in trace(Branched())] == [c.takes for c in calls]
