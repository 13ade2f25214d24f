"""Question 3: which expressions the network takes for which.

A matrix counts faces: row = the expression that was labelled, column = the one predicted.
Shares that have no face behind them are nan in arrays, None in `summary`. `classes` are the names
of K classes, by default FER2013's seven.
"""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS, check_classes
from fer_lib.errors import UserError
from fer_lib.questions.intervals import mean_of_defined, share, wilson


def check_labels(labels: np.ndarray, probabilities: np.ndarray) -> None:
    """Raises UserError where a label, (N,), is none of the classes of probabilities (N, K)."""
    if probabilities.ndim != 2 or len(labels) != len(probabilities):
        raise UserError(f"probabilities {probabilities.shape} for {len(labels)} labels; give "
                        "(faces, classes)")  # fmt: skip
    if len(odd := labels[(labels < 0) | (labels >= probabilities.shape[1])]):
        raise UserError(f"label {odd[0]} and probabilities of {probabilities.shape[1]} "
                        "classes, numbered from 0; give a network's of these classes")  # fmt: skip


def matrix(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count faces by label and prediction: (N,) and (N, K) → (K, K) int64.

    The prediction is the most probable class. Raises UserError for a label that is none of the K.
    """
    check_labels(labels, probabilities)
    k = probabilities.shape[1]
    # a cell's number counts row by row, so that one bincount fills the table
    cells = k * labels + probabilities.argmax(1)
    return np.bincount(cells, minlength=k**2).reshape(k, k)


def _diagonal(m: np.ndarray) -> np.ndarray:
    return m.diagonal(axis1=-2, axis2=-1)


def recall(m: np.ndarray) -> np.ndarray:
    """Of the faces of a class, the share that is taken for it: (..., K, K) → (..., K)."""
    return share(_diagonal(m), m.sum(-1))


def precision(m: np.ndarray) -> np.ndarray:
    """Of the faces taken for a class, the share that is of it: (..., K, K) → (..., K)."""
    return share(_diagonal(m), m.sum(-2))


def accuracy(m: np.ndarray) -> np.ndarray:
    """The share of all faces that is right: (..., K, K) → (...)."""
    return share(_diagonal(m).sum(-1), m.sum((-2, -1)))


def balanced_accuracy(m: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that occur: (..., K, K) → (...)."""
    return mean_of_defined(recall(m))


def macro_f1(m: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that occur or are predicted: (..., K, K) → (...)."""
    # F1 is 2 TP / (2 TP + FP + FN): row and column hold TP once each
    return mean_of_defined(share(2 * _diagonal(m), m.sum(-1) + m.sum(-2)))


METRICS = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}


def summary(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str] = EXPRESSIONS
) -> dict:
    """Every number of a validation, ready for JSON: what cannot be computed is None.

    Shapes: labels (N,), probabilities (N, K).
    """
    m = matrix(labels, probabilities)
    check_classes(len(m), classes)
    return {
        "n": int(m.sum()),
        **{name: _plain(metric(m)) for name, metric in METRICS.items()},
        "recall": dict(zip(classes, map(_plain, recall(m)), strict=True)),
        "precision": dict(zip(classes, map(_plain, precision(m)), strict=True)),
        "confusion_matrix": m.tolist(),
    }


def _plain(value: np.ndarray) -> float | None:
    # json knows no nan
    return None if np.isnan(value) else float(value)


def by_class(m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> pd.DataFrame:
    """Recall and precision of each class with Wilson's 95 % intervals; a row a class."""
    check_classes(len(m), classes)
    table = pd.DataFrame({"expression": classes})
    for name, of, faces in (("recall", "faces", m.sum(1)), ("precision", "predicted", m.sum(0))):
        table[of], table[name] = faces, share(_diagonal(m), faces)
        table[f"{name}_low"], table[f"{name}_high"] = wilson(_diagonal(m), faces)
    return table


def confused_pairs(m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> pd.DataFrame:
    """The confusions that occur, the highest rate first: labelled, predicted, faces, of, rate."""
    check_classes(len(m), classes)
    rows = [
        (classes[i], classes[j], int(m[i, j]), int(m[i].sum()), m[i, j] / m[i].sum())
        for i, j in permutations(range(len(m)), 2)
        if m[i, j]
    ]
    table = pd.DataFrame(rows, columns=["labelled", "predicted", "faces", "of", "rate"])
    return table.sort_values("rate", ascending=False, kind="stable", ignore_index=True)


def confident_mistakes(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str] = EXPRESSIONS
) -> pd.DataFrame:
    """The 14 most confident mistakes, a row each: index, labelled, predicted, probability."""
    check_labels(labels, probabilities)
    check_classes(probabilities.shape[1], classes)
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(predicted != labels)
    # two rows of seven faces
    first = wrong[np.argsort(-confidence[wrong], kind="stable")][:14]
    return pd.DataFrame(
        {
            "index": first,
            "labelled": [classes[k] for k in labels[first]],
            "predicted": [classes[k] for k in predicted[first]],
            "probability": confidence[first],
        }
    )


def accuracy_apart(
    labels: np.ndarray, probabilities: np.ndarray, chosen: np.ndarray
) -> pd.DataFrame:
    """Accuracy on the faces that are `chosen`, (N,) bool, and on the others.

    Columns: faces, accuracy, low, high (Wilson); rows True and False.
    """
    matrices = [matrix(labels[some], probabilities[some]) for some in (chosen, ~chosen)]
    right, faces = np.array([(m.trace(), m.sum()) for m in matrices]).T
    low, high = wilson(right, faces)
    columns = {"faces": faces, "accuracy": share(right, faces), "low": low, "high": high}
    return pd.DataFrame(columns, index=[True, False])
