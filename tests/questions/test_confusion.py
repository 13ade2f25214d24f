import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from fer_lib.errors import UserError
from fer_lib.questions import confusion

ANGRY, DISGUST, FEAR, HAPPY, SAD, SURPRISE, NEUTRAL = range(7)


def one_hot(predicted):
    return np.eye(7, dtype=np.float32)[predicted]


def faces(*cells):
    """Labels and probabilities of (label, predicted, faces) cells."""
    labels, predicted, n = np.array(cells).T
    return np.repeat(labels, n), one_hot(np.repeat(predicted, n))


classes = hnp.arrays(np.int64, 40, elements=st.integers(0, 6))


@given(classes, classes)
def test_every_metric_is_scikit_learns(labels, predicted):
    m = confusion.matrix(labels, one_hot(predicted))
    seven = range(7)
    np.testing.assert_array_equal(m, metrics.confusion_matrix(labels, predicted, labels=seven))
    assert confusion.accuracy(m) == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert confusion.macro_f1(m) == pytest.approx(
        metrics.f1_score(labels, predicted, average="macro")
    )
    occurring = np.unique(labels)
    recall = metrics.recall_score(labels, predicted, labels=occurring, average=None)
    np.testing.assert_allclose(confusion.recall(m)[occurring], recall)
    assert confusion.balanced_accuracy(m) == pytest.approx(recall.mean())
    precision = metrics.precision_score(
        labels, predicted, labels=seven, average=None, zero_division=np.nan
    )
    np.testing.assert_allclose(confusion.precision(m), precision)


@given(classes, classes)
def test_metrics_of_a_stack_are_those_of_each_matrix(labels, predicted):
    stack = np.stack([confusion.matrix(labels, one_hot(p)) for p in (predicted, labels)])
    for metric in confusion.METRICS.values():
        np.testing.assert_allclose(metric(stack), [metric(m) for m in stack])
        assert metric(stack)[1] == pytest.approx(1)


def test_summary_is_json_with_nothing_where_nothing_is_known():
    result = json.loads(
        json.dumps(confusion.summary(*faces((HAPPY, HAPPY, 3), (FEAR, HAPPY, 1))), allow_nan=False)
    )
    assert result["n"] == 4
    assert result["accuracy"] == 0.75
    assert result["recall"]["fear"] == 0
    assert result["recall"]["sad"] is None  # never occurs
    assert result["precision"]["fear"] is None  # never predicted
    assert result["confusion_matrix"][FEAR][HAPPY] == 1


def test_summary_of_no_faces():
    result = confusion.summary(np.zeros(0, np.int64), np.zeros((0, 7), np.float32))
    assert result["n"] == 0
    assert result["accuracy"] is result["macro_f1"] is None


def test_the_most_confident_mistakes_come_first():
    labels = np.array([HAPPY, FEAR, SAD])
    probabilities = np.full((3, 7), 0.01)
    probabilities[0, HAPPY] = 0.99  # right: no mistake
    probabilities[1, SURPRISE] = 0.6
    probabilities[2, NEUTRAL] = 0.8
    table = confusion.confident_mistakes(labels, probabilities)
    assert table["index"].tolist() == [2, 1]
    assert table["predicted"].tolist() == ["neutral", "surprise"]


def test_pairs_are_in_order_with_the_faces_behind_each():
    m = np.zeros((7, 7), np.int64)
    m[FEAR, SURPRISE], m[FEAR, FEAR], m[SAD, NEUTRAL] = 12, 3, 9
    assert confusion.confused_pairs(m).values.tolist() == [
        ["sad", "neutral", 9, 9, 1.0],
        ["fear", "surprise", 12, 15, 0.8],
    ]


def test_faces_with_a_near_duplicate_are_scored_apart():
    labels, probabilities = faces((HAPPY, HAPPY, 30), (SAD, FEAR, 10))
    known = np.repeat([True, False, True], [10, 20, 10])
    table = confusion.accuracy_apart(labels, probabilities, known)
    assert table.loc[True, ["faces", "accuracy"]].tolist() == [20, 0.5]
    assert table.loc[False, ["faces", "accuracy"]].tolist() == [20, 1]
    everyone = confusion.accuracy_apart(labels, probabilities, np.ones(40, bool))
    assert np.isnan(everyone.loc[False, "accuracy"])


@pytest.mark.parametrize("k", [2, 8])
def test_other_numbers_of_classes_are_scikit_learns_too(k):
    rng = np.random.default_rng(k)
    labels, predicted = rng.integers(0, k, (2, 100))
    m, names = confusion.matrix(labels, np.eye(k)[predicted]), [f"c{i}" for i in range(k)]
    np.testing.assert_array_equal(m, metrics.confusion_matrix(labels, predicted, labels=range(k)))
    scores = confusion.summary(labels, np.eye(k)[predicted], names)
    recall = metrics.recall_score(labels, predicted, average=None)
    assert list(scores["recall"].values()) == pytest.approx(recall)
    assert confusion.by_class(m, names)["expression"].tolist() == names
    assert set(confusion.confused_pairs(m, names)["labelled"]) <= set(names)


def test_numbers_of_classes_that_do_not_fit_are_refused():
    eight = np.eye(8)[[0, 7, 7]]
    with pytest.raises(UserError, match="label 7 and probabilities of 7 classes"):
        confusion.matrix(np.array([0, 7]), one_hot([0, 1]))
    with pytest.raises(UserError, match=r"probabilities \(2, 7\) for 3 labels"):
        confusion.matrix(np.array([0, 1, 2]), one_hot([0, 1]))
    labels, m = np.array([0, 7, 1]), np.eye(8, dtype=int)
    for refused in (
        lambda: confusion.summary(labels, eight),
        lambda: confusion.confident_mistakes(labels, eight),
        lambda: confusion.by_class(m),
        lambda: confusion.confused_pairs(m),
    ):
        with pytest.raises(UserError, match="8 classes and 7 names"):
            refused()


@pytest.mark.parametrize("label", [-1, 7])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(UserError, match=f"label {label} and probabilities of 7 classes"):
        confusion.matrix(np.array([0, label]), np.full((2, 7), 1 / 7))
