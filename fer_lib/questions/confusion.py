"""Which expressions the network takes for which: the confusion matrix and what it tells.

A matrix counts faces: row = the expression that was labelled, column = the one predicted.
Shares that have no face behind them are nan in arrays, None in `summary`, a dash in tables.
"""

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import estimates, percent, plural, span
from fer_lib.questions.intervals import LEVEL, bootstrap_counts, share, wilson
from fer_lib.studies.confused_pairs import most_confused

CLASSES = len(EXPRESSIONS)


def matrix(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Count faces by label and prediction: (N,) and (N, 7) → (7, 7) int64.

    The prediction is the most probable class; faces without a label are left out.
    """
    labelled = labels >= 0
    predicted = probabilities.argmax(1)
    cells = CLASSES * labels[labelled] + predicted[labelled]
    return np.bincount(cells, minlength=CLASSES**2).reshape(CLASSES, CLASSES)


def _mean_of_defined(values: np.ndarray) -> np.ndarray:
    return share(np.nansum(values, -1), (~np.isnan(values)).sum(-1))


def _diagonal(m: np.ndarray) -> np.ndarray:
    return m.diagonal(axis1=-2, axis2=-1)


def recall(m: np.ndarray) -> np.ndarray:
    """Of the faces of a class, the share that was found: (..., 7, 7) → (..., 7)."""
    return share(_diagonal(m), m.sum(-1))


def precision(m: np.ndarray) -> np.ndarray:
    """Of the faces taken for a class, the share that is of it: (..., 7, 7) → (..., 7)."""
    return share(_diagonal(m), m.sum(-2))


def accuracy(m: np.ndarray) -> np.ndarray:
    """The share of all faces that is right: (..., 7, 7) → (...)."""
    return share(_diagonal(m).sum(-1), m.sum((-2, -1)))


def balanced_accuracy(m: np.ndarray) -> np.ndarray:
    """The mean recall of the classes that occur: (..., 7, 7) → (...)."""
    return _mean_of_defined(recall(m))


def macro_f1(m: np.ndarray) -> np.ndarray:
    """The mean F1 of the classes that occur or are predicted: (..., 7, 7) → (...)."""
    return _mean_of_defined(share(2 * _diagonal(m), m.sum(-1) + m.sum(-2)))


METRICS = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}


def summary(labels: np.ndarray, probabilities: np.ndarray) -> dict:
    """Every number of a validation, ready for JSON: what cannot be computed is None.

    Shapes: labels (N,), -1 where unlabelled; probabilities (N, 7).
    """
    m = matrix(labels, probabilities)
    return {
        "n": int(m.sum()),
        **{name: _plain(metric(m)) for name, metric in METRICS.items()},
        "recall": dict(zip(EXPRESSIONS, map(_plain, recall(m)), strict=True)),
        "precision": dict(zip(EXPRESSIONS, map(_plain, precision(m)), strict=True)),
        "confusion_matrix": m.tolist(),
    }


def _plain(value: np.ndarray) -> float | None:
    return None if np.isnan(value) else float(value)


def overall(m: np.ndarray) -> pd.DataFrame:
    """Accuracy, balanced accuracy and macro F1 with 95 % bootstrap intervals over faces."""
    rows = [
        (name.replace("_", " ").replace("f1", "F1"), float(metric(m)), *bootstrap_counts(m, metric))
        for name, metric in METRICS.items()
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high"])


def by_class(m: np.ndarray) -> pd.DataFrame:
    """Recall and precision of each class with Wilson's 95 % intervals; a row a class."""
    table = pd.DataFrame({"expression": EXPRESSIONS})
    for name, of, whole in (("recall", "faces", m.sum(1)), ("precision", "predicted", m.sum(0))):
        table[of], table[name] = whole, share(_diagonal(m), whole)
        table[f"{name}_low"], table[f"{name}_high"] = wilson(_diagonal(m), whole)
    return table


def surest_mistakes(labels: np.ndarray, probabilities: np.ndarray) -> pd.DataFrame:
    """The 14 surest wrong faces, a row each: index, labelled, predicted, probability."""
    predicted, sure = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero((labels >= 0) & (predicted != labels))
    first = wrong[np.argsort(-sure[wrong], kind="stable")][:14]
    return pd.DataFrame(
        {
            "index": first,
            "labelled": [EXPRESSIONS[k] for k in labels[first]],
            "predicted": [EXPRESSIONS[k] for k in predicted[first]],
            "probability": sure[first],
        }
    )


def shown_overall(m: np.ndarray) -> pd.DataFrame:
    """`overall`, written out."""
    table = overall(m).set_index("metric").rename_axis(None)
    told = estimates(table["value"], table["low"], table["high"])
    return pd.DataFrame({"value": told}, index=table.index)


def shown_by_class(m: np.ndarray) -> pd.DataFrame:
    """`by_class`, written out: shares with their intervals."""
    table = by_class(m).set_index("expression").rename_axis(None)
    for name in ("recall", "precision"):
        ends = table.pop(f"{name}_low"), table.pop(f"{name}_high")
        table[name] = estimates(table[name], *ends)
    return table


def answer(m: np.ndarray) -> str:
    """The page's answer in three sentences."""
    n = int(m.sum())
    if n == 0:
        return "The validation split holds no labelled face, so nothing can be said here."
    low, high = bootstrap_counts(m, accuracy)
    interval = "" if np.isnan(low) else f" ({percent(LEVEL, 0)} interval {span(low, high)})"
    table = by_class(m).dropna(subset="recall").sort_values("recall", ascending=False)
    best, worst = table.iloc[0], table.iloc[-1]
    text = (
        f"The network is right on **{percent(float(accuracy(m)))}** of "
        f"{plural(n, 'validation face')}{interval}. "
    )
    if len(table) > 1:
        text += (
            f"It finds {best.expression} best ({percent(best.recall)}) and "
            f"{worst.expression} worst ({percent(worst.recall)}). "
        )
    return text + most_confused(m)


def reading_twins(labels: np.ndarray, probabilities: np.ndarray, twins: np.ndarray) -> str:
    """How much a network owes to faces that are in train too.

    Shapes: labels (N,), probabilities (N, 7), twins (N,) bool: which faces those are.
    """
    if not twins.any():
        return "No face shows a photograph that is in train too."
    matrices = [matrix(labels[some], probabilities[some]) for some in (twins, ~twins)]
    right, n = np.array([(m.trace(), m.sum()) for m in matrices]).T
    seen, new = estimates(share(right, n), *wilson(right, n))
    return (
        f"{plural(int(n[0]), 'face')} ({percent(n[0] / n.sum())}) show a photograph that is in "
        f"train too. On these the network is right on {seen}, on the others on {new}."
    )
