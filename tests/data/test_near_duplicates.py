"""Copies are planted among drawn faces; how they were made is the truth."""

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from fer_lib.data.faceset import no_faces
from fer_lib.data.near_duplicates import moments, near_duplicates, near_pairs, unique_images
from fer_lib.drawn.faces import embedded

FACES = 100
UP_TO = {"shift": 4, "turn": np.radians(10), "zoom": np.log(1.1), "mirror": 1, "light": 1}


def copy_of(image, generator, shift=0.0, turn=0.0, zoom=0.0, mirror=0, light=0):
    """Another picture of it, by scipy; each argument is the most that is done."""
    image = image.astype(float)[:, :: -1 if mirror else 1]
    angle, scale = generator.uniform(-turn, turn), np.exp(generator.uniform(-zoom, zoom))
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offset = 23.5 - matrix @ np.full(2, 23.5) + generator.uniform(-shift, shift, 2)
    image = affine_transform(image, matrix, offset, order=1, mode="nearest")
    if light:
        image = image * generator.uniform(0.5, 0.9) + generator.uniform(-10, 60)
    return image.round().clip(0, 255).astype(np.uint8)


def noise(n):
    """Textures, smooth enough to be turned: (n, 48, 48) uint8."""
    coarse = np.random.default_rng(0).integers(0, 256, (n, 16, 16)).astype(float)
    fine = [affine_transform(x, np.eye(2) / 3, output_shape=(48, 48), order=1) for x in coarse]
    return np.array(fine).astype(np.uint8)


def pairs_of(images, start=0):
    return {(int(i), int(j)) for block in near_pairs(images, start) for i, j in np.stack(block).T}


@pytest.mark.parametrize("kind", [*UP_TO, "all"])
def test_a_copy_is_found_and_nothing_else(kind):
    images = embedded().validation.images[:FACES]
    generator = np.random.default_rng(1)
    done = UP_TO if kind == "all" else {kind: UP_TO[kind]}
    copies = np.array([copy_of(image, generator, **done) for image in images])
    found = pairs_of(np.concatenate([images, copies]), FACES)
    planted = {(i, i + FACES) for i in range(FACES)}
    assert len(found & planted) >= 0.95 * FACES
    assert not found - planted


def test_drawn_faces_are_all_different():
    faces = embedded()
    assert not near_duplicates(faces.validation.images, faces.train.images).any()
    assert near_duplicates(faces.train.images[:3, :, ::-1], faces.train.images).all()


def test_among_none_there_is_no_near_duplicate():
    two, none = noise(2), no_faces().images
    assert near_duplicates(two, none).tolist() == [False, False]
    assert near_duplicates(none, two).tolist() == []
    assert near_duplicates(none, none).tolist() == []


def test_a_blank_image_has_no_near_duplicate():
    blank = np.full((2, 48, 48), 7, np.uint8)
    framed = noise(1)
    framed[:, 4:-4, 4:-4] = 7  # flat where it counts
    images = np.concatenate([blank, framed, framed // 2])
    assert near_duplicates(blank, images).tolist() == [False, False]
    assert pairs_of(images) <= {(2, 3)}


def test_pairs_are_found_across_blocks_and_chunks(monkeypatch):
    monkeypatch.setattr("fer_lib.data.near_duplicates.BLOCK", 7)
    monkeypatch.setattr("fer_lib.data.near_duplicates.CHUNK", 1)
    images = noise(40)
    images[33] = images[2] * 0.9
    images[6] = images[5] * 0.9
    assert pairs_of(images) == {(2, 33), (5, 6)}
    assert pairs_of(images, 7) == {(2, 33)}


def test_a_symmetric_image_is_one_pair():
    images = noise(2)
    images[0] = np.maximum(images[0], images[0, :, ::-1])
    images[1] = images[0] * 0.9
    blocks = [np.stack(block) for block in near_pairs(images)]
    assert np.concatenate(blocks, 1).T.tolist() == [[0, 1]]


def test_identical_images_are_one_node():
    images = noise(4)[[0, 1, 0, 2, 1]]
    nodes, first = unique_images(images)
    assert nodes.tolist() == [0, 1, 0, 2, 1]
    assert first.tolist() == [0, 1, 3]


def test_moments_are_numpy_s():
    images = noise(5)
    images[2] = 0
    mean, deviation = moments(images)
    np.testing.assert_allclose(mean, images.mean((1, 2)))
    np.testing.assert_allclose(deviation, images.std((1, 2)), atol=1e-9)
