"""A data set's name or path → its faces; a recipe → its finished run."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from fer_lib.data.cache import read_cached
from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS, FaceSet
from fer_lib.drawn.faces import embedded
from fer_lib.errors import UserError
from fer_lib.formatting import listing
from fer_lib.training.acceleration.engine import accelerated
from fer_lib.training.fit import fit
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run

# between a path and the classes of the set, and between these and the classes to be left out
WITH, WITHOUT, AND = " with classes ", " without ", " and "


def without(data: str, classes: Sequence[str]) -> str:
    """The name of a data set less some classes, as `load_faces` takes it and a run records it.

    >>> without("affectnet.zip", ["Contempt"])
    'affectnet.zip without contempt'
    """
    if classes and data == EMBEDDED:
        raise UserError("--drop is for a data set of yours: the drawn faces have no other classes")
    if both := [name for name in classes if AND in name.lower()]:
        raise UserError(f"--drop {both[0]!r}: no class can have{AND}in its name; rename it")
    path, listed, gone = _parted(data)
    return _named(path, listed, [*gone, *(name.lower() for name in classes)])


def with_classes(data: str, classes: str | None) -> str:
    """The name of a data set with its classes, "a,b,c", in the order of their numbers.

    >>> with_classes("eyes.zip without blurred", "Open, closed")
    'eyes.zip with classes open,closed without blurred'
    """
    if not classes:
        return data
    if data == EMBEDDED:
        raise UserError("--classes is for a data set of yours: the drawn faces have their own")
    if WITHOUT in classes.lower():
        raise UserError(f"--classes {classes!r}: no class can have{WITHOUT}in its name; rename it")
    path, _, gone = _parted(data)
    return _named(path, _names(classes, ","), gone)


def data_for(
    fitted_on: str,
    data: str | None,
    drop: Sequence[str],
    classes: tuple[str, ...] = EXPRESSIONS,
) -> str:
    """The name of the data that a run, fitted on those of a name, is used on.

    They are `data` less the classes `drop`, or else less those that the run was fitted without,
    and with the run's `classes` where these are its own; without `data`, its own data. Raises
    UserError where classes of these are to be left out.

    >>> data_for("eight.zip without contempt", "x.zip", [])
    'x.zip without contempt'
    """
    if data is None:
        if drop:
            raise UserError("--drop without --data; a run's own data stay as it was fitted on them")
        return fitted_on
    if data == EMBEDDED and not drop:
        return data
    _, listed, gone = _parted(fitted_on)
    if (listed or classes != EXPRESSIONS) and not _parted(data)[1]:
        data = with_classes(data, ",".join(listed or classes))
    return without(data, drop or gone)


def short_name(data: str) -> str:
    """The last part of a data set's path without its ending, and what is left out of the set.

    >>> short_name("mine/eight.zip with classes a,b,contempt without contempt")
    'eight without contempt'
    """
    path, _, gone = _parted(data)
    return _named(Path(path).resolve().stem or "data", [], gone)


def _named(path: str, listed: Sequence[str], dropped: Sequence[str]) -> str:
    return (
        path
        + (WITH + ",".join(listed) if listed else "")
        + (WITHOUT + AND.join(dict.fromkeys(dropped)) if dropped else "")
    )


def _parted(data: str) -> tuple[str, list[str], list[str]]:
    """A data set's path, the classes that its name lists, and those that it says to leave out."""
    with suppress(OSError):  # a list may be too long for a path
        if _expanded(data).exists():  # a path that happens to have one of the words
            return data, [], []
    path, word, rest = data.rpartition(WITH)
    listed, _, gone = rest.partition(WITHOUT)
    if not word:
        (path, word, gone), listed = data.rpartition(WITHOUT), ""
    if not word:
        return data, [], []
    return path, _names(listed, ","), _names(gone, AND)


def _names(text: str, between: str) -> list[str]:
    return [name.strip().lower() for name in text.split(between) if name.strip()]


def _expanded(path: str | Path) -> Path:
    """The path with the home that ~ stands for."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody, a user who is not there
        raise UserError(f"{path}: {error} Give the whole path.") from error


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
    path, listed, dropped = _parted(data)
    faces = read_cached(_expanded(path), dropped, _expanded(votes) if votes else None, listed)
    return replace(faces, name=_named(faces.name, [], dropped))


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
