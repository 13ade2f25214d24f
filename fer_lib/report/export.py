"""What a run leaves for others to look at: numbers, means and patterns, never a face.

`fer-lib export RUN` writes them to `book/results/`, where the page of FER2013's results reads them.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fer_lib import stored_results
from fer_lib.data.faceset import EXPRESSIONS, FaceSet, to_input
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.questions import filters, saliency
from fer_lib.questions.confusion import matrix
from fer_lib.questions.maximisation import maximise
from fer_lib.store import records, save
from fer_lib.studies import calibration, homework_claims
from fer_lib.training.run import Run

LEAST = 50  # faces under a mean that may be shown: no one of them can be made out
MOST = 500  # faces of a class that are looked at, for means and for claims
PATTERNS = 32
DIGITS = {"faces": 0, "heat": 5, "patterns": 2}  # of a view's pictures, as they are stored


@dataclass(frozen=True)
class View:
    """What a run sees, class by class, what decides for it, and what its filters look for.

    Shapes: counts (7,), the faces of each class under its means; faces (7, 48, 48), their mean in
    0..255; heat (7, 48, 48), the mean size of the gradient of the class's logit; both nan for a
    class of fewer than LEAST faces. patterns (F, S, S) in 0..1, names (F,); none where the network
    has layers that activation maximisation does not know. claims: the original's, as tested by
    `homework_claims.claims` on the faces that the run recognises.
    """

    counts: np.ndarray
    faces: np.ndarray
    heat: np.ndarray
    patterns: np.ndarray
    names: list[str]
    claims: pd.DataFrame


def export(run: Run, faces: FaceSet, folder: str | Path) -> list[Path]:
    """Store a run's result and its view in `folder`; `faces` are those of the run."""
    result = full_result(run, faces)
    path = Path(folder) / f"view-{stored_results.stem(result)}.json"
    return [stored_results.write(result, folder), write(view(run, faces), path)]


def full_result(run: Run, faces: FaceSet) -> stored_results.Result:
    """The run's result with all that an export adds to it."""
    scored, told = faces.validation.labelled, run.manifest
    probabilities = run.predict(scored.images)
    cross = calibration.cross_fitted(scored.labels, probabilities)
    facts = {
        "seconds": told["seconds"],
        "processor": told["machine"]["processor"],
        "threads": told["threads"] * told["processes"],
        "torch": told["versions"]["torch"],
        "precision": told["precision"],
        "parameters": sum(p.numel() for p in run.model.parameters()),
        "temperature": round(calibration.temperature(scored.labels, probabilities), 3),
        "calibration": _error(scored.labels, probabilities),
        "calibration_tempered": _error(scored.labels, cross),
    }
    ten = matrix(scored.labels, run.predict(scored.images, ten_views=True))
    new = ~near_duplicates(scored.images, faces.train.images)
    no_twin = matrix(scored.labels[new], probabilities[new])
    return replace(stored_results.of(run, faces), ten_views=ten, no_twin=no_twin, facts=facts)


def _error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return round(calibration.reliability(labels, probabilities).error, 4)


def view(run: Run, faces: FaceSet) -> View:
    """Means over validation faces of each class, and the most telling filters' patterns."""
    split = faces.validation.labelled
    counts = np.zeros(len(EXPRESSIONS), int)
    means, heat = np.full((2, len(EXPRESSIONS), *split.images.shape[1:]), np.nan)
    for k in range(len(EXPRESSIONS)):
        images = split.images[split.labels == k][:MOST]
        if len(images) >= LEAST:
            maps = saliency.gradient(run.model, to_input(images), torch.full((len(images),), k))
            counts[k], means[k] = len(images), images.mean(0)
            heat[k] = maps[:, 0].abs().mean(0).numpy()
    found = homework_claims.evidence(run, faces, MOST)
    return View(counts, means, heat, *_patterns(run, faces), found.claims)


def _patterns(run: Run, faces: FaceSet) -> tuple[np.ndarray, list[str]]:
    """For question 5's network alone: another's last filters see the whole face."""
    if run.recipe.model != "shallow":
        return np.zeros((0, 1, 1)), []
    split = faces.validation.labelled
    found = filters.responses(run.model, split.images)
    best = maximise(run.model)
    rows = filters.table(best, found, split.labels)
    chosen = filters.cluster_order(found.correlation, filters.most_selective(rows, PATTERNS))
    return best.patterns[chosen], [filters.label(rows, f) for f in chosen]


def write(view: View, path: Path) -> Path:
    """Store a view as JSON."""
    values = {"counts": view.counts, "names": view.names, "claims": records(view.claims)}
    for name, digits in DIGITS.items():
        rounded = np.round(getattr(view, name).astype(float), digits)
        # json knows no nan: a picture that is not there is None
        values[name] = [None if np.isnan(picture).any() else picture for picture in rounded]
    return save(path, values, indent=None)


def read(path: str | Path) -> View:
    """A view that was stored."""
    values = json.loads(Path(path).read_text())
    pictures = {
        name: np.array([np.full((48, 48), np.nan) if p is None else p for p in values[name]])
        for name in DIGITS
    }
    told = pd.DataFrame(values["claims"])
    return View(counts=np.array(values["counts"]), names=values["names"], claims=told, **pictures)
