"""FER2013's csv files, in each dialect: parsed in blocks of rows, every value checked.

One `np.fromstring` a row takes some 0.2 ms; here a block of rows is one array of bytes, and each
number's value is the sum of its digits times 1, 10 and 100, all numbers at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from fer_lib.data.faceset import EXPRESSIONS, SIZE
from fer_lib.data.sources import Source
from fer_lib.errors import UserError

PIXELS = SIZE * SIZE
LONGEST = 1 << 16  # bytes a line; a row of FER2013 has at most 9,230
BLOCK = 64  # rows parsed at once: half a megabyte, which stays in the processor's cache
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
    roles = read_roles(source, member)
    columns: dict[str, list] = {role: [] for role in roles}
    with source.open(member) as stream:
        block: list[tuple[int, bytes]] = []
        for number, fields in _rows(stream, source.at(member)):
            at = f"{source.at(member)}, line {number}"
            for role, position in roles.items():
                value = fields[position].strip(b'" \t\r\n')
                if role == "pixels":
                    block.append((number, value))
                else:
                    columns[role].append(_value(role, value, at))
            if len(block) == BLOCK:
                columns["pixels"].append(_pixels(block, source.at(member)))
                block = []
        if block:
            columns["pixels"].append(_pixels(block, source.at(member)))
    if not any(columns.values()):
        raise UserError(f"{source.at(member)}: a header and no row")
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


def _value(role: str, value: bytes, at: str) -> int | str:
    if role == "id":
        return value.decode(errors="replace")
    allowed = LABELS if role == "label" else USAGES
    if value not in allowed:
        names = ", ".join(name.decode() for name in allowed)
        raise UserError(f"{at}: {role} {_shown(value)}; allowed are {names}")
    return allowed[value]


def _pixels(block: list[tuple[int, bytes]], where: str) -> np.ndarray:
    """Rows of numbers as text → (n, 48, 48) uint8."""
    text = np.frombuffer(b"\n".join([value for _, value in block] + [b""]), np.uint8)
    lengths = np.array([len(value) + 1 for _, value in block])
    digit = text - np.uint8(48)  # anything but a digit wraps to 10 or more
    is_digit = digit < 10
    digit *= is_digit
    value = digit.astype(np.uint16)
    value[1:] += digit[:-1] * np.uint16(10)
    value[2:] += digit[:-2] * is_digit[1:-1] * np.uint16(100)
    last = is_digit[:-1] & ~is_digit[1:]  # a number's last digit
    long = is_digit[3:] & is_digit[2:-1] & is_digit[1:-2] & is_digit[:-3]
    numbers = value[:-1][last]
    counts = np.add.reduceat(np.append(last, False), lengths.cumsum() - lengths, dtype=np.int64)
    clean = np.count_nonzero(is_digit) + np.count_nonzero(text == 32) == len(text) - len(block)
    if not clean or long.any() or (counts != PIXELS).any() or numbers.max() > 255:
        for number, row in block:
            _explain(row, f"{where}, line {number}")
    return numbers.astype(np.uint8).reshape(-1, SIZE, SIZE)


def _explain(row: bytes, at: str) -> None:
    """Raise what is wrong with a row of pixels, if anything is."""
    words = row.split(b" ")
    for i, word in enumerate(filter(None, words)):
        if not word.isdigit() or len(word) > 3 or int(word) > 255:
            raise UserError(
                f"{at}: pixel {i} is {_shown(word)}; whole numbers 0 to 255 are allowed"
            )
    count = len(list(filter(None, words)))
    if count != PIXELS:
        raise UserError(f"{at}: {count} pixels; {PIXELS} (48 × 48) are needed")


def _shown(value: bytes) -> str:
    return repr(value[:20].decode(errors="replace")) + ("…" if len(value) > 20 else "")
