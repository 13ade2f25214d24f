"""How much a network owes to the photographs that it was shown: train once without near-duplicates.

    python experiments/near_duplicates.py --data ../fer2013.zip

The recipe `fast` is trained on all training faces, and without those of which validation holds
the photograph too. What each then says of validation's faces is stored as counts, of the
near-duplicates and of the rest: rows are right or wrong when trained on all, columns when trained
without them.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from parts import write_part

from fer_lib.data.near_duplicates import LOOKED_FOR, near_duplicates
from fer_lib.files import digest
from fer_lib.loading import load_faces, load_or_train
from fer_lib.store import write_json
from fer_lib.training.recipes import named
from fer_lib.training.run import Run


def right(run: Run) -> np.ndarray:
    """Which faces of validation the run names as they are labelled: (N,) bool."""
    return run.predictions.probabilities.argmax(1) == run.predictions.labels


def main(
    data: str,
    seed: int = 0,
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Train what is not there yet and store the counts."""
    recipe, faces = named("fast", data=data, seed=seed), load_faces(data)
    in_validation = near_duplicates(faces.train.images, faces.validation.images)
    # named by what is left out: another search for near-duplicates makes another part
    part = digest([faces.fingerprint, np.flatnonzero(in_validation).tolist()])[:10]
    path = runs / "parts" / f"{part}-no-near-duplicates.csv"
    if not path.exists():
        write_part(faces, np.flatnonzero(~in_validation), path)
    on_all, without = (
        right(load_or_train(r, runs)) for r in (recipe, replace(recipe, data=str(path)))
    )
    in_train = near_duplicates(faces.validation.images, faces.train.images)

    def counts(some: np.ndarray) -> list[list[int]]:
        return [[int((some & a & b).sum()) for b in (without, ~without)] for a in (on_all, ~on_all)]

    facts: dict[str, Any] = {
        "recipe": "fast",
        "seed": seed,
        "data": Path(data).stem,
        "copies": f"perhaps {LOOKED_FOR}",
        "left_out": int(in_validation.sum()),
    }
    facts |= {"near_duplicates": counts(in_train), "rest": counts(~in_train)}
    print(write_json(folder / f"memorisation_{Path(data).stem}.json", facts))


if __name__ == "__main__":
    tyro.cli(main)
