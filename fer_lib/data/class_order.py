"""What a data set calls its classes: the one place where a label or a folder becomes an expression.

Words are known. Numbers are FER2013's, 0 angry to 6 neutral, or those of a file `classes.txt`,
which may also say what words of another language mean. What is read is said in a note; what
could as well be another order, AffectNet's or RAF-DB's, is refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

from fer_lib.data.archives import Source
from fer_lib.data.faceset import EXPRESSIONS, UNLABELLED
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing

ORDER = "classes.txt"  # lines like "0 neutral"
OTHERS = re.compile(
    r"(class|label|emotion|data)[^/]*\.(txt|json|ya?ml)$", re.IGNORECASE
)  # like it, unread
NUMBERS = {str(label): label for label in range(len(EXPRESSIONS))}  # FER2013's
CLASSES = {name: label for label, name in enumerate(EXPRESSIONS)}
CLASSES |= {
    "anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4,
    "surprised": 5, "suprise": 5,
}  # fmt: skip
WORDS = ", ".join(EXPRESSIONS)
# of two data sets that people hold beside FER2013, told apart by whether they have a 0
AFFECTNET = (
    "AffectNet's are 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt,"
    " of which --drop contempt leaves out the last"
)
RAFDB = "RAF-DB's are 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral"


@dataclass(frozen=True)
class ClassOrder:
    """What the classes of a source may be called: name or number → label, or `UNLABELLED`."""

    known: dict[str, int]
    source: Source
    file: str | None = None  # the classes.txt that says so

    def notes(self, found: Mapping[str, str], what: str, genuine: bool = False) -> list[str]:
        """What names are read as, if that is not plain; `UserError` where they may mean another.

        `found` gives the place where each name was first met, and `what` is what it is there: a
        label, a class folder. The numbers of a `genuine` FER2013 are FER2013's.
        """
        numbered = any(name.isdecimal() for name in found) and not (self.file or genuine)
        if numbered:
            self._check_others(found)
        if unknown := [name for name in found if name not in self.known]:
            named = f"{what}{'s' * (len(unknown) > 1)} {_quoted(unknown)}"
            raise UserError(f"{found[unknown[0]]}: unknown {named}; {self._fix(unknown, found)}")
        if numbered and not {"0", *CLASSES} & found.keys():
            where = self.source.where
            raise UserError(f"{where}: numbered {what}s and no 0; {_numbers(RAFDB)}")
        plain = genuine and not self.file
        said = sorted(n for n in found if n not in CLASSES and self.known[n] != UNLABELLED)
        if plain or not said:
            return []
        meaning = listing(
            f"{printable(name)} is read as {EXPRESSIONS[self.known[name]]}" for name in said
        )
        hint = (f"; another order can be given in a file {ORDER}, with lines like '0 neutral', "
                "in one folder with the data")  # fmt: skip
        return [meaning + (f" by {ORDER}" if self.file else hint)]

    def check_words(self, column: str, words: Mapping[str, tuple[str, str]]) -> None:
        """Raises UserError where a table's other column contradicts its numbers.

        `words` gives for each label the word beside it, and the first line that has both.
        """
        for label, (word, at) in words.items():
            own = self.known[label]
            if label.isdecimal() and own != CLASSES.get(word, own) and own != UNLABELLED:
                raise UserError(f"{at}: label {label} is read as {EXPRESSIONS[own]}, and the column"
                                f" {printable(column)!r} says {word}; keep that column alone and "
                                "call it label")  # fmt: skip

    def _fix(self, unknown: list[str], found: Mapping[str, str]) -> str:
        if "" in unknown:
            return f"give one of {WORDS}, or remove the row"
        if self.file:
            return (f"add a line to {self.file}, as '{printable(unknown[0])} happy'; "
                    "lines without a number count from 0")  # fmt: skip
        if any(name.isdecimal() for name in unknown):
            return f"FER2013's are 0 to 6; {_numbers(AFFECTNET if '0' in found else RAFDB)}"
        allowed = f"allowed are {WORDS} or 0 to 6"
        means = f"which of these {'each is' if unknown[1:] else 'it is'}, as 'freude happy'"
        say = f"say in a file {ORDER} beside them, a line a class, {means}"
        if not self.known.keys() & found.keys():
            return f"{allowed}; {say}"
        drop = " ".join(f"--drop {printable(name)!r}" for name in unknown[:9])
        return f"{allowed}; leave {'them' if unknown[1:] else 'it'} out by {drop}, or {say}"

    def _check_others(self, found: Mapping[str, str]) -> None:
        for member in filter(OTHERS.search, self.source.members):
            with self.source.open(member) as stream:
                told = _order_told(stream.read(4096).decode(errors="replace").lower())
            for number, name in told:
                own = self.known.get(number, UNLABELLED) if number in found else UNLABELLED
                if own not in (CLASSES[name], UNLABELLED):
                    raise UserError(f"{self.source.at(member)}: {number} is {name} there, and would"
                                    f" be read as {EXPRESSIONS[own]}; rename it {ORDER}, with lines"
                                    f" like '{number} {name}'")  # fmt: skip


def read_order(source: Source, dropped: Sequence[str] = ()) -> ClassOrder:
    """What the classes of a source may be called; those `dropped` are to be left out."""
    member = next((m for m in source.members if PurePosixPath(m).name.lower() == ORDER), None)
    if member is None:
        return ClassOrder(known_classes(NUMBERS, dropped), source)
    known, given = known_classes({}, dropped), dict[str, int]()
    lines = source.read(member).decode("utf-8-sig", errors="replace").split("\n")
    for i, line in enumerate(line for line in lines if line.strip()):
        *before, name = re.split(r"[\s,:;=]+", line.lower().strip())
        number = before[0] if before else str(i)
        if name not in known or len(before) > 1 or number in {*given, *CLASSES}:
            raise UserError(f"{source.at(member)}: {line.strip()[:40]!r}; each line is another "
                            f"number or name, and one of {WORDS}, or a class that --drop "
                            "names, as '0 happy'")  # fmt: skip
        given[number] = known[name]
    return ClassOrder(known_classes(given, dropped), source, member)


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


def _order_told(text: str) -> list[tuple[str, str]]:
    """Numbers and classes, as a list, a table or JSON has them: 0 neutral, or neutral: 0.

    >>> _order_told('{"neutral": 0, "happy": 1}') == _order_told('["neutral", "happy"]')
    True
    """
    words = re.findall(r"[a-z]+|\d+", text)
    first = next((i for i, word in enumerate(words) if word in CLASSES), 0)
    if words[max(first - 1, 0) : first] and words[first - 1].isdecimal():
        pairs = re.findall(r"(\d+)\W+([a-z]+)", text)
    else:
        pairs = [(number, word) for word, number in re.findall(r"([a-z]+)\W+(\d+)", text)]
    listed = list(takewhile(lambda word: word in {*CLASSES, "contempt"}, words[first:]))
    if not any(word in CLASSES for _, word in pairs) and len(listed) > 1:  # one is prose
        pairs = [(str(i), word) for i, word in enumerate(listed)]
    return [(number, word) for number, word in pairs if word in CLASSES]


def _numbers(others: str) -> str:
    return (f"what others mean can stand in a file {ORDER}, a line a class, in one folder with "
            f"the data: {others}")  # fmt: skip


def _quoted(names: Sequence[str]) -> str:
    some = [repr(name[:20]) + "…" * (len(name) > 20) for name in names[:9]]
    return listing([*some, f"{len(names) - 9} more"] if names[9:] else some)
