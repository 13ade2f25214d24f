"""What a data set calls its classes: the one place where a label or a folder becomes an expression.

Words are known. Numbers are FER2013's, 0 angry to 6 neutral, or those of a file `classes.txt`,
which may also say what words of another language mean. What is read is said in a note; what
could as well be another order, AffectNet's or RAF-DB's, is refused. A set may have classes of its
own: those of a list, `--classes a,b,c`, or those of its folders where each name is new.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

from fer_lib.data.archives import Source, alone
from fer_lib.data.class_names import (
    CLASSES,
    LIST,
    LISTED,
    MOST,
    NUMBERS,
    WORDS,
    check_own,
    known_classes,
    misspelt,
    read_list,
)
from fer_lib.data.faceset import EXPRESSIONS, UNLABELLED
from fer_lib.data.names import class_folder, class_name, split_of
from fer_lib.data.votes import LABELS, TABLE
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing

ORDER = "classes.txt"  # lines like "0 neutral"
# what may tell another order, unread: README.md, label_map.pbtxt, obj.names, a file of no suffix
TEXTS = re.compile(r"\.(txt|json|ya?ml|[ct]sv|md|pbtxt|names|xml|cfg|ini|toml)$|(^|/)[^/.]+$")
FOLDERS = "from the folder names"
# of two data sets that people hold beside FER2013, told apart by whether they have a 0
AFFECTNET = (
    "AffectNet's are 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt,"
    " of which --drop contempt leaves out the last"
)
CKPLUS = "; where 0 to 6 are FER2013's and 7 is contempt, as in ckextended.csv, give --drop 7"
RAFDB = "RAF-DB's are 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral"


@dataclass(frozen=True)
class ClassOrder:
    """What the classes of a source may be called: name or number → label, or `UNLABELLED`."""

    known: dict[str, int]
    source: Source
    file: str | None = None  # the classes.txt that says so, as messages name it
    read: tuple[str, ...] = ()  # each classes.txt among the source's members
    classes: tuple[str, ...] = EXPRESSIONS

    def notes(
        self,
        first_at: Mapping[str, str],
        what: str,
        genuine: bool = False,
        read: Collection[str] = (),
    ) -> list[str]:
        """What names are read as, if that is not plain; `UserError` where they may mean another.

        `first_at` gives the place where each name was first met, and `what` is what it is there: a
        label, a class folder. The numbers of a `genuine` FER2013 are FER2013's, if they are its
        seven. Members that are not `read` may tell another order.
        """
        # an eighth number is not FER2013's, whatever else its table has
        genuine = genuine and first_at.keys() == NUMBERS.keys()
        numbered = any(name.isdecimal() for name in first_at) and not (self.file or genuine)
        if numbered:
            self._check_others(first_at, read)
        counted = [n for n in first_at if n.isdecimal() and n not in self.classes]
        if self.file == LISTED and counted and "0" not in first_at:
            raise UserError(f"{first_at[counted[0]]}: numbered {what}s and no 0, but {LIST} counts "
                            f"from 0; write a file {ORDER} beside the data, with lines like "
                            f"'1 {self.classes[0]}'")  # fmt: skip
        if unknown := [name for name in first_at if name not in self.known]:
            some = [repr(name[:20]) for name in unknown[:9]]
            some += [f"{len(unknown) - 9} more"] * (len(unknown) > 9)
            raise UserError(f"{first_at[unknown[0]]}: unknown {what}{'s' * (len(unknown) > 1)} "
                            f"{listing(some)}; {self._fix(unknown, first_at)}")  # fmt: skip
        # without a 0 they may count from 1, as RAF-DB's do
        if numbered and not {"0", *CLASSES} & first_at.keys():
            where = self.source.where
            raise UserError(f"{where}: numbered {what}s and no 0; {_numbers(RAFDB)}")
        plainly = CLASSES if self.classes == EXPRESSIONS else self.classes
        read_as = sorted(n for n in first_at if n not in plainly and self.known[n] != UNLABELLED)
        if (genuine and not self.file) or not read_as:
            return self._own()
        meaning = listing(
            f"{printable(name)} is read as {self.classes[self.known[name]]}" for name in read_as
        )
        hint = (f"; another order can be given in a file {ORDER}, with lines like '0 neutral', "
                "in one folder with the data")  # fmt: skip
        return [*self._own(), meaning + (f" by {self.file}" if self.file else hint)]

    def _own(self) -> list[str]:
        if self.classes == EXPRESSIONS:
            return []
        hint = f"; where they are, say which each is in a file {ORDER}, as 'freude happy'"
        return [f"classes: {', '.join(self.classes)}, {'as listed' if self.file else FOLDERS}; not "
                "FER2013's, so what needs their meaning is left out" + hint * (not self.file)
                ]  # fmt: skip

    def check_words(
        self, column: str, words: Mapping[str, str], first_at: Mapping[str, str]
    ) -> None:
        """Raises UserError where a table's other column contradicts its numbers.

        `words` gives for each label the word beside it, `first_at` its first line.
        """
        for label, word in words.items():
            own = self.known[label]
            meant = own if word.isdecimal() else self.known.get(word, own)
            if label.isdecimal() and own not in (meant, UNLABELLED):
                raise UserError(f"{first_at[label]}: label {label} is read as {self.classes[own]}, "
                                f"and the column {printable(column)!r} says {word}; keep that "
                                "column alone and call it label")  # fmt: skip

    def _fix(self, unknown: list[str], first_at: Mapping[str, str]) -> str:
        if "" in unknown:
            return f"give one of {', '.join(self.classes)}, or remove the row"
        them = "them" if unknown[1:] else "it"
        drop = " ".join(f"--drop {printable(name)!r}" for name in unknown)
        if self.file == LISTED or self.classes != EXPRESSIONS:
            return (f"the classes are {', '.join(self.classes)}; leave {them} out by {drop}, or "
                    f"train with {them} in {LIST} too")  # fmt: skip
        if self.file:
            return (f"add a line to {self.file}, as '{printable(unknown[0])} happy'; "
                    "lines without a number count from 0")  # fmt: skip
        if any(re.fullmatch(r"-?\d+", name) for name in unknown):
            others = AFFECTNET + CKPLUS * (unknown == ["7"]) if "0" in first_at else RAFDB
            if "-1" in unknown:
                others = "as '-1 angry'"
            return f"FER2013's are 0 to 6; {_numbers(others)}"
        allowed = f"allowed are {WORDS} or 0 to 6"
        for name, close in misspelt(unknown)[:1]:
            allowed += f" (is {printable(name)!r} {EXPRESSIONS[CLASSES[close]]}? rename it)"
        few = len(unknown) < 3 and self.known.keys() & first_at.keys()
        leave = f"leave {them} out by {drop}, or " if few else ""
        return (f"{allowed}; {leave}say in a file {ORDER} beside them, a line a class, which of "
                "these each is, as 'freude happy'; for classes of your own list all by "
                f"{LIST} a,b,c")  # fmt: skip

    def _check_others(self, first_at: Mapping[str, str], read: Collection[str]) -> None:
        for member, text in unread_texts(self.source, read):
            # the columns of votes are called as classes are, and tell no numbers
            is_votes = PurePosixPath(member).name in (LABELS, TABLE)
            if is_votes or len(CLASSES.keys() & {*_words(text)}) < 3:
                continue
            pairs = _order_told(text)
            say = f"say which is right in a file {ORDER} in one folder with the data, with lines"
            if not pairs:
                raise UserError(f"{self.source.at(member)}: names classes, and not plainly their "
                                f"numbers; {say} like '0 angry'")  # fmt: skip
            for number, name in pairs:
                own = self.known.get(number, UNLABELLED) if number in first_at else UNLABELLED
                if own not in (CLASSES[name], UNLABELLED):
                    raise UserError(f"{self.source.at(member)}: {number} is {name} there, and would"
                                    f" be read as {EXPRESSIONS[own]}; {say} like '{number} {name}'"
                                    )  # fmt: skip


def unread_texts(source: Source, read: Collection[str]) -> Iterator[tuple[str, str]]:
    """Members of text, less those `read` and submissions, and how they begin in small letters."""
    unread = {m for m in source.members if TEXTS.search(m.lower())} - {*read}
    for member in sorted(unread, key=lambda m: (m.count("/"), m))[:100]:
        if "submission" not in member.lower():
            with source.open(member) as stream:
                yield member, stream.read(1 << 18).decode(errors="replace").lower()


def order_beside(path: Path) -> list[Path]:
    """The classes.txt in the folder of the file `path`, a csv or a zip; none for a folder."""
    files = [] if path.is_dir() else path.absolute().parent.glob("[cC]*.[tT]*")
    return [file for file in files if file.name.lower() == ORDER and file.is_file()]


def read_order(
    path: Path,
    sources: Sequence[Source],
    dropped: Sequence[str] = (),
    listed: Sequence[str] = (),
) -> ClassOrder:
    """What the classes at `path` may be called; those `dropped` are to be left out.

    `listed` are all of them in the order of their numbers; where they are not FER2013's seven, the
    set has these classes, and not FER2013's.

    `sources` are what lies there, and what is wrapped in it, the last. A file `classes.txt` tells
    what its numbers mean, whatever the list's order. Raises UserError where two of them disagree.
    """
    lying = [(s, m, m) for s in sources for m in s.members if _is_order(m)]
    others = [(alone(file), file.name, f"{file.name} beside it") for file in order_beside(path)]
    fer2013 = EXPRESSIONS, CLASSES, NUMBERS
    classes, words, numbers = read_list(listed, dropped) if listed else fer2013
    known = known_classes({}, dropped, words)
    given_by = [(_numbers_given(s, m, known), s.at(m), name) for s, m, name in [*lying, *others]]
    # a file goes before a list
    given, at, file = [*given_by, (numbers, LISTED, LISTED if listed else None)][0]
    for own, other, _ in given_by:
        if own != given:
            raise UserError(f"{other}: says another order than {at}; keep one of the two")
    members = tuple(filter(_is_order, sources[-1].members))
    return ClassOrder(known_classes(given, dropped, words), sources[-1], file, members, classes)


def by_folders(order: ClassOrder, images: Sequence[str], tables: Collection[str]) -> ClassOrder:
    """The order of class folders where each name is new: their own names, sorted; else `order`.

    Those to be left out do not count. One that is a number, or nearly a class of FER2013, may be
    one: then nothing is new. More than `MOST` need a list.
    """
    above = {tuple(f for f in m.split("/")[:-2] if split_of(f) is None) for m in images}
    # tables may hold the labels; names on two levels do not tell which of them are the classes
    if order.file or tables or len(above) > 1:
        return order
    names = set[str]()
    for member in images:
        parent = "/".join(member.split("/")[-2:-1])
        own = "" if split_of(parent) is not None else class_name(parent)
        names.add(class_folder(member, order.known)[1] or own)
    new = sorted(name for name in names - {""} if order.known.get(name) != UNLABELLED)
    # half known names are a slip, and numbers an order that nobody has told
    doubtful = any(name in order.known or re.fullmatch(r"-?\d+", name) for name in new)
    if doubtful or misspelt(new) or not 2 <= len(new) <= MOST:
        return order
    classes = check_own(tuple(new))
    known = {n: label for n, label in order.known.items() if label == UNLABELLED}
    known |= {name: label for label, name in enumerate(classes)}
    return replace(order, known=known, classes=classes)


def _is_order(member: str) -> bool:
    return PurePosixPath(member).name.lower() == ORDER


def _numbers_given(source: Source, member: str, known: dict[str, int]) -> dict[str, int]:
    """What the lines of a classes.txt say: number or name → label, by the names `known`."""
    given = dict[str, int]()
    try:
        lines = source.read(member).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise UserError(f"{source.at(member)}: not UTF-8 text; save it as UTF-8") from None
    for i, line in enumerate(line for line in lines if line.strip()):
        # a name may have blanks: what stands behind the last is the class
        before, name = re.findall(r"^(?:(.*)[\s,:;=>])?(.+)$", line.lower().strip())[0]
        number = class_name(before.rstrip(" \t,:;=>-").strip("\"' ")) or str(i)
        label = None if re.search("[,;]", number) else known.get(name)
        if label is None or given.get(number, known.get(number, label)) != label:
            raise UserError(f"{source.at(member)}: {line.strip()[:40]!r}; each line is another "
                            f"number or name, and one of {WORDS}, or a class that --drop "
                            f"or {LIST} names, as '0 happy'")  # fmt: skip
        given[number] = label
    return given


def _order_told(text: str) -> list[tuple[str, str]]:
    """Numbers and classes, as a list, a table or JSON has them: 0 neutral, or neutral: 0.

    >>> _order_told('{"neutral": 0, "happy": 1}') == _order_told('["neutral", "happy"]')
    True
    """
    text = re.sub(r"\b((display_)?name|id)\b", "", text)  # of a label_map.pbtxt
    readings = [
        re.findall(r"(\d+)\W+([a-z]+)", text),
        [(number, word) for word, number in re.findall(r"([a-z]+)\W+(\d+)", text)],
    ]
    known = [[(n, word) for n, word in pairs if word in CLASSES] for pairs in readings]
    if pairs := max(known, key=len):  # "0 sad 1 happy" has (sad, 1) too, but fewer such
        return pairs
    words = _words(text)
    first = next((i for i, word in enumerate(words) if word in CLASSES), 0)
    listed = list(takewhile(lambda word: word in {*CLASSES, "contempt"}, words[first:]))
    numbers = enumerate(listed) if len(listed) > 1 else ()  # one alone is prose
    return [(str(i), word) for i, word in numbers if word in CLASSES]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+", text)


def _numbers(others: str) -> str:
    return (f"what others mean can stand in a file {ORDER}, a line a class, in one folder with "
            f"the data: {others}")  # fmt: skip
