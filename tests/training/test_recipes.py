import pytest

from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe
from fer_lib.training.recipes import NAMED, named


@pytest.mark.parametrize("name", NAMED)
def test_a_named_recipe_is_a_recipe_and_takes_choices(name):
    assert named(name) == Recipe(**NAMED[name])
    assert named(name, data="x.zip", epochs=1).epochs == 1


def test_a_name_that_is_not_there():
    with pytest.raises(UserError, match="no recipe 'good'; the recipes are faithful, best"):
        named("good")
