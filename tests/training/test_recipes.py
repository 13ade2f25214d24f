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
    assert named(name, data="x.zip", epochs=2) == dataclasses.replace(
        named(name), data="x.zip", epochs=2
    )


def test_every_file_has_its_name():
    assert {p.stem for p in Path(recipes.__file__).parent.glob("*.toml")} == set(NAMES)


def test_the_original_s_network_is_in_faithful_and_best():
    assert {named(name).model for name in ("faithful", "best")} == {Recipe().model} == {"deep"}


def test_a_name_that_is_not_there():
    with pytest.raises(UserError, match="no recipe 'good'; the recipes are faithful, best"):
        named("good")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"gone\.toml: No such file or directory; give a \.toml"):
        named(str(tmp_path / "gone.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UserError, match="Is a directory"):
        named(str(tmp_path / "folder.toml"))


def test_a_file_of_the_user_s_is_a_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("model = 'shallow'\nclip = 2  # a whole number is a number\nflip = false\n")
    assert named(str(path), seed=3) == Recipe(model="shallow", clip=2, flip=False, seed=3)


def test_the_book_s_example_is_a_recipe(tmp_path):
    text = (Path(__file__).parents[2] / "book" / "reproduce.md").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.split("```toml")[1].split("```")[0])
    assert named(str(path)).epochs == 60


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("epoch = 3", "no field 'epoch'; the fields are data, model, epochs"),
        ("[train]\nepochs = 3", "no field 'train'"),
        ("epochs = 2.5", "epochs 2.5; allowed is a whole number"),
        ("epochs = true", "epochs True; allowed is a whole number"),
        ("shift = '3'", "shift '3'; allowed is a number"),
        ("shift = 30", "shift 30; allowed is 0 to 24"),
        ("flip = 1", "flip 1; allowed is true or false"),
        ("image_sizes = 48", "image_sizes 48; allowed is a list of whole numbers"),
        ("model = 3", "model 3; allowed is text"),
        ("optimizer = 'lion'", "optimizer 'lion'; allowed are sgd, adamw, muon"),
        ("epochs =", "is no TOML: Invalid value"),
        ("# \udce9", "is no TOML: 'utf-8' codec"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_it(tmp_path, line, told):
    path = tmp_path / "mine.toml"
    path.write_bytes(line.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=f"^{path}:? {told}"):
        named(str(path))
