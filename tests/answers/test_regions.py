"""Oracles: shares counted by hand, and claims of which the answer is planted."""

import numpy as np
import pytest

from fer_lib.answers import regions
from fer_lib.answers.regions import FALLS, HOLDS, OPEN, REGIONS
from fer_lib.data.faces import face, region_masks
from fer_lib.data.faceset import EXPRESSIONS


def test_fixed_regions_are_mirrored_and_all_there():
    fixed = regions.fixed_regions()
    np.testing.assert_array_equal(fixed, fixed[:, ::-1])
    assert set(np.unique(fixed)) == set(range(len(REGIONS)))
    rows = {name: np.nonzero(fixed == i)[0].mean() for i, name in enumerate(REGIONS)}
    assert rows["forehead"] < rows["brows"] < rows["eyes"] < rows["nose"] < rows["mouth"]


def test_drawn_regions_are_the_faces_own():
    faces = [face(0, i) for i in range(3)]
    labels = regions.drawn_regions(faces)
    assert labels.shape == (3, 48, 48)
    for label, one in zip(labels, faces, strict=True):
        np.testing.assert_array_equal(label == REGIONS.index("mouth"), region_masks(one)["mouth"])


def test_shares_and_densities_by_hand():
    labels = np.full((48, 48), REGIONS.index("background"))
    labels[0, :48] = REGIONS.index("mouth")  # a 48th of the image
    heat = np.zeros((2, 48, 48))
    heat[0, 0, 0], heat[0, 5, 5] = 3, 1  # the second map is dead
    share = regions.shares(heat, labels)
    assert share[0, REGIONS.index("mouth")] == 0.75
    assert share[0].sum() == 1
    assert np.isnan(share[1]).all()
    density = regions.densities(heat, labels)
    assert density[0, REGIONS.index("mouth")] == pytest.approx(0.75 * 48)
    assert np.isnan(density[0, REGIONS.index("eyes")])
    even = regions.densities(np.ones((1, 48, 48)), labels)
    np.testing.assert_allclose(even[~np.isnan(even)], 1)


def planted(**strength):
    """Densities of 40 faces a class with a little noise, 1 where nothing is said."""
    rng = np.random.default_rng(0)
    values = 1 + 0.05 * rng.standard_normal((280, len(REGIONS)))
    for name, value in strength.items():
        values[:, REGIONS.index(name)] += value
    return values, np.repeat(np.arange(7), 40)


def test_a_planted_claim_holds_and_its_reverse_does_not():
    values, labels = planted(mouth=4, eyes=2)
    table = regions.claims({"heat": values, "cover": values}, labels)
    assert regions.overall(table)["happy"] == HOLDS
    values, labels = planted(mouth=2, eyes=4)
    table = regions.claims({"heat": values, "cover": values}, labels)
    assert regions.overall(table)["happy"] == FALLS
    first = table.iloc[0]
    assert first["claim"] == "mouth above eyes"
    assert first["heat low"] < -2 + 0.1 < first["heat high"] + 0.2


def test_evidence_that_disagrees_tells_nothing():
    (one, labels), (other, _) = planted(mouth=4, eyes=2), planted(mouth=2, eyes=4)
    table = regions.claims({"heat": one, "cover": other}, labels)
    assert regions.overall(table)["happy"] == OPEN


def test_shoulders_cannot_be_told_where_no_expression_moves_them():
    values, labels = planted(eyes=3, mouth=3, shoulders=3)
    assert regions.overall(regions.claims({"heat": values}, labels))["angry"] == HOLDS
    table = regions.claims({"heat": values}, labels, untold=("shoulders",))
    assert regions.overall(table)["angry"] == OPEN


def test_a_class_without_a_face_cannot_be_told():
    values, labels = planted(mouth=4, eyes=2)
    kept = labels != EXPRESSIONS.index("happy")
    table = regions.claims({"heat": values[kept]}, labels[kept])
    assert regions.overall(table)["happy"] == OPEN
    assert table["faces"].iloc[0] == 0
