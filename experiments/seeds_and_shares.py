"""Train from several seeds and on parts of the training faces, and store what is left of it.

    python experiments/seeds_and_shares.py --data embedded --model deep
    python experiments/seeds_and_shares.py --data ../fer2013.zip --epochs 30 --shares 1

A part is the first faces of one fixed shuffle, so that each holds the smaller ones; it is trained
for as many steps as the whole, so that less data does not mean less training.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import tyro

from fer_lib.data.faceset import FaceSet
from fer_lib.loading import load_faces, load_or_train
from fer_lib.report.export import result_of
from fer_lib.store import Result, write_result
from fer_lib.training.recipe import Recipe


def write_part(faces: FaceSet, chosen: np.ndarray, path: Path) -> None:
    """Write the training faces at `chosen` and all validation faces as a fer2013.csv."""
    images = np.concatenate([faces.train.images[chosen], faces.validation.images])
    labels = np.concatenate([faces.train.labels[chosen], faces.validation.labels])
    usage = np.repeat(["Training", "PublicTest"], [len(chosen), len(faces.validation)])
    pixels = [" ".join(map(str, image.ravel())) for image in images]
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame({"emotion": labels, "pixels": pixels, "Usage": usage})
    table.to_csv(path, index=False)


def trained_on_part(recipe: Recipe, share: float, runs: Path) -> Result:
    """A run on a part of the faces, filed under the whole that it is a part of."""
    whole = load_faces(recipe.data)
    path = runs / "parts" / f"{whole.fingerprint[:10]}-{share:g}.csv"
    if not path.exists():
        order = np.random.default_rng(0).permutation(len(whole.train))
        write_part(whole, np.sort(order[: round(share * len(order))]), path)
    epochs = round(recipe.total_epochs / share)
    part = replace(recipe, data=str(path), epochs=epochs)
    run = load_or_train(part, runs)
    stem = Path(recipe.data).stem
    return replace(result_of(run, load_faces(part.data), share), data=stem, faces=whole.fingerprint)


def main(
    data: str = "embedded",
    model: str = "deep",
    epochs: int | None = None,
    seeds: tuple[int, ...] = (0, 1, 2),
    shares: tuple[float, ...] = (1.0, 0.5, 0.25, 0.125),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet and store the results; parts are trained from the first seed."""
    for share in shares:
        for seed in seeds if share == 1 else seeds[:1]:
            recipe = Recipe(data=data, model=model, epochs=epochs, seed=seed)
            if share == 1:
                result = result_of(load_or_train(recipe, runs), load_faces(data))
            else:
                result = trained_on_part(recipe, share, runs)
            print(write_result(result, folder))


if __name__ == "__main__":
    tyro.cli(main)
