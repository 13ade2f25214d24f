"""Oracles: a toy world whose truth is planted, counts by hand, scipy and brute force."""

import numpy as np
import torch
from scipy.stats import spearmanr

from fer_lib.data.faceset import to_input
from fer_lib.studies import saliency_metrics
from fer_lib.studies.ablation import Truth


def test_insertion_and_deletion_go_the_right_way(spots):
    model, truth = spots
    heat = truth.decisive.astype(float)  # the perfect map: 36 pixels are all that matters
    curve = saliency_metrics.curves(model, truth, heat, steps=12)
    assert curve["insertion, grey"].shape == (24, 13)
    chance = 1 / 7
    np.testing.assert_allclose(curve["deletion, grey"][:, 1:], chance, atol=1e-3)
    np.testing.assert_allclose(curve["insertion, grey"][:, 0], chance, atol=1e-3)
    assert (curve["insertion, grey"][:, 1] > 0.5).all()
    worst = saliency_metrics.curves(model, truth, 1 - heat, steps=12)
    assert worst["deletion, grey"].mean() > curve["deletion, grey"].mean()
    assert worst["insertion, blurred"].mean() < curve["insertion, blurred"].mean()


def test_curves_start_and_end_where_they_must(spots):
    model, truth = spots
    curve = saliency_metrics.curves(
        model, truth, np.random.default_rng(2).random((24, 48, 48)), steps=3
    )
    with torch.no_grad():
        unchanged = model(to_input(truth.images)).softmax(1)[:, 3].numpy()
    for name in ("grey", "blurred"):
        np.testing.assert_allclose(curve[f"insertion, {name}"][:, -1], unchanged, rtol=1e-5)
        np.testing.assert_allclose(curve[f"deletion, {name}"][:, 0], unchanged, rtol=1e-5)
        np.testing.assert_allclose(
            curve[f"insertion, {name}"][:, 0], curve[f"deletion, {name}"][:, -1], rtol=1e-5
        )


def test_an_area_is_of_the_whole_way_in_however_many_steps(spots):
    model, truth = spots
    heat = truth.decisive.astype(float)
    curve = saliency_metrics.curves(model, truth, heat, steps=2)
    level = {name: np.full_like(values, 0.5) for name, values in curve.items()}
    np.testing.assert_allclose(saliency_metrics.scores(truth, heat, level)[list(level)], 0.5)


def test_measures_by_hand():
    heat = np.zeros((3, 48, 48))
    mask = np.zeros((3, 48, 48), bool)
    mask[:, 0, :4] = True
    heat[0, 0, 0], heat[0, 1, 1] = 3, 1  # the hottest on the mask, a quarter of the heat beside it
    heat[1, 0, 0], heat[1, 5, 5] = 1, 4  # the hottest beside it; the third map is dead
    np.testing.assert_array_equal(saliency_metrics.pointing(heat, mask), [1, 0, 0])
    np.testing.assert_array_equal(saliency_metrics.heat_share(heat, mask), [0.75, 0.2, np.nan])
    np.testing.assert_array_equal(saliency_metrics.rank_accuracy(heat, mask), [0.25, 0.25, 0])


def test_rank_accuracy_equals_brute_force():
    rng = np.random.default_rng(3)
    heat, mask = rng.random((4, 48, 48)), rng.random((4, 48, 48)) < 0.1
    for actual, h, m in zip(saliency_metrics.rank_accuracy(heat, mask), heat, mask, strict=True):
        top = set(np.argsort(h.ravel())[-m.sum() :])
        assert actual == len(top & set(np.flatnonzero(m))) / m.sum()


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
        np.arange(2),
    )
    per_pixel = [heat[0][m].mean() for m in masks.values()]
    expected = spearmanr(per_pixel, list(drops.values())).statistic
    np.testing.assert_allclose(saliency_metrics.correlation(heat, truth), [expected, np.nan])


def test_pixels_that_are_equally_hot_share_the_hit():
    heat = np.zeros((1, 48, 48))
    heat[0, :4, :4] = 1  # a flat block, as occlusion makes them
    mask = np.zeros((1, 48, 48), bool)
    mask[0, 3:, :] = True
    assert saliency_metrics.pointing(heat, mask) == [0.25]


def test_turning_everything_upside_down_changes_no_score(spots):
    """A map of whole blocks, and half of it exactly 0: what raster order would decide."""
    _, truth = spots
    rng = np.random.default_rng(5)
    heat = rng.integers(0, 3, (24, 12, 12)).repeat(4, 1).repeat(4, 2).astype(float)

    def turned(values: np.ndarray) -> np.ndarray:
        return values[:, ::-1].copy()

    other = Truth(
        turned(truth.images),
        truth.labels,
        turned(truth.avoid),
        tuple({12: masks[12][::-1]} for masks in truth.masks),
        truth.drops,
        truth.index,
    )
    first = saliency_metrics.scores(truth, heat)
    second = saliency_metrics.scores(other, turned(heat))
    exact = ["pointing", "mass", "correlation", "avoid"]
    np.testing.assert_allclose(second[exact], first[exact])
    np.testing.assert_allclose(second["rank"].mean(), first["rank"].mean(), atol=0.03)


def test_ties_are_broken_without_regard_to_the_place():
    heat = np.zeros((1, 48, 48))
    heat[0, :, :24] = 1
    place = saliency_metrics.ranks(heat)[0]
    assert sorted(place.ravel()) == list(range(48**2))
    assert place[:, :24].max() < place[:, 24:].min()
    upper, lower = place[:24, :24].mean(), place[24:, :24].mean()
    assert abs(upper - lower) < 100  # row by row they would lie 576 apart


def test_sparseness_is_gini_s_index():
    """By its definition: the mean difference of two pixels over twice the mean."""
    heat = np.random.default_rng(0).random((3, 48, 48)) ** [[[1]], [[4]], [[9]]]
    found = saliency_metrics.sparseness(heat)
    for gini, each in zip(found, heat.reshape(3, -1), strict=True):
        apart = abs(each[:, None] - each[None]).mean()
        np.testing.assert_allclose(gini, apart / (2 * each.mean()))
    one = np.zeros((3, 48, 48))
    one[0], one[1, 5, 7] = 1, 1
    np.testing.assert_allclose(saliency_metrics.sparseness(one), [0, 1 - 1 / 48**2, np.nan])
