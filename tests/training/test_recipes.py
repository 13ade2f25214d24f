import dataclasses
import json
import tomllib
from pathlib import Path

import pytest

from fer_lib.errors import UserError
from fer_lib.training import recipes
from fer_lib.training.recipe import Recipe
from fer_lib.training.recipes import NAMES, named


@pytest.mark.parametrize("name", NAMES)
def test_a_named_recipe_is_its_file_and_takes_choices(name):
    path = Path(recipes.__file__).with_name(f"{name}.toml")
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    recipe = json.loads(json.dumps(dataclasses.asdict(named(name))))
    assert recipe | values == recipe
    assert named(name, data="x.zip", epochs=1) == dataclasses.replace(
        named(name), data="x.zip", epochs=1
    )


def test_every_file_has_its_name():
    assert {p.stem for p in Path(recipes.__file__).parent.glob("*.toml")} == set(NAMES)


def test_the_original_s_network_is_in_faithful_and_best():
    assert {named(name).model for name in ("faithful", "best")} == {Recipe().model} == {"deep"}


def test_a_name_that_is_not_there():
    with pytest.raises(UserError, match="no recipe 'good'; the recipes are faithful, best"):
        named("good")
