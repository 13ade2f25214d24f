"""Parquet tables, as Hugging Face keeps data sets: rows of text, numbers, pictures' bytes.

pyarrow reads them where it is installed; pyproject.toml does not name it: large, and few need it.
"""

import importlib
import json
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np

from fer_lib.data.archives import LARGEST, damage
from fer_lib.data.faceset import SIZE
from fer_lib.errors import UserError

MAGIC = b"PAR1"
PIXELS = ("struct", "list", "large_list", "binary", "large_binary")  # types of a picture
BATCH = 256  # rows at once: a picture may have megabytes


def column_names(stream: IO[bytes], at: str) -> list[str]:
    """The columns' names; one of pictures or of lists is called pixels."""
    return [
        "pixels" if str(field.type).startswith(PIXELS) else field.name
        for field in _open(stream, at).schema_arrow
    ]


def rows(stream: IO[bytes], at: str) -> Iterator[list[str | bytes]]:
    """Each row's values as text, a picture as its file's bytes; numbers of named classes by name.

    Raises UserError where pyarrow is absent, and for a table that it does not read.
    """
    file = _open(stream, at)
    groups = [file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups)]
    if max(sum(groups), file.metadata.num_rows * SIZE**2) > LARGEST:
        raise UserError(f"{at}: unpacks to more than {LARGEST >> 30} GB")
    try:
        names = _class_names(file.schema_arrow.metadata or {})
        for batch in file.iter_batches(BATCH):
            columns = [
                [_text(value, names.get(name, ())) for value in column.to_pylist()]
                for name, column in zip(batch.schema.names, batch.columns, strict=True)
            ]
            yield from map(list, zip(*columns, strict=True))
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{at}: {damage(error)}") from error


def _open(stream: IO[bytes], at: str) -> Any:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise UserError(f"{at}: a parquet table; to have it read: pip install pyarrow") from None
    try:
        return parquet.ParquetFile(stream)
    except (OSError, ValueError) as error:
        raise UserError(f"{at}: {damage(error)}") from error


def _class_names(metadata: dict[bytes, bytes]) -> dict[str, list[str]]:
    """Column → the names that Hugging Face keeps for the numbers of its classes."""
    features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    return {name: feature["names"] for name, feature in features.items() if "names" in feature}


def _text(value: Any, names: Sequence[str]) -> str | bytes:
    if isinstance(value, dict):  # an image of Hugging Face: its bytes and its path
        value = value.get("bytes")
    if isinstance(value, list):
        return " ".join(map(str, np.ravel(value)))
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    return value if isinstance(value, bytes) else "" if value is None else str(value)
