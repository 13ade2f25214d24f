"""Hold FER+'s votes beside FER2013's labels and beside the shipped network, for "Who is right?".

    python experiments/people.py --data fer2013.zip --votes ferplus.csv

`--data` is the zip of images, or fer2013.csv with FER+'s own fer2013new.csv as `--votes`. Counts
and shares go to book/results/people.json; no face and no single vote is stored.
"""

import zipfile
from pathlib import Path

import numpy as np
import tyro

from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.data.votes import MISSING, read_votes
from fer_lib.errors import UserError
from fer_lib.loading import load_faces
from fer_lib.store import write_json
from fer_lib.studies import people
from fer_lib.training.run import load


def image_names(path: Path, prefix: str, faces: int) -> list[str] | str:
    """The image files of PublicTest in the order in which they are read; for a csv its usage."""
    if path.suffix == ".csv":
        return prefix
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if Path(n).name.startswith(prefix))
    if len(names) != faces:
        raise UserError(f"{path}: {len(names)} files of {prefix}, but {faces} faces are read")
    return names


def main(data: Path, votes: Path, folder: Path = Path("book/results")) -> None:
    """Compute every number of the page and store it."""
    faces, run = load_faces(str(data)), load("compact")
    run.verify(faces)
    split = faces.validation
    counts = read_votes(votes, image_names(data, "PublicTest", len(split)))
    known = np.flatnonzero(counts[:, 0] != MISSING)
    copies = near_duplicates(split.images[known], faces.train.images)
    numbers = people.summary(
        split.labels[known], run.predictions.probabilities[known], counts[known], copies
    )
    print(write_json(folder / "people.json", {"network": "compact"} | {"numbers": numbers}))


if __name__ == "__main__":
    tyro.cli(main)
