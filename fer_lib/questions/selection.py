"""Which faces a page looks at, and their means."""

from collections.abc import Sequence

import numpy as np

from fer_lib.data.class_names import CLASSES
from fer_lib.data.faceset import EXPRESSIONS, check_classes
from fer_lib.data.names import class_name
from fer_lib.errors import UserError


def label_of(expression: str, classes: Sequence[str] = EXPRESSIONS) -> int:
    """The label of a class's name, as folders may have it; UserError where there is none.

    >>> label_of("Surprised")
    5
    """
    own = {name: label for label, name in enumerate(classes)}
    known = CLASSES if tuple(classes) == EXPRESSIONS else own
    if (name := class_name(expression)) not in known:
        raise UserError(f"no expression {expression!r}; there are {', '.join(classes)}")
    return known[name]


def recognised(labels: np.ndarray, probabilities: np.ndarray, most: int) -> np.ndarray:
    """Faces at random that the network calls right, at most `most` a class.

    Shapes: labels (N,), probabilities (N, K) → indices (M,), class by class. A map of a mistake
    explains another class than the face's, so mistakes are left out.
    """
    right = np.random.default_rng(0).permutation(np.flatnonzero(probabilities.argmax(1) == labels))
    return np.concatenate([right[labels[right] == k][:most] for k in range(probabilities.shape[1])])


def examples(
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: Sequence[str],
    classes: Sequence[str] = EXPRESSIONS,
) -> tuple[np.ndarray, list[str]]:
    """For each name of a class a typical face, and its caption: indices, captions.

    Of the faces that the network recognizes it is the one of median confidence: the most confident
    is an exception. Where it recognizes none, the nearest miss, and the caption says so; a class
    without a face is left out.
    """
    check_classes(probabilities.shape[1], classes)
    chosen, captions = [], []
    for name, label in ((name, label_of(name, classes)) for name in names):
        own = np.flatnonzero(labels == label)
        if len(own):
            ordered = own[np.argsort(probabilities[own, label], kind="stable")]
            right = ordered[probabilities[ordered].argmax(1) == label]
            # in order of confidence: the middle is the median, the last the nearest miss
            typical = right[len(right) // 2] if len(right) else ordered[-1]
            predicted = classes[probabilities[typical].argmax()]
            chosen.append(typical)
            captions.append(name if predicted == name else f"{name},\ntaken for {predicted}")
    return np.array(chosen, int), captions


def class_means(
    values: np.ndarray, labels: np.ndarray, count: int = len(EXPRESSIONS)
) -> np.ndarray:
    """The mean picture of `count` classes, nan for one without: (N, 48, 48), (N,) → (K, 48, 48)."""
    means = np.full((count, *values.shape[1:]), np.nan)
    for k in np.unique(labels):
        means[k] = values[labels == k].mean(0)
    return means
