"""FER2013's csv files, in each dialect, and parquet: read row by row, every value checked."""

import csv
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from fer_lib.data import parquet
from fer_lib.data.archives import Source
from fer_lib.data.faceset import SIZE
from fer_lib.data.headers import LONGEST, PIXELS, Header, read_header
from fer_lib.data.names import class_name, split_of
from fer_lib.data.pictures import change_notes, decode
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing

USAGES = ("Training", "PublicTest", "PrivateTest")
GREYS = {str(value) for value in range(256)}
# a column called so tells a split, if it holds two or three words: is_train, held_out, phase
SPLIT_NAME = re.compile(
    r"(^|_)(phase|stage|role|held|hold|usage|split|subset|partition)|data_?type"
)
FRACTION = re.compile(r"(\d+(\.\d*)?|\.\d+)(e[+-]\d+)?")


@dataclass(frozen=True)
class Table:
    """A table's columns, each empty if the file has it not.

    Shapes: images (N, 48, 48) uint8; N labels in small letters; N usages and ids as written.
    """

    labels: list[str]
    first_at: dict[str, str]  # label → the first line with it
    words: dict[str, dict[str, str]]  # of columns without a role: label → the one word beside it
    usages: list[str]
    ids: list[str]
    images: np.ndarray
    notes: tuple[str, ...]


def read_table(source: Source, member: str) -> Table:
    """The csv or parquet `member`; `UserError` with the line, what was there and what is allowed.

    What a label is called is not looked at here.
    """
    header, where = read_header(source, member), source.at(member)
    places = {role: place.start for role, place in header.columns.items() if role != "pixels"}
    places |= header.others
    columns: dict[str, list[str]] = {name: [] for name in ("label", "usage", "id", *places)}
    lines: list[str] = []  # each row's place, as messages name it
    pixels = bytearray()
    first: dict[bool, str] = {}  # the first row of fractions, and of whole numbers
    changes: Counter[str] = Counter()  # in pictures
    with source.open(member) as stream:
        for at, fields in _rows(stream, where, header):
            lines.append(at)
            for name, place in places.items():
                columns[name].append(str(fields[place]).strip())
            values = fields[header.columns.get("pixels", slice(0))]
            if values and isinstance(values[0], bytes):
                image, changed = decode(values[0], at)
                pixels += image.tobytes()
                changes.update(changed)
            elif values:
                row, fractional = _pixels(" ".join(map(str, values)).strip(), at)
                pixels += row
                if any(row):  # a black face is the same in both
                    first.setdefault(fractional, at)
    if not lines:
        raise UserError(f"{where}: a header and no row; give a csv that has faces")
    _check_splits(columns, lines, header, where)
    if len(first) > 1:
        raise UserError(f"{first[True]}: fractions, and whole numbers in {first[False]}; use one")
    labels = [class_name(text) for text in columns["label"]]
    first_at: dict[str, str] = {}
    for label, at in zip(labels, lines, strict=False):
        first_at.setdefault(label, at)
    words = {name: _words_beside(labels, columns[name]) for name in header.others}
    images = np.frombuffer(pixels, np.uint8).reshape(-1, SIZE, SIZE)
    notes = ["pixels from 0.0 to 1.0 scaled to 0 to 255"] if True in first else []
    notes += change_notes(changes)
    notes += [f"the column {name} is read as {role}" for role, name in header.also.items()]
    if header.others:
        notes.append(f"columns left alone in {member}: {printable(listing(header.others))}")
    return Table(labels, first_at, words, columns["usage"], columns["id"], images, tuple(notes))


def _check_splits(
    columns: dict[str, list[str]], lines: list[str], header: Header, where: str
) -> None:
    """Raises UserError for a usage that is no split, or a split in a column that is not read."""
    for usage, at in zip(columns["usage"], lines, strict=False):
        if split_of(usage) is None:
            raise UserError(f"{at}: usage {usage[:20]!r}; allowed are {', '.join(USAGES)}, or "
                            "train, validation, test")  # fmt: skip
    if columns["usage"]:
        return
    for name in header.others:
        values = {*columns[name]}
        told = {split_of(value) for value in values} - {None}
        named = split_of(name) is not None or SPLIT_NAME.search(name)
        every = all(split_of(value) is not None for value in values)
        if every or len(told) > 1 or (named and 1 < len(values) < 4):
            raise UserError(f"{where}: the column {name!r} tells a split; call it Usage, with "
                            "train, validation or test in each row, or remove it")  # fmt: skip


def _words_beside(labels: list[str], column: list[str]) -> dict[str, str]:
    """Label → the word beside it in the column; none where a label has two."""
    pairs = list(dict.fromkeys(zip(labels, map(str.lower, column), strict=False)))
    return dict(pairs) if len(pairs) == len({*labels}) else {}


def _rows(
    stream: IO[bytes], where: str, header: Header
) -> Iterator[tuple[str, Sequence[str | bytes]]]:
    """Each row that is not empty, and how messages name it."""
    if header.separator is None:
        for i, values in enumerate(parquet.rows(stream, where)):
            yield f"{where}, row {i}", values
        return
    at = where
    try:
        rows = csv.reader(_lines(stream, where), delimiter=header.separator, skipinitialspace=True)
        width = len(next(rows))
        for fields in rows:
            at = f"{where}, line {rows.line_num}"
            if not any(field.strip() for field in fields):
                continue
            if len(fields) != width:
                raise UserError(f"{at}: {len(fields)} columns; the header has {width}; give as "
                                "many, and a field that holds the separator in quotes")  # fmt: skip
            yield at, fields
    except csv.Error as error:
        raise UserError(f"{at}, or the next: {error}; save the csv once more") from error


def _lines(stream: IO[bytes], where: str) -> Iterator[str]:
    """The lines as text; one without an end is refused before it fills the memory."""
    number = 0
    while line := stream.readline(LONGEST):
        number += 1
        if len(line) == LONGEST:
            raise UserError(f"{where}, line {number}: longer than {LONGEST:,} bytes; a face needs "
                            "fewer: save the csv once more")  # fmt: skip
        yield line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace")


def _pixels(text: str, at: str) -> tuple[bytes, bool]:
    """A row's 2304 numbers as bytes, and whether they were fractions from 0 to 1."""
    # Nearly every row is whole numbers: only what fails is looked at word by word.
    if text[:1] == "[" or "," in text:  # a list, as Python prints it
        text = text.strip("[]").replace(",", " ")
    values = _whole_numbers(text)
    if len(values) == PIXELS and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8).tobytes(), False
    words = text.split()
    for i, word in enumerate(words):
        if word not in GREYS and not (FRACTION.fullmatch(word) and float(word) <= 1):
            raise UserError(f"{at}: pixel {i} is {word[:20]!r}; whole numbers 0 to 255 "
                            "are allowed, or fractions 0.0 to 1.0")  # fmt: skip
    if len(words) != PIXELS:
        raise UserError(f"{at}: {len(words)} pixels; {PIXELS} ({SIZE} × {SIZE}) are needed")
    if above := [word for word in words if float(word) > 1]:
        raise UserError(f"{at}: {above[0]} beside fractions; use whole numbers 0 to 255, or "
                        "fractions 0.0 to 1.0")  # fmt: skip
    return np.rint(np.array(words, float) * 255).astype(np.uint8).tobytes(), True


def _whole_numbers(text: str) -> np.ndarray:
    """The numbers in a text, none where it holds anything else; `int` would take six times longer.

    64 bits, so that no number, however long, wraps into the range of the allowed ones.
    """
    try:
        with warnings.catch_warnings(action="error"):
            return np.fromstring(text, np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        return np.zeros(0, np.int64)
