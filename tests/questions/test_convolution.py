"""The classic table, and the check that the page shows."""

import torch
from torch import nn

from fer_lib.networks.models import DeepCNN
from fer_lib.networks.shapes import conv_output
from fer_lib.questions import convolution


def test_classics_are_what_torch_gives():
    for row in convolution.classics().itertuples():
        layer = nn.Conv2d(1, 1, row.k, row.s, row.p)
        assert layer(torch.zeros(1, 1, row.W, row.W)).shape[-1] == row.n


def test_the_networks_rows_are_the_network():
    rows = [setting for name, setting in convolution.CLASSICS.items() if "DeepCNN" in name]
    size, actual = 48, []
    for layer in DeepCNN().features:
        if isinstance(layer, nn.Conv2d):
            actual.append((size, layer.kernel_size[0], layer.stride[0], layer.padding[0]))
        if isinstance(layer, nn.MaxPool2d):
            size //= 2
    assert rows == list(dict.fromkeys(actual))


def test_the_proof_finds_no_difference_over_thousands_of_settings():
    table = convolution.agreement().set_index("operator")
    assert list(table.index) == ["Conv2d", "MaxPool2d"]
    assert (table["settings"] >= 2000).all()
    assert (table["same shape"] > 2000).all()
    assert (table["same shape"] + table["both refuse"] == table["settings"]).all()
    assert not table[["differ", "smallest size differs"]].to_numpy().any()


def test_the_proof_would_find_a_formula_that_forgets_the_dilation(monkeypatch):
    monkeypatch.setattr(convolution, "conv_output", lambda *window: conv_output(*window[:4]))
    monkeypatch.setattr(convolution, "WINDOWS", [(3, 1, 0, 1), (3, 1, 0, 2)])
    conv, pool = convolution.agreement().to_dict("records")
    fits = len(convolution.SIZES) - 2  # sizes of at least the kernel
    assert (conv["both refuse"], conv["same shape"], conv["differ"]) == (4, fits, fits)
    assert (conv["smallest size differs"], pool["differ"]) == (1, 0)
