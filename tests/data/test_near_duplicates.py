"""Near-duplicates are planted among smooth pictures; numpy's own correlation is the oracle."""

import numpy as np
import pytest

from fer_lib.data.faceset import no_faces
from fer_lib.data.near_duplicates import SAME, moments, near_duplicates, near_pairs, unique_images


def smooth(seed, n):
    """Pictures with large forms, as faces have: (n, 48, 48) uint8."""
    coarse = np.random.default_rng(seed).integers(40, 200, (n, 8, 8))
    return np.kron(coarse, np.ones((6, 6))).astype(np.uint8)


def planted(seed, n=40):
    """Smooth pictures with copies among them: as they are, in another contrast, with noise; and
    blank ones."""
    generator = np.random.default_rng(seed)
    images = smooth(seed, n)
    for kind in ("copy", "light", "noise"):
        for source, target in generator.integers(0, n, (5, 2)):
            image = images[source].astype(float)
            image = image * 0.8 + 20 if kind == "light" else image
            image = image + generator.normal(0, 12, image.shape) if kind == "noise" else image
            images[target] = image.clip(0, 255)
    images[generator.integers(0, n, 3)] = 0
    return images


def correlate(image, other):
    """Numpy's correlation of the pixels; -1 where one of the two is blank."""
    if not image.std() or not other.std():
        return -1
    return np.corrcoef(image.ravel(), other.ravel())[0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_near_duplicates_are_those_of_every_pair_tried(seed):
    images, others = np.split(planted(seed), 2)
    expected = [any(correlate(image, other) >= SAME for other in others) for image in images]
    assert near_duplicates(images, others).tolist() == expected
    assert any(expected)


def test_among_none_there_is_no_near_duplicate():
    assert near_duplicates(smooth(0, 2), no_faces().images).tolist() == [False, False]
    assert near_duplicates(no_faces().images, smooth(0, 2)).tolist() == []


def test_pairs_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr("fer_lib.data.near_duplicates.BLOCK", 7)
    images = smooth(0, 40)
    images[33] = images[2] * 0.9
    images[6] = images[5] * 0.9
    pairs = np.concatenate([np.stack(block) for block in near_pairs(images)], 1)
    assert pairs.T.tolist() == [[2, 33], [5, 6]]


def test_identical_images_are_one_node():
    images = smooth(0, 4)[[0, 1, 0, 2, 1]]
    nodes, first = unique_images(images)
    assert nodes.tolist() == [0, 1, 0, 2, 1]
    assert first.tolist() == [0, 1, 3]


def test_moments_are_numpy_s():
    images = planted(0)
    mean, deviation = moments(images)
    np.testing.assert_allclose(mean, images.mean((1, 2)))
    np.testing.assert_allclose(deviation, images.std((1, 2)), atol=1e-9)
