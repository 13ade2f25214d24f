"""A data set's name or path → its faces; a recipe → its finished run."""

from dataclasses import replace
from pathlib import Path

from fer_lib.data.cache import read_cached
from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS, FaceSet
from fer_lib.data.set_name import expanded, named, parted
from fer_lib.drawn.faces import embedded
from fer_lib.errors import UserError
from fer_lib.formatting import listing
from fer_lib.training.acceleration.engine import accelerated
from fer_lib.training.fit import fit
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run


def load_faces(data: str, votes: str | Path | None = None) -> FaceSet:
    """The faces called `data`: "embedded", or the path of a set in any form that FER2013 has.

    Behind the path can stand the set's own classes, and those to be left out: "eyes.zip with
    classes open,closed", "affectnet.zip without contempt".
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
    path, listed, dropped = parted(data)
    faces = read_cached(expanded(path), dropped, expanded(votes) if votes else None, listed)
    return replace(faces, name=named(faces.name, [], dropped))


def training_faces(data: str, votes: str | Path | None = None) -> FaceSet:
    """`load_faces`; raises UserError where a split that training needs would be empty."""
    faces = load_faces(data, votes)
    if not len(faces.train):
        read = "; ".join(faces.notes)
        raise UserError(f"{data}: no face to train on, so it can only be evaluated ({read})")
    if not len(faces.validation):
        raise UserError(f"{data}: no class has two faces, so none can be set aside for validation")
    # of FER2013's some may be missing; of one's own it is a slip: a misspelt folder, a wrong list
    unseen = [name for name, n in zip(faces.classes, faces.train.counts, strict=True) if not n]
    if unseen and faces.classes != EXPRESSIONS:
        them = "them" if unseen[1:] else "it"
        drop = " ".join(f"--drop {name!r}" for name in unseen)
        raise UserError(f"{data}: no face of {listing(unseen)} to train on, among the classes "
                        f"{', '.join(faces.classes)}; mend the name, add faces, or leave {them} "
                        f"out by {drop}")  # fmt: skip
    return faces


def fitted_faces(run: Run, votes: str | Path | None = None) -> FaceSet:
    """The faces that a run was fitted on; raises UserError when they have changed or are gone."""
    return run.verify(load_faces(run.recipe.data, votes))


def load_or_train(recipe: Recipe, runs: str | Path = "runs") -> Run:
    """The run of a recipe under `runs`: loaded if it is there, gone on with if it was broken off.

    Raises UserError for data that cannot be read and for a loss that is no longer a number.
    """
    faces = training_faces(recipe.data)
    # what the machine has (bf16, two processes, a card) enters here, and nowhere in the loop
    with accelerated() as hooks:
        return fit(recipe, faces, runs, hooks)
