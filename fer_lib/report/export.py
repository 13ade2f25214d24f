"""What a run leaves for others to look at: numbers, means and patterns, never a face.

`fer-lib export RUN` writes them to `book/results/`, where the page of FER2013's results reads them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, to_input
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.data.set_name import short_name
from fer_lib.errors import UserError
from fer_lib.questions import filters, saliency
from fer_lib.questions.confusion import matrix
from fer_lib.questions.maximisation import maximise
from fer_lib.store import (
    Result,
    View,
    recipe_choices,
    write_predictions,
    write_result,
    write_view,
)
from fer_lib.studies import calibration
from fer_lib.training.run import Run

LEAST = 50  # faces under a mean that may be shown: no one of them can be made out
MOST = 500  # faces of a class that are looked at, for means
PATTERNS = 32


def export(run: Run, faces: FaceSet, folder: str | Path) -> list[Path]:
    """Store a run's result and its view in `folder`; `faces` are those of the run."""
    if run.imported:
        raise UserError(f"{run.path} was trained elsewhere, so that its recipe is not known here; "
                        "give a run that `train` made")  # fmt: skip
    if run.classes != EXPRESSIONS:
        raise UserError(f"{run.path} has the classes {', '.join(run.classes)}; what is exported is "
                        "compared with FER2013's, so give a run of FER2013's classes")  # fmt: skip
    Path(folder).mkdir(parents=True, exist_ok=True)
    result = full_result(run, faces)
    return [
        write_result(result, folder),
        write_view(view(run, faces), result, folder),
        write_predictions(run.predictions, result, folder),
    ]


def result_of(run: Run, faces: FaceSet) -> Result:
    """The result of a run on `faces`."""
    predictions = run.predictions
    return Result(
        data=short_name(run.recipe.data),
        faces=run.manifest["data"],
        share=1.0,
        train_faces=len(faces.train),
        seed=run.recipe.seed,
        choices=recipe_choices(run.recipe),
        history=run.history.drop(columns="seconds"),
        matrix=matrix(predictions.labels, predictions.probabilities),
    )


def full_result(run: Run, faces: FaceSet) -> Result:
    """The run's result with all that an export adds to it."""
    scored, manifest = faces.validation, run.manifest
    probabilities = run.predict(scored.images)
    ten_views = run.predict(scored.images, ten_views=True)
    facts = {
        "seconds": manifest["seconds"],
        "processor": manifest["machine"]["processor"],
        "threads": manifest["threads"] * manifest["processes"],
        "torch": manifest["versions"]["torch"],
        "precision": manifest["precision"],
        "parameters": sum(p.numel() for p in run.model.parameters()),
        **calibration_facts(scored.labels, probabilities),
        "ten_views": calibration_facts(scored.labels, ten_views),
    }
    new = ~near_duplicates(scored.images, faces.train.images)
    new_faces = matrix(scored.labels[new], probabilities[new])
    ten = matrix(scored.labels, ten_views)
    return replace(result_of(run, faces), ten_views=ten, new_faces=new_faces, facts=facts)


def calibration_facts(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """The temperature; the expected calibration error, that after scaling, and that by chance."""
    cross = calibration.cross_fitted(labels, probabilities)
    known = calibration.reliability(labels, probabilities)
    return {
        "temperature": round(calibration.temperature(labels, probabilities), 3),
        "calibration": round(known.error, 4),
        "calibration_by_chance": round(known.by_chance, 4),
        "calibration_tempered": round(calibration.reliability(labels, cross).error, 4),
    }


def view(run: Run, faces: FaceSet) -> View:
    """Means over validation faces of each class, and the most telling filters' patterns."""
    split = faces.validation
    counts = np.zeros(len(EXPRESSIONS), int)
    means, heat = np.full((2, len(EXPRESSIONS), *split.images.shape[1:]), np.nan)
    for k in range(len(EXPRESSIONS)):
        images = split.images[split.labels == k][:MOST]
        if len(images) >= LEAST:
            maps = saliency.gradient(run.model, to_input(images), torch.full((len(images),), k))
            counts[k], means[k] = len(images), images.mean(0)
            heat[k] = maps[:, 0].abs().mean(0).numpy()
    return View(counts, means, heat, *_patterns(run, faces))


def _patterns(run: Run, faces: FaceSet) -> tuple[np.ndarray, list[str]]:
    if run.recipe.model != "shallow":  # another's last filters would show the whole face
        return np.zeros((0, 1, 1)), []
    split = faces.validation
    responses = filters.responses(run.model, split.images)
    best = maximise(run.model)
    rows = filters.describe(best, responses, split.labels)
    chosen = filters.cluster_order(responses.correlation, filters.most_selective(rows, PATTERNS))
    return best.patterns[chosen], [filters.label(rows, f) for f in chosen]
