"""Hold FER+'s votes beside FER2013's labels and beside the shipped network, for "Who is right?".

    python experiments/people.py --data fer2013.zip --votes ferplus.csv

`--data` is the zip of images, or fer2013.csv with FER+'s own fer2013new.csv as `--votes`. Counts
and shares go to book/results/people.json; no face and no single vote is stored.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.data.votes import MISSING, read_votes
from fer_lib.errors import UserError
from fer_lib.loading import load_faces
from fer_lib.questions.intervals import mean_interval
from fer_lib.store import write_json
from fer_lib.studies import people
from fer_lib.training.run import load


def image_names(path: Path, prefix: str, faces: int) -> list[str] | str:
    """The image files of a split in the order in which they are read; for a csv its usage."""
    if path.suffix == ".csv":
        return prefix
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if Path(n).name.startswith(prefix))
    if len(names) != faces:
        raise UserError(f"{path}: {len(names)} files of {prefix}, but {faces} faces are read")
    return names


def together(
    labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray, new: np.ndarray
) -> dict[str, Any]:
    """How often the label is guessed from the votes, from the network, and from both.

    By a logistic regression, ten-fold, on faces without a near-duplicate in Training; and what
    each adds to the other, with its interval over faces.
    """
    features = {"votes": votes[new], "network": np.log(np.maximum(probabilities[new], 1e-6))}
    features["both"] = np.hstack(list(features.values()))
    right = {}
    for name, x in features.items():
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        right[name] = (cross_val_predict(model, x, labels[new], cv=10) == labels[new]).astype(float)
    return {
        **{name: float(hits.mean()) for name, hits in right.items()},
        "network_adds": mean_interval(right["both"] - right["votes"]),
        "votes_add": mean_interval(right["both"] - right["network"]),
    }


def main(data: Path, votes: Path, folder: Path = Path("book/results")) -> None:
    """Compute every number of the page and store it."""
    faces, run = load_faces(str(data)), load("compact")
    run.verify(faces)
    split = faces.validation
    counts = read_votes(votes, image_names(data, "PublicTest", len(split)))
    known = np.flatnonzero(counts[:, 0] != MISSING)
    copies = near_duplicates(split.images[known], faces.train.images)
    labels, probabilities = split.labels[known], run.predictions.probabilities[known]
    numbers = people.summary(labels, probabilities, counts[known], copies)
    train_counts = read_votes(votes, image_names(data, "Training", len(faces.train)))
    with_votes = train_counts[:, 0] != MISSING
    guess = HistGradientBoostingClassifier(random_state=0)
    guess.fit(train_counts[with_votes], faces.train.labels[with_votes])
    numbers["guess"] = float(guess.score(counts[known], labels))
    numbers["guess_new"] = float(guess.score(counts[known][~copies], labels[~copies]))
    numbers["together"] = together(labels, probabilities, counts[known], ~copies)
    print(write_json(folder / "people.json", {"network": "compact"} | {"numbers": numbers}))


if __name__ == "__main__":
    tyro.cli(main)
