"""A data set's name or path → its faces; a recipe → its finished run."""

from pathlib import Path

from fer_lib.data.cache import read_cached
from fer_lib.data.faceset import EMBEDDED, FaceSet
from fer_lib.drawn.faces import embedded
from fer_lib.errors import UserError
from fer_lib.training.acceleration.engine import accelerated
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run, fit


def load_faces(data: str, votes: str | Path | None = None) -> FaceSet:
    """The faces called `data`: "embedded", or the path of a FER2013 in any of its formats.

    `votes` is the path of FER+'s fer2013new.csv, if it does not lie beside the faces.
    Raises UserError, with the file, the row or the member, for what cannot be read.
    """
    if not data.strip():
        raise UserError(
            "the data's path is empty; give FER2013's csv, zip or folder, or 'embedded'"
        )
    if data == EMBEDDED:
        if votes:
            raise UserError("people voted on FER2013's faces, not on drawn ones; give --data too")
        return embedded()
    try:
        path = Path(data).expanduser()
    except RuntimeError as error:  # ~nobody, a user who is not there
        raise UserError(f"{data}: {error} Give the whole path.") from error
    return read_cached(path, Path(votes).expanduser() if votes else None)


def training_faces(data: str, votes: str | Path | None = None) -> FaceSet:
    """`load_faces`; raises UserError where a split that training needs would be empty."""
    faces = load_faces(data, votes)
    if not len(faces.train):
        read = "; ".join(faces.notes)
        raise UserError(f"{data}: no face to train on, so it can only be evaluated ({read})")
    if not len(faces.validation):
        raise UserError(f"{data}: no class has two faces, so none can be set aside for validation")
    return faces


def fitted_faces(run: Run, votes: str | Path | None = None) -> FaceSet:
    """The faces that a run was fitted on; raises UserError when they have changed or are gone."""
    return run.verify(load_faces(run.recipe.data, votes))


def load_or_train(recipe: Recipe, runs: str | Path = "runs") -> Run:
    """The run of a recipe under `runs`: loaded if it is there, gone on with if it was broken off.

    Raises UserError for data that cannot be read and for a loss that is no longer a number.
    """
    faces = training_faces(recipe.data)
    with accelerated() as hooks:
        return fit(recipe, faces, runs, hooks)
