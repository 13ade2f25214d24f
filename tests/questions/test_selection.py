"""Oracles: small tables worked by hand."""

import numpy as np
import pytest

from fer_lib.errors import UserError
from fer_lib.questions import selection

LABELS = np.array([3, 3, 3, 5, 0, 6])
PROBABILITIES = np.full((6, 7), 0.02)
for row, (label, sure) in enumerate([(3, 0.5), (3, 0.9), (5, 0.8), (5, 0.6), (3, 0.7), (0, 0.9)]):
    PROBABILITIES[row, label] = sure


def test_only_right_faces_are_recognised_and_not_the_surest_alone():
    assert sorted(selection.recognised(LABELS, PROBABILITIES, 5)) == [0, 1, 3]
    labels = np.full(1000, 3)
    probabilities = np.zeros((1000, 7))
    probabilities[:, 3] = np.linspace(0.5, 1, 1000)
    chosen = selection.recognised(labels, probabilities, 100)
    assert len(set(chosen)) == 100
    assert 400 < chosen.mean() < 600


def test_examples_say_what_they_are_taken_for():
    actual, captions = selection.examples(LABELS, PROBABILITIES, ["happy", "angry", "disgust"])
    np.testing.assert_array_equal(actual, [1, 4])
    assert captions == ["happy", "angry,\ntaken for happy"]
    assert len(selection.examples(LABELS, PROBABILITIES, ["fear"])[0]) == 0


def test_an_example_is_the_recognised_face_of_median_confidence():
    confidence = np.array([0.9, 0.5, 0.7, 0.2])  # the last is taken for angry
    probabilities = np.zeros((4, 7))
    probabilities[:, 3], probabilities[:, 0] = confidence, 1 - confidence - 0.01
    chosen, captions = selection.examples(np.full(4, 3), probabilities, ["happy"])
    assert (list(chosen), captions) == ([2], ["happy"])


def test_class_means_by_hand():
    values = np.arange(6)[:, None, None] * np.ones((6, 2, 2))
    means = selection.class_means(values[:5], LABELS[:5])
    assert means.shape == (7, 2, 2)
    assert means[3, 0, 0] == 1
    assert np.isnan(means[6]).all()


def test_an_expression_that_does_not_exist_is_told():
    with pytest.raises(UserError, match="no expression 'joy'; there are angry"):
        selection.label_of("joy")


def test_other_classes_have_their_own_names():
    assert selection.label_of("Gasp ", ("grin", "gasp")) == 1
    with pytest.raises(UserError, match="no expression 'happy'; there are grin, gasp"):
        selection.label_of("happy", ("grin", "gasp"))
    labels, said = np.array([0, 1]), np.array([[0.4, 0.6], [0.1, 0.9]])
    chosen, captions = selection.examples(labels, said, ["gasp", "grin"], ("grin", "gasp"))
    assert (chosen.tolist(), captions) == ([1, 0], ["gasp", "grin,\ntaken for gasp"])
    assert selection.recognised(labels, said, 5).tolist() == [1]
    with pytest.raises(UserError, match="2 classes and 7 names"):
        selection.examples(labels, said, ["happy"])
    assert selection.class_means(np.ones((2, 3, 3)), labels, 3).shape == (3, 3, 3)
