"""Networks that come with the library, trained already: give a name in the place of a run's folder.

Each is a finished run's folder beside this file, made by `fer-lib release`: its weights in half
precision, with a model card.
"""

from pathlib import Path

NAMES = ("compact",)


def folder(run: str | Path) -> Path:
    """Where a run lies that is given by its folder or, where there is no such folder, by its name.

    >>> folder("compact").name
    'compact'
    """
    given = Path(run)
    named = str(given) in NAMES and not given.exists()
    return Path(__file__).with_name(str(given)) if named else given
