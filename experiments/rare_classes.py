"""What helping rare classes costs and gains on FER2013: train the recipe `fast` again.

    python experiments/rare_classes.py --data ../fer2013.zip

Each way is trained from each seed. The confusion matrices are stored; the page of FER2013 compares
them with those of `fast` itself, which `fer-lib export` has stored.
"""

from dataclasses import replace
from pathlib import Path

import tyro

from fer_lib.loading import load_or_train
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
    matrices: dict[str, dict[str, list[list[int]]]] = {}
    for way, value in WAYS.items():
        matrices[way] = {}
        for seed in seeds:
            recipe = replace(named("fast", data=data, seed=seed), **value)
            said = load_or_train(recipe, runs).predictions
            matrices[way][str(seed)] = matrix(said.labels, said.probabilities).tolist()
    path = folder / f"rare_classes_{Path(data).stem}.json"
    print(write_json(path, {"recipe": "fast", "matrices": matrices}))


if __name__ == "__main__":
    tyro.cli(main)
