"""A data set's name: its path, the classes that it lists, and those that are left out.

"affectnet.zip with classes neutral,happy without contempt": so a recipe has all of it in one value.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS
from fer_lib.errors import UserError

# between a path and the classes of the set, and between these and the classes to be left out
WITH, WITHOUT, AND = " with classes ", " without ", " and "


def with_classes(data: str, classes: str | None = None, drop: Sequence[str] = ()) -> str:
    """The name of a data set with its classes, "a,b,c" in the order of their numbers, less some.

    So `load_faces` takes it, and a run records it.

    >>> with_classes("eyes.zip without blurred", "Open, closed")
    'eyes.zip with classes open,closed without blurred'
    >>> with_classes("affectnet.zip", drop=["Contempt"])
    'affectnet.zip without contempt'
    """
    if data == EMBEDDED and (classes or drop):
        raise UserError("--classes and --drop are for a data set of yours: the drawn faces have no "
                        "other classes")  # fmt: skip
    for word, given in [(WITHOUT, classes or ""), *((AND, name) for name in drop)]:
        if word in given.lower():
            raise UserError(f"{given!r}: no class can have{word}in its name; rename it")
    path, listed, gone = parted(data)
    listed = _names(classes, ",") if classes else listed
    return named(path, listed, [*gone, *(name.lower() for name in drop)])


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
    _, listed, gone = parted(fitted_on)
    if (listed or classes != EXPRESSIONS) and not parted(data)[1]:
        data = with_classes(data, ",".join(listed or classes))
    return with_classes(data, drop=drop or gone)


def short_name(data: str) -> str:
    """The last part of a data set's path without its ending, and what is left out of the set.

    >>> short_name("mine/eight.zip with classes a,b,contempt without contempt")
    'eight without contempt'
    """
    path, _, gone = parted(data)
    return named(Path(path).resolve().stem or "data", [], gone)


def named(path: str, listed: Sequence[str], dropped: Sequence[str]) -> str:
    """The name of the set at a path with these classes, less those dropped."""
    return (
        path
        + (WITH + ",".join(listed) if listed else "")
        + (WITHOUT + AND.join(dict.fromkeys(dropped)) if dropped else "")
    )


def parted(data: str) -> tuple[str, list[str], list[str]]:
    """A data set's path, the classes that its name lists, and those that it says to leave out."""
    with suppress(OSError):  # a list may be too long for a path
        if expanded(data).exists():  # a path that happens to have one of the words
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


def expanded(path: str | Path) -> Path:
    """The path with the home that ~ stands for."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # ~nobody, a user who is not there
        raise UserError(f"{path}: {error} Give the whole path.") from error
