import pandas as pd
from torch import nn

from fer_lib.networks.models import DeepCNN, ShallowCNN, build
from fer_lib.questions.architecture import layers, totals
from fer_lib.words import architecture as words


def test_a_chain_is_called_one():
    text = words.architecture_answer("DeepCNN", table := layers(DeepCNN()))
    assert text.startswith("DeepCNN is a chain of 37 layers, each feeding the next: 9 convolutions")
    assert "**15,140,551 parameters**, 62 % of them in the first dense layer" in text
    assert words.connections(table) == "Each layer feeds the next and no other."
    assert "every convolution gives the same number" in words.memory_and_work(table, 64)


def test_branches_are_named():
    table = layers(build("residual"))
    assert "28 layers in branches: 8 convolutions" in words.architecture_answer("R", table)
    told = "but for these: `features.10` takes features.8 and features.9.body.5; `head.0` takes"
    assert told in words.connections(table)
    assert "every convolution" not in words.memory_and_work(table, 64)


def test_equal_outputs_are_put_down_to_pooling_only_where_there_is_some():
    def said(*chain):
        return words.memory_and_work(layers(nn.Sequential(*chain)), 64)

    two = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
    assert "Pooling" not in said(*two)
    assert "Pooling" not in said(two[0], nn.Conv2d(4, 16, 3, stride=2, padding=1))
    assert "Pooling" not in said(*two, nn.MaxPool2d(2))
    assert "Pooling" not in said(two[0], nn.MaxPool2d(3), nn.Conv2d(4, 36, 3, padding=1))
    assert "Pooling" in said(*two, nn.MaxPool2d(2), nn.Conv2d(4, 16, 3, padding=1))


def test_a_small_network_without_dense_layers():
    model = nn.Sequential(nn.Conv2d(1, 7, 48), nn.Flatten())
    text = words.architecture_answer("Net", layers(model))
    assert "2 layers, each feeding the next: 1 convolution (1 of 7×1×1). It has" in text
    assert "0.02 million multiply-adds, 100 % of them in the convolutions" in text


def test_a_network_stands_beside_the_others():
    tables = {"ShallowCNN": ShallowCNN(), "DeepCNN": DeepCNN()}
    both = pd.DataFrame({name: totals(layers(model)) for name, model in tables.items()})
    text = words.beside(both)
    assert text.startswith("ShallowCNN has 0.13 times the multiply-adds and 0.67 times the param")
    assert "depends on at most 18 × 18 of the face's 48 × 48 pixels" in text
    text = words.beside(both[["DeepCNN", "ShallowCNN"]])
    assert "4 of the 144 units" in text
    assert text.endswith("those at the corners see 28 × 28 pixels.")
