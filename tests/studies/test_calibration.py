import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from fer_lib.errors import UserError
from fer_lib.studies.calibration import BINS, cross_fitted, reliability, temperature


def faces(n=2000, sharpen=1.0, seed=0):
    """Labels drawn from probabilities, which are then made surer (or less sure) than they are."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, 7))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    labels = (true.cumsum(1) > rng.random((n, 1))).argmax(1)
    stated = np.exp(sharpen * logits)
    return labels, stated / stated.sum(1, keepdims=True)


def test_bins_are_scikit_learns():
    labels, probabilities = faces(sharpen=1.5)
    r = reliability(labels, probabilities)
    right, confident = probabilities.argmax(1) == labels, probabilities.max(1)
    accuracy, confidence = calibration_curve(right, confident, n_bins=BINS)
    some = r.faces > 0
    np.testing.assert_allclose(r.accuracy[some], accuracy)
    np.testing.assert_allclose(r.confidence[some], confidence)
    weights = r.faces[some] / len(labels)
    assert r.error == pytest.approx((weights * np.abs(accuracy - confidence)).sum())
    assert r.excess == pytest.approx(confident.mean() - right.mean())


def test_only_a_miscalibrated_network_exceeds_chance():
    fair = [reliability(*faces(500, seed=seed)) for seed in range(40)]
    assert sum(r.error > r.by_chance for r in fair) <= 5  # 2 are expected
    over, under = reliability(*faces(sharpen=2.0)), reliability(*faces(sharpen=0.5))
    for r in (over, under):
        assert r.error > r.by_chance
    assert under.excess < 0 < over.excess


def test_certainty_itself_lies_in_the_last_bin():
    r = reliability(np.array([0, 1]), np.eye(7)[[0, 0]])
    assert r.faces.tolist() == [0] * (BINS - 1) + [2]
    assert r.error == 0.5


def test_the_temperature_undoes_what_made_it_too_sure():
    labels, probabilities = faces(20_000, sharpen=2.0)
    assert temperature(labels, probabilities) == pytest.approx(2, abs=0.1)
    assert temperature(*faces(20_000)) == pytest.approx(1, abs=0.05)


def test_cross_fitting_calibrates_and_changes_no_prediction():
    labels, probabilities = faces(5000, sharpen=2.0)
    cross = cross_fitted(labels, probabilities)
    assert (cross.argmax(1) == probabilities.argmax(1)).all()
    assert cross.sum(1) == pytest.approx(np.ones(5000))
    assert reliability(labels, cross).error < 0.03 < reliability(labels, probabilities).error


def test_no_face_has_a_part_in_its_own_temperature():
    labels, probabilities = faces(200, sharpen=2.0)
    other = labels.copy()
    half = np.random.default_rng(0).permutation(200) % 2 == 0
    other[half] = probabilities[half].argmin(1)
    first, second = cross_fitted(labels, probabilities), cross_fitted(other, probabilities)
    np.testing.assert_array_equal(first[half], second[half])
    assert np.abs(first[~half] - second[~half]).max() > 0.01


def test_a_label_that_is_none_of_the_classes_is_refused():
    with pytest.raises(UserError, match="label 7 and probabilities of 7 classes"):
        reliability(np.array([0, 7]), np.full((2, 7), 1 / 7))
    assert reliability(np.array([0, 7]), np.eye(8)[[0, 7]]).error == 0
