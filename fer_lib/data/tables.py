"""FER2013's csv files, in each dialect: parsed in blocks of rows, every value checked.

One `np.fromstring` a row takes some 0.2 ms; here a block of rows is one array of bytes, and each
number's value is the sum of its digits times 1, 10 and 100, all numbers at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import numpy as np

from fer_lib.data.archives import Source
from fer_lib.data.faceset import EXPRESSIONS, SIZE
from fer_lib.errors import UserError

PIXELS = SIZE * SIZE
LONGEST = 1 << 16  # bytes a line; a row of FER2013 has at most 9,230
BLOCK = 32  # rows parsed at once: a quarter of a megabyte stays in the processor's cache
ROLES = {
    "emotion": "label", "label": "label",
    "pixels": "pixels", "feature": "pixels",
    "usage": "usage",
    "id": "id",
}  # fmt: skip
USAGES = {b"Training": 0, b"PublicTest": 1, b"PrivateTest": 2}
LABELS = {str(label).encode(): label for label in range(len(EXPRESSIONS))}


@dataclass(frozen=True)
class Table:
    """A csv's columns, each None if the file has it not.

    Shapes: images (N, 48, 48) uint8; labels and usages (N,) int64; N ids as written.
    """

    labels: np.ndarray | None
    usages: np.ndarray | None
    ids: list[str] | None
    images: np.ndarray | None


def read_roles(source: Source, member: str) -> dict[str, int]:
    """The header's known columns: role (label, pixels, usage, id) → position."""
    with source.open(member) as stream:
        line = stream.readline(LONGEST).removeprefix(b"\xef\xbb\xbf")
    if not line.strip():
        raise UserError(f"{source.at(member)}: empty; a header and rows are needed")
    try:
        names = [name.strip('" \t\r\n').lower() for name in line.decode().split(",")]
    except UnicodeDecodeError:
        raise UserError(f"{source.at(member)}: not UTF-8 text; save it as UTF-8") from None
    roles = {ROLES[name]: i for i, name in reversed(list(enumerate(names))) if name in ROLES}
    if not roles and ";" in names[0]:
        raise UserError(f"{source.at(member)}: separated by semicolons; save it with commas")
    return roles


def read_table(source: Source, member: str) -> Table:
    """The csv `member`; `UserError` with the line, what was found there and what is allowed."""
    roles, where = read_roles(source, member), source.at(member)
    columns: dict[str, list[Any]] = {role: [] for role in roles}
    with source.open(member) as stream:
        rows = _rows(stream, where)
        while block := list(islice(rows, BLOCK)):
            for role, position in roles.items():
                values = [(number, fields[position].strip(b'" \t\r\n')) for number, fields in block]
                if role == "pixels":
                    columns[role] += [_pixels(values, where)]
                else:
                    columns[role] += [_value(role, value, where, n) for n, value in values]
    if not any(columns.values()):
        raise UserError(f"{where}: a header and no row")
    return Table(
        labels=np.array(columns["label"], np.int64) if "label" in roles else None,
        usages=np.array(columns["usage"], np.int64) if "usage" in roles else None,
        ids=columns.get("id"),
        images=np.concatenate(columns["pixels"]) if "pixels" in roles else None,
    )


def _rows(stream: IO[bytes], where: str) -> Iterator[tuple[int, list[bytes]]]:
    """Each row's line number and fields; the header, at line 1, sets how many there are."""
    width = stream.readline(LONGEST).count(b",") + 1
    number = 1
    while line := stream.readline(LONGEST):
        number += 1
        if len(line) == LONGEST:
            raise UserError(f"{where}, line {number}: longer than {LONGEST:,} bytes")
        if not line.strip():
            continue
        fields = line.split(b",")
        if len(fields) != width:
            cut = "" if line.endswith(b"\n") else "; the file ends in the middle of this row"
            raise UserError(
                f"{where}, line {number}: {len(fields)} columns; the header has {width}{cut}"
            )
        yield number, fields


def _value(role: str, value: bytes, where: str, number: int) -> int | str:
    if role == "id":
        return value.decode(errors="replace")
    allowed = LABELS if role == "label" else USAGES
    if value not in allowed:
        names = ", ".join(name.decode() for name in allowed)
        raise UserError(f"{where}, line {number}: {role} {_shown(value)}; allowed are {names}")
    return allowed[value]


def _pixels(block: list[tuple[int, bytes]], where: str) -> np.ndarray:
    """Rows of numbers as text → (n, 48, 48) uint8."""
    images = _as_written_by_a_program([row for _, row in block])
    if images is None:
        images = np.stack([_one_by_one(row, f"{where}, line {number}") for number, row in block])
    return images.reshape(-1, SIZE, SIZE)


def _as_written_by_a_program(rows: list[bytes]) -> np.ndarray | None:
    """All numbers at once, (n · 2304,) uint8; None unless each row is 2304 of 0 to 255, one
    blank between two."""
    text = np.frombuffer(b"\n".join([*rows, b""]), np.uint8)
    digit = text - np.uint8(48)  # anything but a digit wraps to 10 or more
    is_digit = digit < 10
    ends = np.flatnonzero(~is_digit)  # the blank or line end behind each number
    row_ends = np.cumsum([len(row) + 1 for row in rows]) - 1
    two = is_digit[1:] & is_digit[:-1]
    if (
        len(ends) != len(rows) * PIXELS
        or (ends[PIXELS - 1 :: PIXELS] != row_ends).any()
        or np.count_nonzero(text == 32) != len(ends) - len(rows)
        or not (is_digit[1:] | is_digit[:-1]).all()  # two blanks
        or (two[2:] & two[:-2]).any()  # four digits
    ):
        return None
    digit *= is_digit
    value = np.zeros(len(text), np.uint16)  # at each place, the number that ends before it
    value[1:] = digit[:-1]
    value[2:] += digit[:-2] * np.uint16(10)
    value[3:] += digit[:-3] * two[:-2] * np.uint16(100)
    numbers = value[ends]
    return numbers.astype(np.uint8) if numbers.max() <= 255 else None


def _one_by_one(row: bytes, at: str) -> np.ndarray:
    """A row that is not as a program writes it, (2304,) uint8; `UserError` if it is wrong."""
    words = [word for word in row.split(b" ") if word]
    for i, word in enumerate(words):
        if not word.isdigit() or len(word) > 3 or int(word) > 255:
            raise UserError(
                f"{at}: pixel {i} is {_shown(word)}; whole numbers 0 to 255 are allowed"
            )
    if len(words) != PIXELS:
        raise UserError(f"{at}: {len(words)} pixels; {PIXELS} (48 × 48) are needed")
    return np.array([int(word) for word in words], np.uint8)


def _shown(value: bytes) -> str:
    return repr(value[:20].decode(errors="replace")) + ("…" if len(value) > 20 else "")
