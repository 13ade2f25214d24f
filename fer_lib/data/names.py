"""What the names of folders, files and table entries mean: which split, which picture."""

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Sequence
from functools import cache
from pathlib import PurePosixPath

from fer_lib.formatting import plural

# in the order of SPLITS; with 0 first, `split or TRAIN` is train where nothing tells a split
TRAIN, VALIDATION, TEST = range(3)
Origin = tuple[str, int | None]  # what tells a face's split, in words; the split, if it tells one
SPLIT_WORDS = {
    TRAIN: "train(ing)?",
    VALIDATION: "val(id(ation)?)?|dev(el(opment)?)?|eval(uation)?|holdout|publictest",
    TEST: "test(ing)?|privatetest",
}
TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".tif", ".tiff", ".gif")
# Training_12.jpg, test3.png, 12_train.png: a word that stands alone, at an end or by a number
OWN_NAME = re.compile(
    r"(?:^|[\W_])(training|train|validation|valid|val|publictest|privatetest|testing|test)"
    r"(?=[\W_]?\d|[\W_]?$)",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\b(no|non|not|without|except|minus) .*|.*\b(exclud\w*|unused|ignored?|rejected|removed)\b.*"
)


@cache
def split_of(name: str) -> int | None:
    """The split that a name tells by one of its words; None if none does, or two disagree.

    >>> [split_of(name) for name in ("FER2013Train", "data_val", "PublicTest", "testset", "faces")]
    [0, 1, 1, 2, None]
    """
    splits = _splits_in(_words(name))
    return splits.pop() if len(splits) == 1 and not is_negated(name) else None


def is_negated(name: str) -> bool:
    """Whether a name has a split's word and denies it: not_for_train, excluded_from_test."""
    text = _words(name)
    return bool(_splits_in(text)) and not _splits_in(NEGATED.sub("", text))


def _words(name: str) -> str:
    # FER2013Train and train_set have two words each, trainset has one: cut both ways and look.
    cut = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name), re.findall(r"[A-Za-z]+", name)
    text = ", ".join(" ".join(words) for words in cut).lower()
    return re.sub("(public|private) test", r"\1test", text)


def _splits_in(text: str) -> set[int]:
    return {
        split
        for split, pattern in SPLIT_WORDS.items()
        for word in re.findall("[a-z]+", text)
        if re.fullmatch(f"({pattern})(s|set|data|images?|imgs?)?", word)
    }


def path_split(member: str) -> int | None:
    """A file's split: by a table's own name, else by the nearest folder that names one."""
    *folders, name = member.split("/")
    stem = PurePosixPath(name).stem if name.lower().endswith(TABLE_SUFFIXES) else ""
    splits = map(split_of, (stem, *reversed(folders)))
    return next((split for split in splits if split is not None), None)


def class_folder(member: str, classes: Container[str]) -> tuple[str, str | None]:
    """The folders without that of the class, and the class; it may stand above the split's."""
    above, below = member.split("/")[:-1], []
    while above and class_name(above[-1]) not in classes and split_of(above[-1]) is not None:
        below.insert(0, above.pop())
    if above and (name := class_name(above[-1])) in classes:
        over, under = "/".join(above[:-1]), "/".join(below)
        split, own = path_split(f"{over}/"), path_split(f"{under}/")
        if None in (split, own) or refined(split, (under, own)) == split:
            return "/".join([*above[:-1], *below]), name
        return f"{over} and {under}".replace("/", " "), name  # which tells no split
    return "", None


def picture_origins(
    members: Sequence[str], places: Sequence[str]
) -> tuple[list[Origin], list[str]]:
    """What tells each picture's split: its folders, `places`, else its name; and a note.

    A folder that contradicts a name wins, which the note says. Kaggle's test/ is cut by the names:
    it holds the PublicTest and the PrivateTest of FER2013, and no folder is for validation.
    """
    own = [OWN_NAME.search(PurePosixPath(member).stem) for member in members]
    splits = [path_split(f"{place}/") for place in places]
    in_test = {o and o[1].lower() for o, split in zip(own, splits, strict=True) if split == TEST}
    by_kaggle = in_test <= {"publictest", "privatetest"} and VALIDATION not in splits
    origins: list[Origin] = []
    overruled: Counter[str] = Counter()
    for word, split, place in zip(own, splits, places, strict=True):
        named = word and split_of(word[1])
        if word and (split is None or (by_kaggle and split == TEST)):
            origins.append((f"files {'…' * bool(word.start())}{word[0]}…", named))
            continue
        origins.append((f"{place}/" if place else "the class folders", split))
        if word and named != split and word[1].lower() not in ("val", "test"):
            overruled[f"{word[1]}… in {place}/"] += 1
    notes = [f"{plural(n, 'file')} {name}, where the folder counts and not the name"
             for name, n in overruled.items()]  # fmt: skip
    return origins, notes


def refined(place: int | None, row: Origin) -> int | None:
    """The split of a row, or of its place where both may be said: PublicTest is a part of test."""
    return place if place == TEST and "public" in row[0].lower() else row[1]


def class_name(text: str) -> str:
    """What a class is called, as it is looked up: 00 and 0.0, as pandas writes it, are 0.

    >>> [class_name(text) for text in ("Happy ", "03", "3.0")]
    ['happy', '3', '3']
    """
    name = re.sub(r"(?<=\d)\.0+$", "", unicodedata.normalize("NFC", text).strip().lower())
    return re.sub(r"^0+(?=\d+$)", "", name)


def picture_id(name: str) -> str:
    """A picture's name without folder and ending, and a number without leading zeros.

    >>> picture_id("train_img/00042.jpg"), picture_id("face.7")
    ('42', 'face.7')
    """
    path = PurePosixPath(name)
    stem = path.stem if path.suffix.lower() in PICTURE_SUFFIXES else path.name
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem
