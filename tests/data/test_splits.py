"""How the validation split is drawn; the splits that are read are in test_readers.py."""

import numpy as np

from fer_lib.data.splits import draw_validation


def test_the_tenth_is_a_tenth_of_each_class_and_the_seed_s():
    labels = np.repeat(range(7), [100, 50, 20, 9, 2, 1, 0])
    drawn = draw_validation(labels, seed=3)
    assert np.bincount(labels[drawn], minlength=7).tolist() == [10, 5, 2, 1, 1, 0, 0]
    assert (draw_validation(labels, seed=3) == drawn).all()
    assert (draw_validation(labels, seed=4) != drawn).any()
