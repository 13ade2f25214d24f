"""What other places take from a page: the tables behind its figures, and its pictures.

Tables travel inside the notebook as outputs that show nothing (glue's way), so that the committed
notebook is all that the book needs; the book offers them as csv.
"""

import base64
import json
from pathlib import Path

import pandas as pd
from IPython.display import display

PREFIX = "application/papermill.record/"  # myst-nb takes such outputs as data, not as display
CSV = PREFIX + "text/csv"


def attach_csv(**frames: pd.DataFrame) -> None:
    """Offer each frame under its name: `attach_csv(recall=frame)` becomes recall.csv."""
    for name, frame in frames.items():
        index = not isinstance(frame.index, pd.RangeIndex)
        text = frame.to_csv(index=index, float_format="%.6g", lineterminator="\n")
        record = {"scrapbook": {"name": name, "mime_prefix": PREFIX}}
        display({CSV: text}, metadata=record, raw=True)


def tables(notebook: Path) -> dict[str, str]:
    """What `attach_csv` stored in a notebook: name → csv text."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return {
        output["metadata"]["scrapbook"]["name"]: "".join(output["data"][CSV])
        for output in outputs
        if CSV in output.get("data", {})
    }


def first_picture(notebook: Path, cell_id: str) -> tuple[bytes | None, str]:
    """The PNG that a cell shows first, or None, and the cell's alt text."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []) if cell.get("id") == cell_id else []:
            if "image/png" in output.get("data", {}):
                alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
                # a notebook may hold text as a list of its lines
                return base64.b64decode("".join(output["data"]["image/png"])), alt
    return None, ""
