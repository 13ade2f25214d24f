"""Grade the saliency methods on 200 faces of each of three networks, for question 4.

    python experiments/saliency_grade.py

Trains what is not there yet and writes to book/results/; no face is stored.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import tyro

from fer_lib import store
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions import selection
from fer_lib.studies import ablation, saliency_benchmark
from fer_lib.training.recipe import Recipe


def main(
    faces: int = 200,
    seeds: tuple[int, ...] = (0, 1, 2),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Grade `faces` of each network: all together, and each network's own mean."""
    graded: list[saliency_benchmark.Grade] = []
    data = load_faces("embedded")
    for seed in seeds:
        run = load_or_train(Recipe(model="shallow", seed=seed), runs)
        found = run.predictions
        chosen = selection.recognised(found.labels, found.probabilities, -(-faces // 6))
        truth = ablation.truth(
            run.model, [face for face in data.validation[chosen].truth or () if face.units][:faces]
        )
        graded.append(saliency_benchmark.grade(run.model, truth, data.train))
        print(f"seed {seed}: {len(truth)} faces", flush=True)
    pooled = {
        name: pd.concat([one.scores[name] for one in graded], ignore_index=True)
        for name in graded[0].scores
    }
    by_seed = pd.concat(
        [one.table.assign(seed=seed) for one, seed in zip(graded, seeds, strict=True)]
    )
    ahead = saliency_benchmark.margins(pooled, graded[0].baselines)
    store.write(
        folder / "saliency_grade.json",
        {"faces": faces, "seeds": list(seeds), "area": np.mean([one.area for one in graded])},
        table=saliency_benchmark.table(pooled),
        by_seed=by_seed,
        margins=ahead,
    )
    print(saliency_benchmark.wide(saliency_benchmark.table(pooled)).to_string())
    print(ahead.round(3).to_string())


if __name__ == "__main__":
    tyro.cli(main)
