"""Oracle: a toy world whose truth is planted."""

import numpy as np
import torch

from fer_lib.answers import grading, measures
from fer_lib.answers.saliency import METHODS
from fer_lib.data.faceset import Split, to_input


def graded(model, truth, heat):
    heats = grading.baseline_heats(truth, Split(truth.images, truth.labels))
    baselines = list(heats)
    heats["method"] = heat
    scores = {
        name: measures.scores(truth, h, measures.curves(model, truth, h, steps=2))
        for name, h in heats.items()
    }
    return grading.verdict("method", grading.margins(scores, baselines))


def test_a_right_method_passes_and_a_broken_one_does_not(spots):
    model, truth = spots
    maps = METHODS["gradient × input"].explain(
        model, to_input(truth.images), torch.as_tensor(truth.labels)
    )
    heat = METHODS["gradient × input"].heat(maps).numpy()
    assert graded(model, truth, heat) == "passes"
    shifted = np.roll(heat, 6, axis=(1, 2))
    flipped = METHODS["gradient × input"].heat(-maps).numpy()
    noise = np.random.default_rng(1).random(heat.shape)
    for broken in (shifted, flipped, noise, 0 * heat):
        assert graded(model, truth, broken) != "passes"


def test_baselines_know_nothing_of_the_network_and_are_heat(spots):
    _, truth = spots
    heats = grading.baseline_heats(truth, Split(truth.images, truth.labels))
    assert list(heats) == ["random", "centre", "Sobel edges", "class-mean difference"]
    for heat in heats.values():
        assert heat.shape == truth.images.shape
        assert heat.min() >= 0
    peak = np.unravel_index(heats["centre"][0].argmax(), (48, 48))
    assert peak in {(23, 23), (23, 24), (24, 23), (24, 24)}


def test_the_table_has_every_method_and_measure(spots):
    model, truth = spots
    heat = truth.decisive.astype(float)
    scores = measures.scores(truth, heat, measures.curves(model, truth, heat, steps=2))
    table = grading.table({"perfect": scores})
    assert list(table["measure"]) == list(measures.MEASURES)
    assert table.set_index("measure").loc["mass", ["mean", "low", "high"]].tolist() == [1, 1, 1]
