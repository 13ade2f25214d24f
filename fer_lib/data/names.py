"""What the names of folders, files and table entries mean: which split, which expression."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import PurePosixPath

from fer_lib.data.faceset import EXPRESSIONS, UNLABELLED

# in the order of SPLITS; with 0 first, `split or TRAIN` is train where nothing tells a split
TRAIN, VALIDATION, TEST = range(3)
Origin = tuple[str, int | None]  # what tells a face's split, in words; the split, if it tells one
SPLIT_WORDS = {
    TRAIN: "train(ing)?",
    VALIDATION: "val(id(ation)?)?|dev(el(opment)?)?|eval(uation)?|holdout|publictest",
    TEST: "test(ing)?|privatetest",
}
TABLES = (".csv", ".tsv", ".parquet")
# FER2013's own names of files win over the folder; other names count where no folder tells.
OWN_NAME = re.compile(r"(training|publictest|privatetest)(?=_)", re.IGNORECASE)
ANY_NAME = re.compile(r"(train|valid|val|test)(?=[_-]?\d)", re.IGNORECASE)
NUMBERS = {str(label): label for label in range(len(EXPRESSIONS))}  # FER2013's
CLASSES = {name: label for label, name in enumerate(EXPRESSIONS)}
CLASSES |= {
    "anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4,
    "surprised": 5, "suprise": 5,
}  # fmt: skip


def known_classes(numbers: dict[str, int], dropped: Sequence[str] = ()) -> dict[str, int]:
    """What a class may be called → its label; `UNLABELLED` for those to be left out.

    `numbers` are what numbers mean. A class to be left out need not be one of the seven.

    >>> known_classes(NUMBERS, ["contempt", "anger"])["angry"]
    -1
    """
    known = numbers | CLASSES
    gone = {known[name] for name in dropped if name in known}
    known |= {name: UNLABELLED for name, label in known.items() if label in gone}
    return known | dict.fromkeys(dropped, UNLABELLED)


@cache
def split_of(name: str) -> int | None:
    """The split that a name tells by one of its words; None if none does, or two disagree.

    >>> [split_of(name) for name in ("FER2013Train", "data_val", "PublicTest", "testset", "faces")]
    [0, 1, 1, 2, None]
    """
    # FER2013Train and train_set have two words each, trainset has one: cut both ways and look.
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name) + re.findall(r"[A-Za-z]+", name)
    text = " ".join(words).lower()
    text = re.sub("(public|private) test", r"\1test", text)
    splits = {
        split
        for split, pattern in SPLIT_WORDS.items()
        for word in text.split()
        if re.fullmatch(f"({pattern})(s|set|data|images?|imgs?)?", word)
    }
    return splits.pop() if len(splits) == 1 else None


def path_split(member: str) -> int | None:
    """A file's split: by a table's own name, else by the nearest folder that names one."""
    *folders, name = member.split("/")
    stem = PurePosixPath(name).stem if name.lower().endswith(TABLES) else ""
    splits = map(split_of, (stem, *reversed(folders)))
    return next((split for split in splits if split is not None), None)


def class_folder(member: str, numbers: dict[str, int]) -> tuple[str, str | None]:
    """The folders without that of the class, and the class; it may stand above the split's."""
    above, below = member.split("/")[:-1], []
    while above and above[-1].lower() not in numbers and split_of(above[-1]) is not None:
        below.insert(0, above.pop())
    if above and (name := above[-1].lower()) in numbers:
        return "/".join([*above[:-1], *below]), name
    return "", None


def picture_origin(member: str, above: str) -> Origin:
    """What tells a picture's split: its name, or the folders `above` apart from the class's."""
    name = member.split("/")[-1]
    split = path_split(f"{above}/")
    if (own := OWN_NAME.match(name)) or (split is None and (own := ANY_NAME.match(name))):
        return f"files {own[1]}…", split_of(own[1])
    return (f"{above}/" if above else "the class folders"), split


def picture_id(name: str) -> str:
    """A picture's name without folder and ending, and a number without leading zeros.

    >>> picture_id("train_img/00042.jpg")
    '42'
    """
    stem = PurePosixPath(name).stem
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem
