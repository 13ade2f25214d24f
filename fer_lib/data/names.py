"""What the names of folders, files and table entries mean: which split, which expression."""

import re
from functools import cache

from fer_lib.data.faceset import EXPRESSIONS

TRAIN, VALIDATION, TEST = range(3)
SPLITS = ("train", "validation", "test")
SPLIT_WORDS = {
    TRAIN: "train(ing)?",
    VALIDATION: "val(id(ation)?)?|dev(el(opment)?)?|eval(uation)?|holdout|publictest",
    TEST: "test(ing)?|privatetest",
}
NUMBERS = {str(label): label for label in range(len(EXPRESSIONS))}  # FER2013's
CLASSES = {name: label for label, name in enumerate(EXPRESSIONS)}
CLASSES |= {
    "anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4,
    "surprised": 5, "suprise": 5,
}  # fmt: skip


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
