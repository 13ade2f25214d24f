"""Recipes as files: `train --recipe NAME --data PATH`, or `--recipe mine.toml`.

Those with a name are for FER2013 and lie beside this file: every value with its reason, and on top
what the recipe gave. One of the user's has the same form: fields of `Recipe`, each where it differs
from the default.
"""

import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe

NAMES = ("faithful", "best", "fast", "compact", "record")


def named(name: str, **choices: Any) -> Recipe:
    """The recipe called `name`, or that of a .toml file, with `choices` in place of its values.

    Raises UserError for a name or a file that is not there, and for what the file has wrong.

    >>> named("fast", data="fer2013.zip", seed=2)
    >>> named("mine.toml")
    """
    if name not in NAMES and not name.endswith(".toml"):
        known = ", ".join(NAMES)
        raise UserError(f"no recipe {name!r}; the recipes are {known}, or give a .toml file")
    path = files(__name__) / f"{name}.toml" if name in NAMES else Path(name)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}; give a .toml file that is there") from error
    except ValueError as error:  # no TOML, or no text
        raise UserError(f"{name} is no TOML: {error}") from error
    allowed = [field.name for field in fields(Recipe)]
    if odd := sorted(values.keys() - set(allowed)):
        raise UserError(f"{name}: no field {odd[0]!r}; the fields are {', '.join(allowed)}")
    try:
        # what the caller chooses goes before what the file has
        return Recipe(**(values | choices))
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
