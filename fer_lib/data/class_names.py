"""What a class may be called: FER2013's seven in the words of others, or names of one's own."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from fer_lib.data.faceset import EXPRESSIONS, UNLABELLED
from fer_lib.data.names import class_name
from fer_lib.errors import UserError

LIST, LISTED = "--classes", "the list of classes"  # the option, and what it gives, in messages
# what a class of one's own may be called: pages print it, and " without " parts names of data
OWN = re.compile(r"(?!.* without )\w[\w -]{,39}")
MOST = 100  # classes that are taken from folders: of more names, each may be a person's
TAKEN = ("all", "blank", "flat", "id", "label", "expression")  # columns of tables beside classes
NUMBERS = {str(label): label for label in range(len(EXPRESSIONS))}  # FER2013's
CLASSES = {name: label for label, name in enumerate(EXPRESSIONS)}
CLASSES |= {
    "anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4,
    "surprised": 5, "suprise": 5,
}  # fmt: skip
WORDS = ", ".join(EXPRESSIONS)


def read_list(
    listed: Sequence[str], dropped: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, int], dict[str, int]]:
    """The classes of a list, less those dropped; and the label of each name, and of each number."""
    every, gone = [class_name(name) for name in listed], {class_name(name) for name in dropped}
    left = tuple(name for name in every if name not in gone)
    words, classes = CLASSES, EXPRESSIONS
    if sorted(CLASSES.get(name, UNLABELLED) for name in left) != [*range(len(EXPRESSIONS))]:
        own, classes = {name: label for label, name in enumerate(left)}, check_own(left)
        # where the list says anger, a folder or a file may say angry
        also = {w: own[n] for n in left for w, e in CLASSES.items() if CLASSES.get(n) == e}
        words = also | own
    if any(name.isdecimal() for name in every):  # a number is a name there
        return classes, words, {}
    return classes, words, {str(i): words.get(name, UNLABELLED) for i, name in enumerate(every)}


def check_own(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The classes as given; raises UserError where a set cannot have them."""
    for name in classes:
        if not OWN.fullmatch(name) or name in TAKEN or classes.count(name) > 1:
            raise UserError(f"class {name[:40]!r}: letters, digits, blanks, - and _ are allowed, at"
                            " most 40, once each, without the word without, and none of "
                            f"{', '.join(TAKEN)}; rename it")  # fmt: skip
    if len(classes) < 2:
        raise UserError(f"{', '.join(classes) or 'none'} in {LIST}, and two classes at least are "
                        f"needed, as {LIST} open,closed")  # fmt: skip
    return classes


def misspelt(names: Sequence[str]) -> list[tuple[str, str]]:
    """Names that may be those of FER2013 misspelt, and what they may be; unhappy is not happy."""
    pairs = [(n, c) for n in names for c in get_close_matches(n, CLASSES, 1, 0.75)]
    return [(name, close) for name, close in pairs if len(name) > 3 and close not in name]


def known_classes(
    numbers: dict[str, int], dropped: Sequence[str] = (), words: Mapping[str, int] = CLASSES
) -> dict[str, int]:
    """What a class may be called → its label; `UNLABELLED` for those to be left out.

    `numbers` are what numbers mean, `words` what words do. A class to be left out need not be one
    of these.

    >>> known_classes(NUMBERS, ["contempt", "anger"])["angry"]
    -1
    """
    known, dropped = {**numbers, **words}, [class_name(name) for name in dropped]
    gone = {known[name] for name in dropped if name in known}
    known |= {name: UNLABELLED for name, label in known.items() if label in gone}
    return known | dict.fromkeys(dropped, UNLABELLED)
