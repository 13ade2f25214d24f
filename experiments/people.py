"""Hold FER+'s votes beside FER2013's labels and beside the shipped network, for "Who is right?".

    python experiments/people.py --data fer2013.zip --votes ferplus.csv

`--data` is the zip of images or fer2013.csv, `--votes` the fer2013new.csv of FER+. Counts
and shares go to book/results/people.json; no face and no single vote is stored.
"""

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
from fer_lib.loading import load_faces
from fer_lib.questions.intervals import mean_interval
from fer_lib.store import write_json
from fer_lib.studies import people
from fer_lib.training.run import load


def together(labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """How often the label is guessed from the votes, from the network, and from both.

    By a logistic regression, ten-fold; and what each adds to the other, with its interval over
    faces.
    """
    features = {"votes": votes, "network": np.log(np.maximum(probabilities, 1e-6))}
    features["both"] = np.hstack(list(features.values()))
    right = {}
    for name, x in features.items():
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        right[name] = (cross_val_predict(model, x, labels, cv=10) == labels).astype(float)
    return {
        **{name: float(hits.mean()) for name, hits in right.items()},
        "network_adds": mean_interval(right["both"] - right["votes"]),
        "votes_add": mean_interval(right["both"] - right["network"]),
    }


def main(data: Path, votes: Path, folder: Path = Path("book/results")) -> None:
    """Compute every number of the page and store it."""
    faces, run = load_faces(str(data), votes), load("compact")
    split = run.verify(faces).validation
    trained, train_votes = people.voted(faces.train)
    known, votes_of = people.voted(split)
    labels, probabilities = split.labels[known], run.predictions.probabilities[known]
    new = ~near_duplicates(split.images[known], faces.train.images)
    numbers = people.summary(labels, probabilities, votes_of, ~new)
    guess = HistGradientBoostingClassifier(random_state=0)
    guess.fit(train_votes, faces.train.labels[trained])
    numbers["guess"] = float(guess.score(votes_of, labels))
    numbers["guess_new"] = float(guess.score(votes_of[new], labels[new]))
    numbers["together"] = together(labels[new], probabilities[new], votes_of[new])
    print(write_json(folder / "people.json", {"network": "compact"} | {"numbers": numbers}))


if __name__ == "__main__":
    tyro.cli(main)
