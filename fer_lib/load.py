"""A data set's name or path → its faces; a recipe → its finished run."""

from pathlib import Path

from fer_lib.data.cache import read_cached
from fer_lib.data.faceset import FaceSet
from fer_lib.drawn.faces import embedded
from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run, fit


def load_faces(data: str) -> FaceSet:
    """The faces called `data`: "embedded", or the path of a FER2013 in any of its formats.

    Raises UserError, with the file, the row or the member, for what cannot be read.
    """
    if not data:
        raise UserError("an empty path; give FER2013's csv, zip or folder, or 'embedded'")
    return embedded() if data == "embedded" else read_cached(Path(data).expanduser())


def fitted_faces(run: Run) -> FaceSet:
    """The faces that a run was fitted on; raises UserError when they have changed or are gone."""
    return run.verify(load_faces(run.recipe.data))


def load_or_train(recipe: Recipe, runs: str | Path = "runs") -> Run:
    """The run of a recipe under `runs`: loaded if it is there, gone on with if it was broken off.

    Raises UserError for data that cannot be read and for a loss that is no longer a number.
    """
    return fit(recipe, load_faces(recipe.data), runs)
