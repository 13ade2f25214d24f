"""Oracle: a toy world whose truth is planted."""

import numpy as np
import pandas as pd
import pytest

from fer_lib.data.faceset import Split
from fer_lib.drawn.faces import face, render
from fer_lib.questions.saliency import METHODS, maps
from fer_lib.studies import saliency_benchmark as benchmark
from fer_lib.studies.saliency_benchmark import FAILS, OPEN, PASSES
from fer_lib.studies.saliency_metrics import scores

EVERYWHERE = np.ones((7, 48, 48))


def graded(truth, heat):
    """A method's verdict, as if two networks had agreed on every face."""
    train = Split(truth.images, truth.labels)
    heats = benchmark.baseline_heats(truth, train, EVERYWHERE)
    baselines = list(heats)
    heats["method"] = heat
    tables = {n: pd.concat({k: scores(truth, h) for k in (0, 1)}) for n, h in heats.items()}
    return benchmark.verdicts(benchmark.differences(tables, baselines))["method"]


def test_a_right_method_passes_and_a_broken_one_does_not(spots):
    model, truth = spots
    signed = maps(model, truth.images, truth.labels)["gradient × input"]
    heat = METHODS["gradient × input"].heat(signed)
    assert graded(truth, heat) == PASSES
    shifted = np.roll(heat, 6, axis=(1, 2))
    flipped = METHODS["gradient × input"].heat(-signed)
    noise = np.random.default_rng(1).random(heat.shape)
    for broken in (shifted, flipped, noise, 0 * heat):
        assert graded(truth, broken) != PASSES


def test_baselines_are_heat_and_the_masks_are_of_training_faces(spots):
    _, truth = spots
    people = [face(0, i, "happy") for i in range(3)]
    train = Split(render(people), np.full(3, 3), tuple(people))
    masks = benchmark.mean_masks(train)
    assert masks[3].max() == 1  # some pixel changes in all three
    assert not masks[5].any()
    heats = benchmark.baseline_heats(truth, train, masks)
    for heat in heats.values():
        assert heat.shape == truth.images.shape
        assert heat.min() >= 0
    np.testing.assert_array_equal(heats["mean mask of the class"][0], masks[3])
    np.testing.assert_allclose(heats["mean mask"][0], masks[3] / 7)
    row, column = np.unravel_index(heats["centered hill"][0].argmax(), (48, 48))
    weights = masks[3] / masks[3].sum()
    assert row == pytest.approx((weights.sum(1) * np.arange(48)).sum(), abs=0.5)
    assert column == pytest.approx((weights.sum(0) * np.arange(48)).sum(), abs=0.5)


def test_faces_are_drawn_at_random_among_those_that_every_network_recognises():
    labels = np.array([3, 3, 6, 5, 0])
    certain = np.eye(7)[labels]
    other = certain.copy()
    other[1] = np.eye(7)[0]  # the second network misses face 1; face 2 is neutral
    probabilities = np.stack([certain, other])
    assert list(benchmark.random_recognised(labels, probabilities, 9)) == [0, 3, 4]
    assert len(benchmark.random_recognised(labels, probabilities, 2)) == 2


def test_the_bootstrap_is_as_wide_as_the_networks_lie_apart():
    rng = np.random.default_rng(0)
    faces = rng.normal(0, 1, (3, 200))
    apart = faces + np.array([[0], [3], [6]])
    np.testing.assert_allclose(benchmark.clustered_means(apart).mean(), apart.mean(), atol=0.1)
    # of three networks drawn with replacement the mean varies by sqrt(6 / 3)
    assert benchmark.clustered_means(apart).std() == pytest.approx(np.sqrt(2), rel=0.1)
    assert benchmark.clustered_means(faces).std() < 0.2
    one = rng.normal(0, 1, (1, 200))
    assert benchmark.clustered_means(one).std() == pytest.approx(1 / np.sqrt(200), rel=0.2)


def lead(means, p):
    """Leads of one method over two baselines on both judges."""
    places = [(measure, name) for measure in benchmark.JUDGES for name in ("edges", "mask")]
    rows = [("method", *place, m, m, m, p) for place, m in zip(places, means, strict=True)]
    return pd.DataFrame(rows, columns=["method", "measure", "baseline", "mean", "low", "high", "p"])


def test_a_verdict_needs_every_baseline_and_holm():
    verdict = benchmark.verdicts
    assert verdict(lead([1, 1, 1, 1], 0.001)) == {"method": PASSES}
    assert verdict(lead([1, -1, 1, 1], 0.001)) == {"method": FAILS}
    assert verdict(lead([1, -1, 1, -1], 0.001), ["mask"]) == {"method": PASSES}
    assert verdict(lead([1, 1, 1, 1], 0.02)) == {"method": OPEN}  # 4 × 0.02 is above 0.05
    likeness = pd.DataFrame({"method": [1, 0.9]})
    table = benchmark.verdict_table(lead([1, 1, 1, 1], 0.001), likeness)
    assert table.loc["method"].tolist() == [PASSES, PASSES, FAILS]
    table = benchmark.verdict_table(lead([1, -1, 1, 1], 0.001), pd.DataFrame({"method": [1, 0.1]}))
    assert table.loc["method"].tolist() == [FAILS, FAILS, PASSES]


def test_the_summary_has_every_method_and_measure(spots):
    _, truth = spots
    perfect = pd.concat({0: scores(truth, truth.decisive.astype(float))})
    table = benchmark.summary({"perfect": perfect})
    assert list(table["measure"]) == list(perfect)
    assert table.set_index("measure").loc["mass", ["mean", "low", "high"]].tolist() == [1, 1, 1]
