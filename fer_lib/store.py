"""What is left of long runs, under `book/results/`, without weights and without faces.

`run-*.json` holds a run's numbers, `view-*.json` its means and patterns, `predictions-*.npz` its
labels (N,) and probabilities (N, K) of validation, for studies to come; any other file facts and
tables. Pages read several seeds from there.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer_lib.files import atomic_write, digest, write_text
from fer_lib.networks.models import identity
from fer_lib.training.recipe import Recipe, chosen
from fer_lib.training.run import Predictions

FREE = ("data", "seed", "precision")  # what may differ between runs that are compared
DIGITS = {"faces": 0, "heat": 5, "patterns": 2}  # of a view's pictures, as they are stored


@dataclass(frozen=True)
class Result:
    """What is left of a run.

    `data` is a name, `faces` the hash of the whole set, `share` the part of its training faces
    that was used (`train_faces` of them), `choices` the recipe but for FREE, `matrix` (K, K) the
    confusions on validation. An export adds `ten_views`, the confusions of the mean over ten
    views of each face (`Run.predict`), `new_faces`, the confusions on faces that have no
    near-duplicate in train, and `facts`: seconds, machine, versions and calibration.
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
    new_faces: np.ndarray | None = None
    facts: dict[str, Any] | None = None

    @property
    def accuracy(self) -> float:
        """The share of validation faces that is right; nan where there is none."""
        return float(self.matrix.trace() / (self.matrix.sum() or np.nan))

    @property
    def stem(self) -> str:
        """What tells its files from those of others: readable, then a hash of the choices."""
        model, epochs = self.choices["model"].split()[0], self.choices["epochs"]
        choices = digest(self.choices)[:6]
        return f"{self.data}-{model}-{epochs}-{self.share:g}-{self.seed}-{choices}"


@dataclass(frozen=True)
class View:
    """What a run sees, class by class, what decides for it, and what its filters look for.

    Shapes: counts (7,), the faces of each class under its means; faces (7, 48, 48), their mean in
    0..255; heat (7, 48, 48), the mean size of the gradient of the class's logit; both nan for a
    class of few faces. patterns (F, S, S) in 0..1, names (F,), of ShallowCNN alone: the last
    filters of the others see so much that a pattern might show a face.
    """

    counts: np.ndarray
    faces: np.ndarray
    heat: np.ndarray
    patterns: np.ndarray
    names: list[str]


def write_json(path: str | Path, values: dict[str, Any], indent: int | None = 1) -> Path:
    """Store values, arrays and tables; return the path.

    A table becomes a dictionary a row, its numbers to four places, None for nan.
    """
    path = Path(path)
    write_text(path, json.dumps(values, indent=indent, default=_plain) + "\n")
    return path


def _plain(value: np.ndarray | pd.DataFrame) -> list:
    if isinstance(value, pd.DataFrame):
        return value.round(4).astype(object).where(value.notna(), None).to_dict("records")
    # an array; what is neither is an error that json reports
    return value.tolist()


def read_tables(path: str | Path) -> dict[str, Any] | None:
    """The facts and tables of a file, each table a frame; None where it is absent."""
    if not Path(path).is_file():
        return None
    values = json.loads(Path(path).read_text())
    return {k: pd.DataFrame(v) if _is_table(v) else v for k, v in values.items()}


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def recipe_choices(recipe: Recipe) -> dict[str, Any]:
    """What must be equal for two runs to be runs of one recipe."""
    values = chosen(recipe.resolved())
    values["image_sizes"] = list(recipe.image_sizes)  # as json gives it back
    values["model"] = identity(recipe.model)  # one of the user's own without its path
    if recipe.teachers:  # neither with theirs
        values["teachers"] = [Path(teacher).name for teacher in recipe.teachers]
    return {key: value for key, value in values.items() if key not in FREE}


def write_result(result: Result, folder: str | Path) -> Path:
    """Store one result; a newer one of the same recipe, share and seed takes its place."""
    history = result.history.round(6).to_dict(orient="list")
    values = asdict(result) | {"history": history}
    return write_json(Path(folder) / f"run-{result.stem}.json", values)


def read_results(folder: str | Path) -> list[Result]:
    """All stored results, in the order of their names; none where the folder is absent."""
    results = []
    for path in sorted(Path(folder).glob("run-*.json")):
        values = json.loads(path.read_text())
        values["history"] = pd.DataFrame(values["history"])
        for name in ("matrix", "ten_views", "new_faces"):
            values[name] = None if values[name] is None else np.array(values[name])
        results.append(Result(**values))
    return results


def write_view(view: View, result: Result, folder: str | Path) -> Path:
    """Store the view of the run that gave `result`."""
    values: dict[str, Any] = {"counts": view.counts, "names": view.names}
    for name, digits in DIGITS.items():
        rounded = np.round(getattr(view, name).astype(float), digits)
        # json knows no nan: a picture that is not there is None
        values[name] = [None if np.isnan(picture).any() else picture for picture in rounded]
    return write_json(Path(folder) / f"view-{result.stem}.json", values, indent=None)


def read_view(result: Result, folder: str | Path) -> View | None:
    """The view of the run that gave `result`; None where none is stored."""
    path = Path(folder) / f"view-{result.stem}.json"
    if not path.is_file():
        return None
    values = json.loads(path.read_text())
    for name in DIGITS:
        pictures = [np.full((48, 48), np.nan) if p is None else p for p in values[name]]
        values[name] = np.array(pictures)
    return View(**values | {"counts": np.array(values["counts"])})


def write_predictions(predictions: Predictions, result: Result, folder: str | Path) -> Path:
    """Store what the run that gave `result` says of validation, in its order, to four digits."""
    path = Path(folder) / f"predictions-{result.stem}.npz"
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            labels=predictions.labels.astype(np.int8),
            probabilities=predictions.probabilities.astype(np.float16),
        )
    return path


def seeds(stored: Iterable[Result], mine: Result) -> list[Result]:
    """`mine` and its like, trained on the same faces by the same recipe from other seeds."""
    # a run of other faces or of another recipe is no second seed of this one
    alike = [r for r in stored if (r.faces, r.choices, r.share) == (mine.faces, mine.choices, 1)]
    return sorted([mine, *(r for r in alike if r.seed != mine.seed)], key=lambda r: r.seed)


def by_recipe(stored: Iterable[Result], data: str) -> list[list[Result]]:
    """The results on all of `data`: a list a recipe of a result a seed, the most accurate first."""
    groups: dict[str, list[Result]] = {}
    for result in stored:
        if (result.data, result.share) == (data, 1):
            one = json.dumps([result.faces, result.choices], sort_keys=True)
            groups.setdefault(one, []).append(result)
    return sorted(groups.values(), key=lambda group: -np.mean([r.accuracy for r in group]))
