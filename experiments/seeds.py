"""Train from several seeds, and store what is left of it.

python experiments/seeds.py --data embedded --model deep
python experiments/seeds.py --data ../fer2013.zip --epochs 30
"""

from pathlib import Path

import tyro

from fer_lib.loading import load_faces, load_or_train
from fer_lib.report.export import result_of
from fer_lib.store import write_result
from fer_lib.training.recipe import Recipe


def main(
    data: str = "embedded",
    model: str = "deep",
    epochs: int | None = None,
    seeds: tuple[int, ...] = (0, 1, 2),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet and store the results."""
    for seed in seeds:
        run = load_or_train(Recipe(data=data, model=model, epochs=epochs, seed=seed), runs)
        print(write_result(result_of(run, load_faces(data)), folder))


if __name__ == "__main__":
    tyro.cli(main)
