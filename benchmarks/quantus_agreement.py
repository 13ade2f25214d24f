"""Hold the saliency benchmark's measures against Quantus (Hedström et al. 2023), another library.

    pip install quantus
    python benchmarks/quantus_agreement.py

Quantus is no dependency: it brings OpenCV, scikit-image and scikit-learn along. The table has the
largest difference over the faces, 0 where both agree. Occlusion's pointing and rank differ: its
map is flat in blocks, and Quantus counts a hit where one of the hottest pixels hits, while ours
share it. Below the table stand both randomisation tests of the gradient, which draw other weights.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import quantus  # ty: ignore[import-not-found]  # needed here alone, and so not installed
import torch
from torch import nn

from fer_lib.data.faceset import to_input
from fer_lib.drawn.faces import validation_faces
from fer_lib.loading import load_or_train
from fer_lib.questions import saliency, selection
from fer_lib.studies import ablation, randomisation_test, saliency_metrics
from fer_lib.training.recipe import Recipe

FACES = 4  # of each class
METHODS = ("gradient", "gradient × input", "Grad-CAM", "occlusion")


def agreement(model: nn.Module, truth: ablation.Truth) -> pd.DataFrame:
    """A row a method, a column a measure: the largest |ours - Quantus's| over the faces."""
    ours: dict[str, Callable] = {
        "pointing": saliency_metrics.pointing,
        "mass": saliency_metrics.heat_share,
        "rank": saliency_metrics.rank_accuracy,
        "sparseness": lambda heat, mask: saliency_metrics.sparseness(heat),
    }
    theirs = {
        "pointing": quantus.PointingGame(disable_warnings=True),
        "mass": quantus.RelevanceMassAccuracy(disable_warnings=True),
        "rank": quantus.RelevanceRankAccuracy(disable_warnings=True),
        "sparseness": quantus.Sparseness(disable_warnings=True),
    }
    x = to_input(truth.images).numpy()
    heats = saliency.heats(model, truth.images, truth.labels)
    rows = {}
    for method in METHODS:
        heat, mask = heats[method], truth.decisive
        rows[method] = {
            name: np.abs(
                ours[name](heat, mask)
                - measure(
                    model, x, truth.labels, a_batch=heat[:, None], s_batch=mask[:, None].astype(int)
                )
            ).max()
            for name, measure in theirs.items()
        }
    return pd.DataFrame(rows).T


def randomised(model: nn.Module, truth: ablation.Truth) -> tuple[float, float]:
    """The gradient's likeness to itself with all weights drawn anew: ours, and Quantus's."""

    def gradient(model: nn.Module, inputs: np.ndarray, targets: np.ndarray, **_: object):
        x, target = torch.as_tensor(inputs, dtype=torch.float32), torch.as_tensor(targets)
        return saliency.gradient(model, x, target).abs().numpy()

    images, labels = truth.images[::4], truth.labels[::4]
    ours = randomisation_test.cascade(model, images, labels)
    theirs = quantus.MPRT(
        similarity_func=quantus.similarity_func.correlation_spearman,
        layer_order="top_down",
        disable_warnings=True,
    )(model, to_input(images).numpy(), labels, explain_func=gradient)
    return ours["gradient"].iloc[-1], float(np.mean(list(theirs.values())[-1]))


def main() -> None:
    run = load_or_train(Recipe(model="shallow"), Path("runs"))
    right = selection.recognised(run.predictions.labels, run.predictions.probabilities, FACES)
    people = validation_faces()
    truth = ablation.truth(run.model, [people[i] for i in right])
    print(f"{len(truth)} faces")
    print(agreement(run.model, truth).to_string(float_format="{:.2g}".format))
    print(
        "randomisation, gradient: ours {:.2f}, Quantus {:.2f}".format(*randomised(run.model, truth))
    )


if __name__ == "__main__":
    main()
