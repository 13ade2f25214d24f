"""Oracle: a toy world whose truth is planted."""

import numpy as np
import pandas as pd
import torch

from fer_lib.data.faceset import Split, to_input
from fer_lib.formatting import listing
from fer_lib.questions.saliency import METHODS
from fer_lib.studies import saliency_benchmark, saliency_metrics


def graded(model, truth, heat):
    heats = saliency_benchmark.baseline_heats(truth, Split(truth.images, truth.labels))
    baselines = list(heats)
    heats["method"] = heat
    scores = {
        name: saliency_metrics.scores(truth, h, saliency_metrics.curves(model, truth, h, steps=2))
        for name, h in heats.items()
    }
    return saliency_benchmark.verdict("method", saliency_benchmark.margins(scores, baselines))


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
    heats = saliency_benchmark.baseline_heats(truth, Split(truth.images, truth.labels))
    assert list(heats) == ["random", "centre", "Sobel edges", "class-mean difference"]
    for heat in heats.values():
        assert heat.shape == truth.images.shape
        assert heat.min() >= 0
    peak = np.unravel_index(heats["centre"][0].argmax(), (48, 48))
    assert peak in {(23, 23), (23, 24), (24, 23), (24, 24)}


def test_the_table_has_every_method_and_measure(spots):
    model, truth = spots
    heat = truth.decisive.astype(float)
    scores = saliency_metrics.scores(
        truth, heat, saliency_metrics.curves(model, truth, heat, steps=2)
    )
    table = saliency_benchmark.table({"perfect": scores})
    assert list(table["measure"]) == list(scores)
    assert len(scores.columns) == 9
    assert table.set_index("measure").loc["mass", ["mean", "low", "high"]].tolist() == [1, 1, 1]


def marked(pointing, mass):
    """Margins and likeness of two methods: one leads by these, the other trails by as much."""
    leads = {"pointing": pointing, "mass": mass}
    rows = [
        (method, measure, "edges", sign * lead, sign * lead - 0.05, sign * lead + 0.05)
        for method, sign in (("right", 1), ("wrong", -1))
        for measure, lead in leads.items()
    ]
    columns = ["method", "measure", "baseline", "mean", "low", "high"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame({"right": [1, 0.1], "wrong": [1, 0.9]})


def test_the_verdicts_name_lead_baseline_and_check():
    ahead, likeness = marked(0.2, 0.3)
    table = saliency_benchmark.verdicts(ahead, likeness, threshold=0.5)
    assert table.loc["right"].tolist() == [
        "+0.20 (+0.15 to +0.25)", "+0.30 (+0.25 to +0.35)", "passes", "passes"
    ]  # fmt: skip
    assert table.loc["wrong", ["randomisation", "verdict"]].tolist() == ["fails", "fails"]
    assert table.columns[0] == "lead in pointing"
    assert "The best baseline is edges in both." in saliency_benchmark.reading(ahead)
    assert saliency_benchmark.passed(ahead) == ["right"]
    assert "Passed: right" in saliency_benchmark.reading(ahead)
    assert saliency_benchmark.reading(ahead).endswith("in both, which is reached.")
    assert saliency_benchmark.reading(marked(0.2, 0.06)[0]).endswith(
        "in both, which is not reached."
    )


def test_the_answer_says_who_beats_the_baselines_and_how_far_the_best_goes(spots):
    model, truth = spots
    found = saliency_benchmark.grade(model, truth, Split(truth.images, truth.labels))
    told = saliency_benchmark.answer(found)
    names, best = saliency_benchmark.passed(found.margins), found.table.query("measure == 'mass'")
    assert f"of {len(METHODS)} methods {listing(names)} beat" in told
    best = best[best["method"].isin(METHODS)].set_index("method")["mean"]
    assert f"The best, {best.idxmax()}, lays {100 * best.max():.0f} %" in told
    assert "cannot tell" in saliency_benchmark.answer(None)
