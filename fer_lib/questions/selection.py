"""Which faces a page looks at, and their means."""

from collections.abc import Sequence

import numpy as np

from fer_lib.data.class_order import CLASSES
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.errors import UserError


def label_of(expression: str) -> int:
    """The class of an expression's name, as folders may have it; UserError where there is none.

    >>> label_of("Surprised")
    5
    """
    if (name := expression.strip().lower()) not in CLASSES:
        raise UserError(f"no expression {expression!r}; there are {', '.join(EXPRESSIONS)}")
    return CLASSES[name]


def recognised(labels: np.ndarray, probabilities: np.ndarray, most: int) -> np.ndarray:
    """Faces at random that the network calls right, at most `most` a class.

    Shapes: labels (N,), probabilities (N, 7) → indices (M,), class by class. A map of a mistake
    explains another class than the face's, so mistakes are left out.
    """
    right = np.random.default_rng(0).permutation(np.flatnonzero(probabilities.argmax(1) == labels))
    return np.concatenate([right[labels[right] == k][:most] for k in range(len(EXPRESSIONS))])


def examples(
    labels: np.ndarray, probabilities: np.ndarray, names: Sequence[str]
) -> tuple[np.ndarray, list[str]]:
    """For each name a typical face, and its caption: indices, captions.

    Of the faces that the network recognizes it is the one of median confidence: the most confident
    is an exception. Where it recognizes none, the nearest miss, and the caption says so; a class
    without a face is left out.
    """
    chosen, captions = [], []
    for name in names:
        own = np.flatnonzero(labels == label_of(name))
        if len(own):
            ordered = own[np.argsort(probabilities[own, label_of(name)], kind="stable")]
            right = ordered[probabilities[ordered].argmax(1) == label_of(name)]
            # in order of confidence: the middle is the median, the last the nearest miss
            typical = right[len(right) // 2] if len(right) else ordered[-1]
            predicted = EXPRESSIONS[probabilities[typical].argmax()]
            chosen.append(typical)
            captions.append(name if predicted == name else f"{name},\ntaken for {predicted}")
    return np.array(chosen, int), captions


def class_means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean picture of each class: (N, 48, 48), (N,) → (7, 48, 48), nan for a class without."""
    means = np.full((len(EXPRESSIONS), *values.shape[1:]), np.nan)
    for k in np.unique(labels):
        means[k] = values[labels == k].mean(0)
    return means
