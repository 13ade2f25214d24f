from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fer_lib.studies.learning_curve import difference_of_two, last_doubling, learning_curve


def run(accuracy, share=1.0, faces=4000):
    history = pd.DataFrame({"validation_accuracy": [0.1, accuracy]})
    return SimpleNamespace(history=history, share=share, train_faces=faces)


def curve(before, last, faces=(1000, 4000)):
    """A learning curve of two points, each of the accuracies of some seeds."""
    parts = zip((0.5, 1), faces, (before, last), strict=True)
    return learning_curve([run(a, share, n) for share, n, ends in parts for a in ends])


def test_seeds_are_compared_by_the_difference_of_two():
    table = learning_curve([run(0.76), run(0.78), run(0.80)])
    assert table.loc[0, ["seeds", "mean", "std"]].tolist() == pytest.approx([3, 0.78, 0.02])
    assert difference_of_two(table) == pytest.approx(4.3027 * np.sqrt(2) * 0.02, rel=1e-4)
    assert np.isnan(difference_of_two(learning_curve([run(0.76)])))


def test_a_point_spans_its_seeds():
    table = curve([0.5], [0.6, 0.7])
    assert table[["faces", "seeds", "least", "most"]].values.tolist() == [
        [1000, 1, 0.5, 0.5],
        [4000, 2, 0.6, 0.7],
    ]


def test_a_step_is_told_by_the_doubling():
    gain, _ = last_doubling(curve([0.49, 0.51], [0.59, 0.61]))
    assert gain == pytest.approx(0.05)  # 4000 is twice twice 1000


def test_the_interval_is_students():
    # with one degree of freedom t is 12.706, times sqrt(0.02² / 2 · (1 + 1/2))
    gain, half = last_doubling(curve([0.5], [0.58, 0.6], (1000, 2000)))
    assert (gain, half) == pytest.approx((0.09, 12.706 * np.sqrt(0.0002 * 1.5)), rel=1e-4)


def test_single_seeds_and_single_points_have_no_interval():
    assert np.isnan(last_doubling(curve([0.5], [0.6]))[1])
    assert np.isnan(last_doubling(curve([0.5], [0.6])[:1])).all()
