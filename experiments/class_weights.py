"""What class weights cost and gain on FER2013: train the recipe `fast` with them, seed by seed.

    python experiments/class_weights.py --data ../fer2013.zip

The confusion matrices are stored; the page of FER2013 compares them with those of `fast` itself,
which `fer-lib export` has stored.
"""

from dataclasses import replace
from pathlib import Path

import tyro

from fer_lib.loading import load_or_train
from fer_lib.questions.confusion import matrix
from fer_lib.store import write_json
from fer_lib.training.recipes import named


def main(
    data: str,
    seeds: tuple[int, ...] = (0, 1, 2),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet and store the counts."""
    matrices = {}
    for seed in seeds:
        recipe = replace(named("fast", data=data, seed=seed), class_weights=True)
        said = load_or_train(recipe, runs).predictions
        matrices[str(seed)] = matrix(said.labels, said.probabilities).tolist()
    path = folder / f"class_weights_{Path(data).stem}.json"
    print(write_json(path, {"recipe": "fast", "matrices": matrices}))


if __name__ == "__main__":
    tyro.cli(main)
