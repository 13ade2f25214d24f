"""What helping rare classes costs and gains on FER2013: train the recipe `fast` again.

    python experiments/rare_classes.py --data ../fer2013.zip

Each way is trained from each seed. Two confusion matrices are stored, of all faces and of those
without a near-duplicate in train. The page of FER2013 compares them with those of `fast` itself,
which `fer-lib export` stores: train and export it on the same machine.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import tyro

from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions.confusion import matrix
from fer_lib.store import write_json
from fer_lib.training.recipes import named

WAYS = {
    "class weights": {"class_weights": True},
    "balanced sampling": {"balanced_sampling": True},
}


def main(
    data: str,
    seeds: tuple[int, ...] = (0, 1, 2),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet and store the counts."""
    faces = load_faces(data)
    new = ~near_duplicates(faces.validation.images, faces.train.images)
    every = np.ones(len(new), bool)
    matrices: dict[str, dict[str, dict[str, list]]] = {way: {} for way in WAYS}
    for way, value in WAYS.items():
        for seed in seeds:
            recipe = replace(named("fast", data=data, seed=seed), **value)
            said = load_or_train(recipe, runs).predictions
            matrices[way][str(seed)] = {
                name: matrix(said.labels[some], said.probabilities[some]).tolist()
                for name, some in (("matrix", every), ("new_faces", new))
            }
    path = folder / f"rare_classes_{Path(data).stem}.json"
    print(write_json(path, {"recipe": "fast", "matrices": matrices}))


if __name__ == "__main__":
    tyro.cli(main)
