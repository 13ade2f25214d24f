"""Tables of long runs, stored as JSON under `book/results/`; no faces."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from fer_lib.files import replacing


def write(path: str | Path, facts: dict[str, Any], **tables: pd.DataFrame) -> None:
    """Store facts and named tables in one file."""
    records = {  # json knows no nan
        name: table.round(4).astype(object).where(table.notna(), None).to_dict("records")
        for name, table in tables.items()
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(facts | records, indent=1) + "\n")


def read(path: str | Path, table: str) -> pd.DataFrame | None:
    """One table of a file; None where the file is absent."""
    if not Path(path).is_file():
        return None
    return pd.DataFrame(json.loads(Path(path).read_text())[table])
