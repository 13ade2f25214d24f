"""How the validation split is drawn; the splits that are read are in test_readers.py."""

import numpy as np

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.labelled import Labelled
from fer_lib.data.splits import assemble, draw_validation


def test_the_tenth_is_a_tenth_of_each_class_and_the_seed_s():
    labels = np.repeat(range(7), [100, 50, 20, 9, 2, 1, 0])
    drawn = draw_validation(labels, seed=3)
    assert np.bincount(labels[drawn], minlength=7).tolist() == [10, 5, 2, 1, 1, 0, 0]
    assert (draw_validation(labels, seed=3) == drawn).all()
    assert (draw_validation(labels, seed=4) != drawn).any()


def test_no_image_of_a_drawn_validation_is_in_train_too():
    labels = np.repeat(range(7), 20).tolist()
    images = np.random.default_rng(0).integers(0, 256, (140, 48, 48), np.uint8)
    twice = Labelled(np.concatenate([images, images]), labels * 2, [("all", None)] * 280, [], [])
    faces = assemble("set", twice, [], EXPRESSIONS, [])
    assert faces.validation.counts.tolist() == [4] * 7  # two images of each class, and their copies
    known = {image.tobytes() for image in faces.train.images}
    assert not any(image.tobytes() in known for image in faces.validation.images)
    assert len(faces.train) + len(faces.validation) == 280
