"""What the names of folders, files and table entries mean: which split, which picture."""

import re
from collections.abc import Container
from functools import cache
from pathlib import PurePosixPath

# in the order of SPLITS; with 0 first, `split or TRAIN` is train where nothing tells a split
TRAIN, VALIDATION, TEST = range(3)
Origin = tuple[str, int | None]  # what tells a face's split, in words; the split, if it tells one
SPLIT_WORDS = {
    TRAIN: "train(ing)?",
    VALIDATION: "val(id(ation)?)?|dev(el(opment)?)?|eval(uation)?|holdout|publictest",
    TEST: "test(ing)?|privatetest",
}
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
# FER2013's own names of files win over the folder; other names count where no folder tells.
OWN_NAME = re.compile(r"(training|publictest|privatetest)(?=_)", re.IGNORECASE)
ANY_NAME = re.compile(r"(train|valid|val|test)(?=[_-]?\d)", re.IGNORECASE)


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
    stem = PurePosixPath(name).stem if name.lower().endswith(TABLE_SUFFIXES) else ""
    splits = map(split_of, (stem, *reversed(folders)))
    return next((split for split in splits if split is not None), None)


def class_folder(member: str, classes: Container[str]) -> tuple[str, str | None]:
    """The folders without that of the class, and the class; it may stand above the split's."""
    above, below = member.split("/")[:-1], []
    while above and above[-1].lower() not in classes and split_of(above[-1]) is not None:
        below.insert(0, above.pop())
    if above and (name := above[-1].lower()) in classes:
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
