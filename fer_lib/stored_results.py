"""Small results of long runs, stored without weights and without faces: `book/results/run-*.json`.

Pages read several seeds and smaller training sets from there; where nothing is stored they show
the one run at hand. `experiments/seeds_and_shares.py` writes them, and `fer-lib export`.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer_lib.data.faceset import FaceSet
from fer_lib.questions.confusion import accuracy, matrix
from fer_lib.store import save
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run

FREE = ("data", "seed", "precision")  # what may differ between runs that are compared


@dataclass(frozen=True)
class Result:
    """What is left of a run.

    `data` is a name, `faces` the hash of the whole set, `share` the part of its training faces
    that was used (`train_faces` of them), `choices` the recipe but for FREE, `matrix` (7, 7) the
    confusions on validation. An export adds `ten_views`, the confusions of the mean over ten
    views of each face (`Run.predict`), `no_twin`, the confusions on faces that have no twin in
    train (`near_duplicates`), and `facts`: seconds, machine, versions and calibration.
    """

    data: str
    faces: str
    share: float
    train_faces: int
    seed: int
    choices: dict[str, Any]
    history: pd.DataFrame
    matrix: np.ndarray
    ten_views: np.ndarray | None = None
    no_twin: np.ndarray | None = None
    facts: dict[str, Any] | None = None

    @property
    def steps(self) -> float:
        """The length of training, in epochs of the whole set."""
        return self.choices["epochs"] * self.share


def of(run: Run, faces: FaceSet, share: float = 1.0) -> Result:
    """The result of a run on `faces`."""
    predictions = run.predictions
    return Result(
        data=Path(run.recipe.data).stem,
        faces=run.manifest["data"],
        share=share,
        train_faces=len(faces.train),
        seed=run.recipe.seed,
        choices=choices(run.recipe),
        history=run.history.drop(columns="seconds"),
        matrix=matrix(predictions.labels, predictions.probabilities),
    )


def choices(recipe: Recipe) -> dict[str, Any]:
    """What must be equal for two runs to be runs of one recipe."""
    values = asdict(recipe.resolved()) | {
        "image_sizes": list(recipe.image_sizes)
    }  # as json gives it back
    return {key: value for key, value in values.items() if key not in FREE}


def write(result: Result, folder: str | Path) -> Path:
    """Store one result; a newer one of the same recipe, share and seed takes its place."""
    history = result.history.round(6).to_dict(orient="list")
    return save(Path(folder) / f"run-{stem(result)}.json", asdict(result) | {"history": history})


def stem(result: Result) -> str:
    """What tells a result's files from those of others: readable, then a hash of the choices."""
    model, epochs = result.choices["model"], result.choices["epochs"]
    digest = hashlib.sha256(json.dumps(result.choices, sort_keys=True).encode()).hexdigest()
    return f"{result.data}-{model}-{epochs}-{result.share:g}-{result.seed}-{digest[:6]}"


def read(folder: str | Path) -> list[Result]:
    """All stored results, in the order of their names; none where the folder is absent."""
    results = []
    for path in sorted(Path(folder).glob("run-*.json")):
        values = json.loads(path.read_text())
        values["history"] = pd.DataFrame(values["history"])
        for name in ("matrix", "ten_views", "no_twin"):
            values[name] = None if values[name] is None else np.array(values[name])
        results.append(Result(**values))
    return results


def seeds(stored: Iterable[Result], mine: Result) -> list[Result]:
    """`mine` and its like, trained on the same faces by the same recipe from other seeds."""
    alike = [r for r in stored if (r.faces, r.choices, r.share) == (mine.faces, mine.choices, 1)]
    return sorted([mine, *(r for r in alike if r.seed != mine.seed)], key=lambda r: r.seed)


def shares(stored: Iterable[Result], mine: Result) -> list[Result]:
    """`mine` and its like, trained as many steps on all or on a part of the same faces."""
    alike = [
        r
        for r in stored
        if r.faces == mine.faces
        and r.choices | {"epochs": 0} == mine.choices | {"epochs": 0}
        and np.isclose(r.steps, mine.steps, rtol=0.1)
        and (r.share, r.seed) != (1, mine.seed)
    ]
    return sorted([mine, *alike], key=lambda r: (r.share, r.seed))


def by_recipe(stored: Iterable[Result], data: str) -> list[list[Result]]:
    """The results on all of `data`: a list a recipe of a result a seed, the most accurate first."""
    groups: dict[str, list[Result]] = {}
    for result in stored:
        if (result.data, result.share) == (data, 1):
            groups.setdefault(json.dumps(result.choices, sort_keys=True), []).append(result)
    return sorted(groups.values(), key=lambda group: -np.mean([accuracy(r.matrix) for r in group]))
