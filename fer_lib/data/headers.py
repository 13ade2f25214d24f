"""The first line of a table: which column holds the labels, the pixels, the split, the names."""

import csv
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from fer_lib.data import parquet
from fer_lib.data.archives import CSV, Source, foreign_kind
from fer_lib.data.class_names import CLASSES
from fer_lib.data.faceset import EXPRESSIONS, SIZE
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing

PIXELS = SIZE * SIZE
LONGEST = 1 << 17  # bytes a line; a row of FER2013 has at most 9,230
COLUMNS = {  # role → how people call such a column
    "label": "emotion label",
    "pixels": "pixels feature",
    "usage": "usage split set subset partition",
    "id": "id image images img filename file_name file path filepath file_path image_path",
}
# what they call it too; such a column counts where no other has its role, and that is said
ALSO = {
    "label": {"class", "labels", "target", "expression", "emotion_label", "label_name", "category"},
    "id": {"image_name", "image_id", "img_path", "picture", "subdirectory_filepath"},
}
ROLES = {name: role for role, names in COLUMNS.items() for name in names.split()}


@dataclass(frozen=True)
class Header:
    """A table's separator and its known columns: role (label, pixels, usage, id) → its fields."""

    separator: str | None  # None: parquet
    columns: dict[str, slice]
    others: dict[str, int]  # name → field of those that are left alone
    also: dict[str, str]  # role → name of a column that is read by one of ALSO
    names: Sequence[str]

    @property
    def described(self) -> str:
        """The columns in words; of one a class, what to do with them too."""
        few = [*self.names[:8], f"{len(self.names) - 8} more"] if self.names[9:] else self.names
        text = f"the columns {printable(listing(few))}"
        if len({CLASSES[name] for name in self.names if name in CLASSES}) < len(EXPRESSIONS):
            return text
        return (f"{text}, a column a class; make one column label of these, as pandas does by "
                "table['label'] = table[classes].idxmax(axis=1)")  # fmt: skip


def read_header(source: Source, member: str) -> Header:
    """The first line; `UserError` where it is no text or names a column of one role twice."""
    at = source.at(member)
    with source.open(member) as stream:
        line, row = stream.readline(LONGEST), stream.readline(LONGEST)
    if not line.strip():
        raise UserError(f"{at}: empty; a header and rows are needed")
    values: list[str] = []
    if line.startswith(parquet.MAGIC):
        with source.open(member) as stream:
            separator, names = None, parquet.column_names(stream, at)
    elif kind := foreign_kind(line):
        raise UserError(f"{at}: {kind}")
    else:
        separator, names = _split_header(line, at)
        with suppress(csv.Error):  # what is wrong in a row is said when it is read
            values = next(csv.reader([row.decode(errors="replace")], delimiter=separator), [])
    names = [name.strip('" \r\n').lower() for name in names]
    pixels = _pixel_columns(names, at)
    columns = {"pixels": pixels} if pixels else {}
    for i, name in enumerate(names):
        if role := ROLES.get(name):
            if role == "id" and _are_pixels(" ".join(values[i : i + 1])):
                role = "pixels"
            if role in columns:
                raise UserError(f"{at}: two columns of {role}, the second is {name!r}; keep one")
            columns[role] = slice(i, i + 1)
    also = {role: [n for n in names if n in ALSO[role]] for role in ALSO if role not in columns}
    also = {role: called[0] for role, called in also.items() if len(called) == 1}
    columns |= {role: slice(i := names.index(name), i + 1) for role, name in also.items()}
    # pandas' index has no name
    known = {"", *ROLES, *also.values(), *names[pixels or slice(0)]}
    others = {name: i for i, name in enumerate(names) if name not in known}
    return Header(separator, columns, others, also, names)


def _split_header(line: bytes, at: str) -> tuple[str, list[str]]:
    """A csv's separator and the names in its first line."""
    if b"\0" in line and not line.startswith((b"\xff\xfe", b"\xfe\xff")):  # that is UTF-16
        raise UserError(f"{at}: no text; if it holds FER2013's faces, {CSV}")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{at}: not UTF-8 text; save it as UTF-8") from None
    if text.lower().startswith("sep="):
        raise UserError(f"{at}: a first line {text.strip()} as Excel writes it; remove that line")
    if "\r" in text.rstrip():
        raise UserError(f"{at}: lines that end in \\r alone; save the csv once more")
    # spreadsheets set to German or French write ; and call it csv
    separator = max(",;\t", key=text.count)
    return separator, next(
        csv.reader([text.strip("\r\n")], delimiter=separator, skipinitialspace=True)
    )


def _pixel_columns(names: Sequence[str], at: str) -> slice | None:
    """The columns pixel0, pixel1, … or 0, 1, …; None where a picture is one field."""
    numbered = [i for i, name in enumerate(names) if re.fullmatch(r"(pixel|px)?[ _]?\d+", name)]
    order = [int(re.sub(r"\D", "", names[i])) for i in numbered]
    in_order = {1} == set(np.diff(order)) == set(np.diff(numbered))
    if any(map(_are_pixels, names)) or (
        len(numbered) > SIZE and names[numbered[-1]].isdecimal() and not in_order
    ):
        raise UserError(f"{at}: a first line of pixels, where the columns' names are needed; write "
                        "a line like emotion,pixels,Usage above it")  # fmt: skip
    if len(numbered) <= SIZE:
        return None
    if len(numbered) != PIXELS:
        raise UserError(f"{at}: {len(numbered)} columns of pixels; {PIXELS} ({SIZE} × {SIZE}) are "
                        "needed")  # fmt: skip
    if not in_order:
        raise UserError(f"{at}: the columns of pixels are not side by side in the order of their "
                        "numbers; sort them so")  # fmt: skip
    return slice(numbered[0], numbered[-1] + 1)


def _are_pixels(text: str) -> bool:
    return len(re.findall(r"\d+", text)) > SIZE
