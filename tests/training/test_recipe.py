import dataclasses
import json

import pytest
import tiny
import tyro

from fer_lib.drawn.faces import embedded
from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe, chosen, from_fields
from fer_lib.training.run import run_name


@pytest.mark.parametrize(
    ("data", "model", "epochs"),
    [("embedded", "deep", 5), ("embedded", "shallow", 8), ("x.zip", "deep", 30)],
)
def test_epochs_by_data_and_model(data, model, epochs):
    assert Recipe(data, model).total_epochs == epochs
    assert Recipe(data, model, epochs=2).total_epochs == 2


def test_learning_rate_by_model():
    assert Recipe(model="deep").peak_learning_rate < Recipe(model="shallow").peak_learning_rate
    assert Recipe(model="deep", learning_rate=0.1).peak_learning_rate == 0.1


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"epochs": 0}, "epochs 0; allowed is 1 to"),
        ({"model": "vgg"}, "no model 'vgg'; the models are deep, shallow, residual, wide, coarse"),
        ({"learning_rate": float("nan")}, "learning_rate nan"),
        ({"optimizer": "lion"}, "allowed are sgd, adamw, muon"),
        ({"precision": "fp16"}, "allowed are auto, fp32, bf16"),
        ({"ema": 1.0}, "ema 1.0"),
        ({"batch_size": 1}, "batch_size 1"),
        ({"seed": -1}, "seed -1"),
        (
            {"image_sizes": (32, 48)},
            "image_sizes .32, 48. for model deep.*--model residual or wide or coarse",
        ),
        (
            {"model": "residual", "image_sizes": (8,)},
            "image_sizes .8,.; give one or more, each 16, 24, … 192",
        ),
        ({"model": "residual", "image_sizes": (48, 47)}, "image_sizes .48, 47."),
        ({"model": "residual", "image_sizes": ()}, "image_sizes ..; give one or more"),
    ],
)
def test_a_value_that_is_not_allowed(choice, told):
    with pytest.raises(UserError, match=told):
        Recipe(**choice)


def test_faces_grow_in_equal_parts_of_the_epochs():
    recipe = Recipe(model="residual", epochs=7, image_sizes=(32, 40, 48))
    assert [recipe.image_size(epoch) for epoch in range(7)] == [32, 32, 32, 40, 40, 48, 48]
    with pytest.raises(UserError, match=r"2 image_sizes for 1 epoch, so that the last would not"):
        Recipe(model="residual", epochs=1, image_sizes=(32, 48))
    assert Recipe(epochs=2).image_size(1) == 48


def test_a_whole_number_is_the_same_recipe_as_with_a_point():
    mine = Recipe(clip=2, learning_rate=1)
    assert repr(mine) == repr(Recipe(clip=2.0, learning_rate=1.0))
    assert run_name(mine, tiny.faces()) == run_name(
        Recipe(clip=2.0, learning_rate=1.0), tiny.faces()
    )


@pytest.mark.parametrize(
    ("model", "name"),
    [("deep", "embedded-deep-5-44f802fcf4"), ("shallow", "embedded-shallow-8-977664a866")],
)
def test_the_names_of_the_book_s_runs_stay(model, name):
    assert run_name(Recipe(model=model), embedded()) == name


@pytest.mark.parametrize("change", [{"model": "shallow"}, {"data": "x.zip"}, {"epochs": 7}])
def test_a_changed_copy_is_what_a_new_one_would_be(change):
    assert dataclasses.replace(Recipe(), **change).resolved() == Recipe(**change).resolved()


def test_through_json_and_back():
    recipe = Recipe(model="residual", epochs=3, erase=0.25, image_sizes=(32, 48))
    assert from_fields(json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


def test_a_field_that_came_later_changes_no_older_run():
    plain, weighted = Recipe(), Recipe(class_weights=True)
    old = dataclasses.asdict(plain)
    for later in ("class_weights", "balanced_sampling", "teachers"):
        del old[later]
    assert chosen(plain) == old
    assert from_fields(old) == plain
    assert from_fields(chosen(weighted)) == weighted
    assert run_name(weighted, embedded()) != run_name(plain, embedded())


def test_json_of_another_version_is_refused():
    with pytest.raises(UserError, match="colour"):
        from_fields(dataclasses.asdict(Recipe()) | {"colour": True})


def test_the_command_line_takes_its_fields():
    arguments = ["--model", "shallow", "--learning-rate", "0.01", "--no-flip"]
    assert tyro.cli(Recipe, args=arguments) == Recipe(
        model="shallow", learning_rate=0.01, flip=False
    )


def test_rare_classes_are_favored_in_one_way():
    with pytest.raises(UserError, match="rare classes twice; give one of them"):
        Recipe(class_weights=True, balanced_sampling=True)
