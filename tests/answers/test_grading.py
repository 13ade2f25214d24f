"""Oracles: a toy world whose truth is planted, counts by hand, scipy and brute force."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from fer_lib.answers import grading
from fer_lib.answers.causes import Truth
from fer_lib.answers.saliency import METHODS
from fer_lib.data.faceset import Split, to_input
from fer_lib.networks.models import Network


@pytest.fixture
def spots():
    """A network that counts bright pixels, and grey pictures with one bright spot each."""
    rng = np.random.default_rng(0)
    images = rng.integers(100, 156, (24, 48, 48)).astype(np.uint8)
    masks = np.zeros(images.shape, bool)
    for mask, (row, column) in zip(masks, rng.integers(0, 42, (24, 2)), strict=True):
        mask[row : row + 6, column : column + 6] = True
    images[masks] = rng.integers(230, 256, masks.sum())
    convolution = nn.Conv2d(1, 1, 1)
    head = nn.Linear(48 * 48, 7)
    with torch.no_grad():
        convolution.weight.fill_(1)
        convolution.bias.fill_(-1)
        head.weight.fill_(0)
        head.weight[3] = 0.1
        head.bias.fill_(0)
    model = Network(nn.Sequential(convolution, nn.ReLU()), nn.Sequential(nn.Flatten(), head)).eval()
    truth = Truth(
        images,
        np.full(24, 3),
        np.zeros(images.shape, bool),
        tuple({12: mask} for mask in masks),
        tuple({12: 1.0} for _ in masks),
    )
    return model, truth


def graded(model, truth, heat):
    heats = grading.baseline_heats(truth, Split(truth.images, truth.labels))
    baselines = list(heats)
    heats["method"] = heat
    scores = {
        name: grading.scores(truth, h, grading.curves(model, truth, h, steps=2))
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


def test_insertion_and_deletion_go_the_right_way(spots):
    model, truth = spots
    heat = truth.decisive.astype(float)  # the perfect map: 36 pixels are all that matters
    curve = grading.curves(model, truth, heat, steps=12)
    assert curve["insertion, grey"].shape == (24, 13)
    chance = 1 / 7
    np.testing.assert_allclose(curve["deletion, grey"][:, 1:], chance, atol=1e-3)
    np.testing.assert_allclose(curve["insertion, grey"][:, 0], chance, atol=1e-3)
    assert (curve["insertion, grey"][:, 1] > 0.5).all()
    worst = grading.curves(model, truth, 1 - heat, steps=12)
    assert worst["deletion, grey"].mean() > curve["deletion, grey"].mean()
    assert worst["insertion, blurred"].mean() < curve["insertion, blurred"].mean()


def test_curves_start_and_end_where_they_must(spots):
    model, truth = spots
    curve = grading.curves(model, truth, np.random.default_rng(2).random((24, 48, 48)), steps=3)
    with torch.no_grad():
        whole = model(to_input(truth.images)).softmax(1)[:, 3].numpy()
    for name in ("grey", "blurred"):
        np.testing.assert_allclose(curve[f"insertion, {name}"][:, -1], whole, rtol=1e-5)
        np.testing.assert_allclose(curve[f"deletion, {name}"][:, 0], whole, rtol=1e-5)
        np.testing.assert_allclose(
            curve[f"insertion, {name}"][:, 0], curve[f"deletion, {name}"][:, -1], rtol=1e-5
        )


def test_measures_by_hand():
    heat = np.zeros((3, 48, 48))
    mask = np.zeros((3, 48, 48), bool)
    mask[:, 0, :4] = True
    heat[0, 0, 0], heat[0, 1, 1] = 3, 1  # the hottest on the mask, a quarter of the heat beside it
    heat[1, 0, 0], heat[1, 5, 5] = 1, 4  # the hottest beside it; the third map is dead
    np.testing.assert_array_equal(grading.pointing(heat, mask), [1, 0, 0])
    np.testing.assert_array_equal(grading.on(heat, mask), [0.75, 0.2, np.nan])
    np.testing.assert_array_equal(grading.rank_accuracy(heat, mask), [0.25, 0.25, 0])


def test_rank_accuracy_equals_brute_force():
    rng = np.random.default_rng(3)
    heat, mask = rng.random((4, 48, 48)), rng.random((4, 48, 48)) < 0.1
    for found, h, m in zip(grading.rank_accuracy(heat, mask), heat, mask, strict=True):
        top = set(np.argsort(h.ravel())[-m.sum() :])
        assert found == len(top & set(np.flatnonzero(m))) / m.sum()


def test_correlation_is_scipys_and_needs_three_units():
    rng = np.random.default_rng(4)
    heat = rng.random((2, 48, 48))
    masks = {unit: rng.random((48, 48)) < 0.1 for unit in (1, 2, 5, 26)}
    drops = {1: 0.3, 2: -0.1, 5: 1.2, 26: 0.6}
    few = {1: masks[1], 2: masks[2]}, {1: 0.3, 2: -0.1}
    truth = Truth(
        np.zeros((2, 48, 48), np.uint8),
        np.array([5, 5]),
        np.zeros((2, 48, 48), bool),
        (masks, few[0]),
        (drops, few[1]),
    )
    sums = [heat[0][m].sum() for m in masks.values()]
    expected = spearmanr(sums, list(drops.values())).statistic
    np.testing.assert_allclose(grading.correlation(heat, truth), [expected, np.nan])


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
    scores = grading.scores(truth, heat, grading.curves(model, truth, heat, steps=2))
    table = grading.table({"perfect": scores})
    assert list(table["measure"]) == list(grading.MEASURES)
    assert table.set_index("measure").loc["mass", ["mean", "low", "high"]].tolist() == [1, 1, 1]
