import dataclasses
import json

import pytest
import tyro

from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe, from_fields


@pytest.mark.parametrize(
    ("data", "model", "epochs"),
    [("embedded", "deep", 5), ("embedded", "shallow", 8), ("x.zip", "deep", 30)],
)
def test_epochs_by_data_and_model(data, model, epochs):
    assert Recipe(data, model).epochs == epochs
    assert Recipe(data, model, epochs=2).epochs == 2


def test_learning_rate_by_model():
    assert Recipe(model="deep").peak < Recipe(model="shallow").peak
    assert Recipe(model="deep", learning_rate=0.1).peak == 0.1


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"epochs": 0}, "epochs 0; allowed is 1 to"),
        ({"model": "wide"}, "no model 'wide'; allowed are deep, shallow"),
        ({"learning_rate": float("nan")}, "learning_rate nan"),
        ({"optimizer": "lion"}, "allowed are sgd, adamw"),
        ({"precision": "fp16"}, "allowed are auto, fp32, bf16"),
        ({"ema": 1.0}, "ema 1.0"),
        ({"batch_size": 1}, "batch_size 1"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_a_value_that_is_not_allowed(choice, told):
    with pytest.raises(UserError, match=told):
        Recipe(**choice)


def test_through_json_and_back():
    recipe = Recipe(model="shallow", epochs=3, erase=0.25)
    assert from_fields(json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


def test_json_of_another_version_is_refused():
    with pytest.raises(UserError, match="colour"):
        from_fields(dataclasses.asdict(Recipe()) | {"colour": True})


def test_the_command_line_takes_its_fields():
    arguments = ["--model", "shallow", "--learning-rate", "0.01", "--no-flip"]
    assert tyro.cli(Recipe, args=arguments) == Recipe(
        model="shallow", learning_rate=0.01, flip=False
    )
