"""fer_lib: train two facial-expression CNNs and look into them.

>>> import fer_lib as fer
>>> recipe = fer.Recipe(model="shallow")  # every choice of a run, with its reason
>>> run = fer.load_or_train(recipe)  # loaded if it is on disk, else trained now
>>> faces = fer.load_faces(recipe.data)  # (N, 48, 48) uint8 in train, validation and test
>>> run.predict(faces.validation.images)  # (N, 7) probabilities

The map of the house; each imports only from those above it in this list:

errors      what a user is told when something is wrong; say, for lines on the way
formatting  numbers as the prose says them
files       files that are written whole or not at all
data        a FaceSet and the readers of FER2013 in every form that people hold
drawn       the faces that the library draws itself, from action units
networks    the two networks, and the integers of their shapes
training    recipe, augmentation, the loop, a run on disk; acceleration/ makes it fast
loading     a name or a path becomes faces, a recipe its finished run
store       stored results of longer runs
questions   the six answers: numbers only, a module a page
studies     further studies, which test the answers
plots       draws: numbers in, matplotlib figures out
words       the sentences of the pages that have to choose their words
report      executes the pages and renders the book
sphinx_ext  what Sphinx needs for it
commands    fer-lib's commands, which __main__ tells apart
"""

from importlib import import_module
from typing import Any

# A name is imported when it is first used: torch and pandas take seconds to load.
_HOMES = {
    "Recipe": "fer_lib.training.recipe",
    "load_faces": "fer_lib.loading",
    "load_or_train": "fer_lib.loading",
    "load": "fer_lib.training.run",
    "EXPRESSIONS": "fer_lib.data.faceset",
    "DeepCNN": "fer_lib.networks.models",
    "ShallowCNN": "fer_lib.networks.models",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fer_lib' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
