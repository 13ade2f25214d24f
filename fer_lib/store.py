"""What is left of long runs, stored as JSON under `book/results/`; no faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer_lib.files import atomic_write


def write(path: str | Path, facts: dict[str, Any], **tables: pd.DataFrame) -> None:
    """Store facts and named tables in one file."""
    save(path, facts | {name: records(table) for name, table in tables.items()})


def records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """A table as JSON takes it: a dictionary a row, numbers to four places, None for nan."""
    return table.round(4).astype(object).where(table.notna(), None).to_dict("records")


def save(path: str | Path, values: dict[str, Any], indent: int | None = 1) -> Path:
    """Store values and arrays as JSON; return the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        text = json.dumps(values, indent=indent, default=np.ndarray.tolist)
        temporary.write_text(text + "\n")
    return path


def read(path: str | Path) -> dict[str, Any] | None:
    """What a file holds, each table a frame; None where it is absent."""
    if not Path(path).is_file():
        return None
    values = json.loads(Path(path).read_text())
    return {k: pd.DataFrame(v) if isinstance(v, list) else v for k, v in values.items()}
