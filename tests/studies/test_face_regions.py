"""Oracles: shares counted by hand, and the faces' own masks."""

import numpy as np
import pytest

from fer_lib.drawn.faces import face, region_masks
from fer_lib.studies import face_regions
from fer_lib.studies.face_regions import REGIONS


def test_fixed_regions_are_mirrored_and_all_there():
    fixed = face_regions.fixed_regions()
    np.testing.assert_array_equal(fixed, fixed[:, ::-1])
    assert set(np.unique(fixed)) == set(range(len(REGIONS)))
    rows = {name: np.nonzero(fixed == i)[0].mean() for i, name in enumerate(REGIONS)}
    assert rows["forehead"] < rows["brows"] < rows["eyes"] < rows["nose"] < rows["mouth"]


def test_drawn_regions_are_the_faces_own():
    faces = [face(0, i) for i in range(3)]
    labels = face_regions.drawn_regions(faces)
    assert labels.shape == (3, 48, 48)
    for label, one in zip(labels, faces, strict=True):
        np.testing.assert_array_equal(label == REGIONS.index("mouth"), region_masks(one)["mouth"])


def test_densities_by_hand():
    labels = np.full((48, 48), REGIONS.index("background"))
    labels[0, :48] = REGIONS.index("mouth")  # a 48th of the image
    heat = np.zeros((2, 48, 48))
    heat[0, 0, 0], heat[0, 5, 5] = 3, 1  # the second map is dead
    density = face_regions.densities(heat, labels)
    assert density[0, REGIONS.index("mouth")] == pytest.approx(0.75 * 48)
    assert np.isnan(density[0, REGIONS.index("eyes")])
    assert np.isnan(density[1]).all()
    even = face_regions.densities(np.ones((1, 48, 48)), labels)
    np.testing.assert_allclose(even[~np.isnan(even)], 1)
    pixels = face_regions.sums(1, labels[None])[0]
    assert (pixels[REGIONS.index("mouth")], pixels.sum()) == (48, 48 * 48)
