"""How long the computations of answers 1 to 3 take, on as many predictions as FER2013 validates.

python benchmarks/science.py

The bars: 10,000 bootstrap resamples in 2 s, each page's own computation in 20 s, on two cores.
"""

import time
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

from fer_lib.networks.models import DeepCNN, ShallowCNN
from fer_lib.plots import architecture as architecture_plots
from fer_lib.plots import calibration as calibration_plots
from fer_lib.plots import confusion as confusion_plots
from fer_lib.plots import history as history_plots
from fer_lib.plots import intensity as intensity_plots
from fer_lib.plots import style
from fer_lib.questions import architecture, confusion, history
from fer_lib.questions.intervals import bootstrap_counts
from fer_lib.studies import calibration, confused_pairs, intensity
from fer_lib.training.recipe import Recipe
from fer_lib.words import confusion as words

FACES = 3589  # in FER2013's validation split


def predictions(n: int = FACES) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities that are right on two in three, and intensities."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, n)
    logits = rng.normal(0, 1, (n, 7)) + 2 * np.eye(7)[labels]
    odds = np.exp(logits)
    return labels, odds / odds.sum(1, keepdims=True), rng.random(n)


def page_1() -> None:
    tables = {
        "DeepCNN": architecture.layers(DeepCNN()),
        "ShallowCNN": architecture.layers(ShallowCNN()),
    }
    architecture.blocks(tables["DeepCNN"])
    architecture.beside_homework(tables["DeepCNN"])
    architecture_plots.networks(tables).canvas.draw()


def page_2() -> None:
    epochs = np.arange(1, 61)
    course = pd.DataFrame({"epoch": epochs, **dict.fromkeys(history.CURVES, 1 / epochs)})
    spread = history.spread([course] * 3)
    history_plots.curves(spread, history.schedule(Recipe(epochs=60))).canvas.draw()


def page_3() -> None:
    labels, probabilities, strength = predictions()
    m = confusion.matrix(labels, probabilities)
    words.overall_scores(m)
    words.how_often_right(m)
    confused_pairs.asymmetry(m)
    predicted = probabilities.argmax(1)
    gains = intensity.recall_gains(labels, predicted, strength)
    steps = intensity.recall_by_step(labels, predicted, strength)
    reliability = calibration.reliability(labels, probabilities)
    for figure in (
        confusion_plots.by_class(confusion.by_class(m)),
        calibration_plots.reliability(reliability),
        intensity_plots.recall_by_step(steps, gains),
    ):
        figure.canvas.draw()


def seconds(work: Callable[[], Any]) -> float:
    """The least of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print a line a computation."""
    mpl.use("agg")
    style.use()
    m = confusion.matrix(*predictions()[:2])
    parts = {
        "bootstrap, one metric": lambda: bootstrap_counts(m, confusion.accuracy),
        "bootstrap, three metrics": lambda: words.overall_scores(m),
        "1 architecture": page_1,
        "2 history": page_2,
        "3 confusion": page_3,
    }
    for name, work in parts.items():
        print(f"{name:26}{seconds(work):8.2f} s")


if __name__ == "__main__":
    main()
