import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions import confusion
from fer_lib.studies import confused_pairs

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


def test_faces_without_a_label_are_left_out():
    labels, probabilities = faces((HAPPY, HAPPY, 3), (-1, HAPPY, 5))
    assert confusion.matrix(labels, probabilities).sum() == 3


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


def test_the_surest_mistakes_come_first():
    labels = np.array([HAPPY, FEAR, SAD, -1])
    probabilities = np.full((4, 7), 0.01)
    probabilities[0, HAPPY] = 0.99  # right: no mistake
    probabilities[1, SURPRISE] = 0.6
    probabilities[2, NEUTRAL] = 0.8
    probabilities[3, HAPPY] = 0.99  # unlabelled: no mistake
    table = confusion.surest_mistakes(labels, probabilities)
    assert table["index"].tolist() == [2, 1]
    assert table["predicted"].tolist() == ["neutral", "surprise"]


def test_answer_names_best_worst_and_most_confused():
    cells = (HAPPY, HAPPY, 90), (HAPPY, SAD, 10), (FEAR, FEAR, 40), (FEAR, SURPRISE, 60)
    text = confusion.answer(confusion.matrix(*faces(*cells)))
    assert "**65.0 %** of 200 validation faces" in text
    assert "happy best (90.0 %) and fear worst (40.0 %)" in text
    assert "fear for surprise (60) and happy for sad (10)" in text


ODD = {
    "no faces": (np.zeros(0, np.int64), np.zeros((0, 7))),
    "one class": faces((HAPPY, HAPPY, 5)),
    "all predictions alike": faces(*[(k, SAD, 4) for k in range(7)]),
    "one face a class": faces(*[(k, (k + 1) % 7, 1) for k in range(7)]),
    "only unlabelled": faces((-1, SAD, 3)),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_splits_give_words_and_tables_without_nan(case):
    labels, probabilities = ODD[case]
    m = confusion.matrix(labels, probabilities)
    words = confusion.answer(m) + confused_pairs.reading_asymmetry(confused_pairs.asymmetry(m))
    assert "nan" not in words
    for table in (
        confusion.shown_overall(m),
        confusion.shown_by_class(m),
        confused_pairs.shown_pairs(m),
        confused_pairs.shown_asymmetry(m),
        confusion.surest_mistakes(labels, probabilities),
    ):
        assert "nan" not in table.to_string().lower()
    assert len(confusion.shown_by_class(m)) == len(EXPRESSIONS)


def test_faces_that_are_in_train_too_are_read_apart():
    labels, probabilities = faces((HAPPY, HAPPY, 30), (SAD, FEAR, 10), (-1, HAPPY, 2))
    twins = np.repeat([True, False, True, False], [10, 20, 10, 2])
    text = confusion.reading_twins(labels, probabilities, twins)
    assert text.startswith("20 faces (50.0 %)")
    assert "right on 50.0 % (29.9 to 70.1 %), on the others" in text
    assert text.endswith("on 100.0 % (83.9 to 100.0 %).")
    assert "No face" in confusion.reading_twins(labels, probabilities, np.zeros(42, bool))
    everyone = confusion.reading_twins(labels[:10], probabilities[:10], np.ones(10, bool))
    assert everyone.endswith("on –.")
