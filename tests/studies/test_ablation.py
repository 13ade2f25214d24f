"""Oracles: the faces' own masks, and networks that look at known pixels."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_lib.data.faceset import to_input
from fer_lib.drawn import faces as drawn
from fer_lib.questions.intervals import FEWEST
from fer_lib.studies import ablation
from fer_lib.studies.face_regions import REGIONS, fixed_regions


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7)).eval()


@pytest.fixture
def faces():
    return [drawn.face(0, i) for i in range(12)]


def test_a_drop_is_the_logit_lost_by_reverting_one_unit(model, faces):
    truth = ablation.truth(model, faces)
    assert len(truth)
    i = 0
    face = next(f for f in faces if np.array_equal(drawn.render([f])[0], truth.images[i]))
    for unit, drop in truth.drops[i].items():
        with torch.no_grad():
            before = model(to_input(drawn.render([face])))[0, face.expression]
            without = model(to_input(drawn.render([drawn.revert(face, unit)])))[0, face.expression]
        assert drop == pytest.approx(float(before - without), abs=1e-4)
        assert not (truth.masks[i][unit] & ~drawn.unit_masks(face)[unit]).any()


def test_the_fall_of_a_unit_is_the_mean_over_the_faces_that_show_it(model):
    faces = [face for i in range(60) if (face := drawn.face(0, i)).expression == 3]
    table = ablation.unit_falls(model, faces).set_index("unit")
    assert set(table["expression"]) == {"happy"}
    assert table["fall"].is_monotonic_decreasing
    for unit, row in table.iterrows():
        own = [face for face in faces if unit in face.units]
        bare, less = drawn.render(own), drawn.render([drawn.revert(face, unit) for face in own])
        lost = (ablation.logits(model, bare) - ablation.logits(model, less))[:, 3]
        assert row["faces"] == len(own)
        assert row["fall"] == pytest.approx(lost.mean(), abs=1e-5)
        assert row["low"] < row["fall"] < row["high"]
    assert (table["faces"] >= FEWEST).all()
    assert ablation.unit_falls(model, faces[: FEWEST - 1]).empty
    assert ablation.unit_falls(model, []).empty


def test_what_a_unit_changes_is_not_to_be_avoided(model, faces):
    truth = ablation.truth(model, faces)
    assert truth.avoid.any((1, 2)).all()
    for avoid, masks in zip(truth.avoid, truth.masks, strict=True):
        assert not any((avoid & mask).any() for mask in masks.values())
    # It is not so by itself: the background that a dropped jaw uncovers is in both.
    index = [faces[i] for i in truth.index]
    layers = [np.logical_or.reduce(list(drawn.avoid_masks(face).values())) for face in index]
    pairs = zip(layers, truth.masks, strict=True)
    assert any((layer & mask).any() for layer, masks in pairs for mask in masks.values())


def test_neutral_faces_and_faces_without_a_cause_are_left_out(faces):
    class Blind(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(7))

        def forward(self, x):
            return self.bias + torch.zeros(len(x), 7)

    assert len(ablation.truth(Blind(), faces)) == 0
    assert len(ablation.truth(Blind(), [])) == 0


def test_only_units_that_matter_are_the_truth():
    masks = {unit: np.zeros((48, 48), bool) for unit in (6, 12, 25)}
    for row, mask in enumerate(masks.values()):
        mask[row] = True
    truth = ablation.Truth(
        np.zeros((1, 48, 48), np.uint8),
        np.array([3]),
        np.zeros((1, 48, 48), bool),
        (masks,),
        ({6: 0.05, 12: 2.0, 25: 0.5},),
        np.array([0]),
    )
    np.testing.assert_array_equal(truth.decisive[0], masks[12] | masks[25])


def test_covering_a_region_costs_only_a_network_that_looks_there():
    regions = fixed_regions()
    mouth = REGIONS.index("mouth")
    model = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7, bias=False)).eval()
    with torch.no_grad():
        model[1].weight.zero_()
        model[1].weight[3] = torch.as_tensor((regions == mouth).ravel(), dtype=torch.float)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 48, 48)).astype(np.uint8)
    images[:, regions == mouth] = 255
    covers = images - 9
    regions = np.broadcast_to(regions, images.shape)
    drops = ablation.region_drops(model, images, np.full(3, 3), regions, covers)
    # a grey level is 1 / (255 · 0.25) of the network's units
    np.testing.assert_allclose(drops[:, mouth], 9 * (regions[0] == mouth).sum() / 63.75, rtol=1e-4)
    np.testing.assert_allclose(np.delete(drops, mouth, 1), 0, atol=1e-3)


def test_the_mean_face_covers_in_each_face_s_own_brightness_and_contrast():
    rng = np.random.default_rng(0)
    images = rng.integers(90, 130, (2, 48, 48)).astype(np.uint8)
    mean = rng.integers(0, 256, (48, 48)).astype(float)
    covers = ablation.mean_covers(images, mean).astype(float)
    np.testing.assert_allclose(covers.mean((1, 2)), images.mean((1, 2)), atol=0.1)
    np.testing.assert_allclose(covers.std((1, 2)), images.std((1, 2)), atol=0.1)
    assert np.corrcoef(covers[0].ravel(), mean.ravel())[0, 1] > 0.99
