"""The one entry to all data."""

from pathlib import Path

from fer_lib.data.faceset import FaceSet
from fer_lib.data.readers import read_faces


def load_faces(data: str) -> FaceSet:
    """The faces called `data`: "embedded", or the path of a FER2013 in any of its formats."""
    if data == "embedded":
        from fer_lib.data.faces import embedded

        return embedded()
    return read_faces(Path(data).expanduser())
