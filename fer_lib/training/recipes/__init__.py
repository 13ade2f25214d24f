"""Recipes with a name, for FER2013: `train --recipe NAME --data PATH`.

Each is a file beside this one: every value with its reason, and on top what the recipe gave.
"""

import tomllib
from importlib.resources import files
from typing import Any

from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe

NAMES = ("faithful", "best", "fast", "compact", "record")


def named(name: str, **choices: Any) -> Recipe:
    """The recipe called `name`, with `choices` (data, seed, …) in place of its own values.

    Raises UserError for a name that is not there.
    """
    if name not in NAMES:
        raise UserError(f"no recipe {name!r}; the recipes are {', '.join(NAMES)}")
    values = tomllib.loads((files(__name__) / f"{name}.toml").read_text(encoding="utf-8"))
    return Recipe(**(values | choices))
