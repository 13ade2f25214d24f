"""Who is right: ten people's votes for each face, beside its label and beside a network.

FER2013's labels are the words by which pictures were searched, checked in haste. The votes are
FER+'s (see data.votes). People could also say contempt, unknown or no face, so every share is
given of all votes, and once without these three.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import entropy, spearmanr

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions.intervals import percentile_interval, share, wilson

CLASSES = len(EXPRESSIONS)
EDGES = (0, 0.05, 0.25, 0.5, 0.75, 0.95)  # of agreement: the lower end of each step
RESAMPLES = 2000


def agreement(labels: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """The share of people who see the label's expression: (N,), (N, 10) → (N,) in 0 to 1."""
    return votes[np.arange(len(labels)), labels] / votes.sum(1)


def majority(votes: np.ndarray) -> np.ndarray:
    """The column with most votes, (N, 10) → (N,); -1 where two columns share the first place."""
    top = votes.max(1)
    return np.where((votes == top[:, None]).sum(1) == 1, votes.argmax(1), -1)


def recall_by_agreement(
    labels: np.ndarray, predicted: np.ndarray, agreed: np.ndarray
) -> pd.DataFrame:
    """How often the network gives the label, by how many people see it, with Wilson's intervals.

    A row a step: at_least (its lower end), agreement (mean), faces, recall, low, high.
    """
    # a share such as 0.75, not quite exact, belongs to the step that it begins
    step = pd.Categorical(np.searchsorted(EDGES, agreed + 1e-9) - 1, range(len(EDGES)))
    faces = pd.DataFrame({"agreement": agreed, "right": predicted == labels})
    table = faces.groupby(step, observed=False).agg(
        agreement=("agreement", "mean"), faces=("right", "size"), recall=("right", "mean")
    )
    low, high = wilson(table["recall"] * table["faces"], table["faces"])
    table.insert(0, "at_least", EDGES)
    return table.assign(low=low, high=high)


def by_class(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> pd.DataFrame:
    """A row a class of labels: the shares that people and the network give the label, and faces.

    person: one person picked at random, of all votes; person_seven: of the votes for our seven
    classes alone; majority: the majority of ten; network.
    """
    table = pd.DataFrame(
        {
            "person": agreement(labels, votes),
            "person_seven": _agreement_of_seven(labels, votes),
            "majority": majority(votes) == labels,
            "network": predicted == labels,
        }
    )
    means = table.groupby(labels).mean().reindex(range(CLASSES))
    means.insert(0, "expression", EXPRESSIONS)
    return means.assign(faces=np.bincount(labels, minlength=CLASSES))


def _agreement_of_seven(labels: np.ndarray, votes: np.ndarray) -> np.ndarray:
    own = votes[np.arange(len(labels)), labels].astype(float)
    return share(own, votes[:, :CLASSES].sum(1))


def confusions(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """What people and the network say of each class: people (7, 10) and network (7, 7), in shares.

    `likeness` is Spearman's correlation of the two over the confusions (off the diagonal), with
    its bootstrap interval over faces.
    """
    answers = np.eye(CLASSES)[predicted]  # (N, 7)

    def tables(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        of = np.eye(CLASSES)[labels[chosen]]
        faces = of.sum(0)[:, None]
        people = of.T @ (votes[chosen] / votes[chosen].sum(1, keepdims=True))
        return share(people, faces), share(of.T @ answers[chosen], faces)

    def likeness(chosen: np.ndarray) -> float:
        people, network = tables(chosen)
        # the diagonal is recall: it would make any two confusions look the same
        off = ~np.eye(CLASSES, dtype=bool)
        return float(spearmanr(people[:, :CLASSES][off], network[off]).statistic)

    people, network = tables(np.arange(len(labels)))
    return {"people": people, "network": network, "likeness": _interval(likeness, len(labels), 300)}


def sides(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """Where label and network differ: with whom the majority of people sides, in counts.

    `by_chance` is the share that would side with the network if its wrong answers were dealt out
    anew among the faces of one label that it got wrong.
    """
    wrong = labels != predicted
    most, own, answer = majority(votes[wrong]), labels[wrong], predicted[wrong]
    rng, shares = np.random.default_rng(0), []
    # within a label, so that chance keeps what the network takes each label for
    for _ in range(200):
        other = answer.copy()
        for k in range(CLASSES):
            other[own == k] = rng.permutation(answer[own == k])
        shares.append((most == other).mean())
    counts = {
        "network": int((most == answer).sum()),
        "label": int((most == own).sum()),
        "neither": int(((most >= 0) & (most != answer) & (most != own)).sum()),
        "no majority": int((most < 0).sum()),
    }
    return {"faces": len(own), "counts": counts, "by_chance": float(np.mean(shares))}


def uncertainty(probabilities: np.ndarray, votes: np.ndarray) -> tuple[float, float, float]:
    """Is the network unsure where people disagree: Spearman's correlation of the two entropies.

    (correlation, low, high), the interval bootstrapped over faces. Shapes: (N, 7), (N, 10).
    """
    ours, theirs = entropy(probabilities, axis=1), entropy(votes, axis=1)
    return _interval(lambda i: float(spearmanr(ours[i], theirs[i]).statistic), len(ours), RESAMPLES)


def ceiling(labels: np.ndarray, votes: np.ndarray) -> float:
    """How often the label could be guessed by one who knows the people's majority and no more.

    For each answer of the majority the label most frequent there, counted on the other half of
    the faces. A network above it knows of the label what people do not see in the face.
    """
    most = majority(votes) + 1  # 0: no majority
    # counted on one half and judged on the other: else a rare answer would betray its own label
    half = np.random.default_rng(0).permutation(len(labels)) % 2
    right = np.zeros(len(labels), bool)
    for this in (0, 1):
        counts = np.zeros((votes.shape[1] + 1, CLASSES))
        np.add.at(counts, (most[half != this], labels[half != this]), 1)
        right[half == this] = counts.argmax(1)[most[half == this]] == labels[half == this]
    return float(right.mean())


def _interval(
    statistic: Callable[[np.ndarray], float], faces: int, resamples: int
) -> tuple[float, float, float]:
    """A statistic of the faces' indices, and its 95 % percentile bootstrap interval."""
    rng = np.random.default_rng(0)
    values = np.array([statistic(rng.integers(faces, size=faces)) for _ in range(resamples)])
    return statistic(np.arange(faces)), *percentile_interval(values)


def summary(
    labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray, copies: np.ndarray
) -> dict[str, Any]:
    """Every number of the page, as JSON takes it; no face and no single vote.

    Shapes: labels (N,), probabilities (N, 7), votes (N, 10), all of faces that have votes;
    copies (N,) bool: which faces have a near-duplicate in Training.
    """
    predicted, agreed, most = probabilities.argmax(1), agreement(labels, votes), majority(votes)
    judged = (most >= 0) & (most < CLASSES)
    steps = {
        name: recall_by_agreement(labels[some], predicted[some], agreed[some]).to_dict("records")
        for name, some in (("steps", copies | True), ("steps_new", ~copies))
    }
    tables = confusions(labels, predicted, votes)
    return steps | {
        "faces": len(labels),
        "new": int((~copies).sum()),
        "person": float(agreed.mean()),
        "person_seven": float(np.nanmean(_agreement_of_seven(labels, votes))),
        "majority": float((most == labels).mean()),
        "network": float((predicted == labels).mean()),
        "network_by_majority": float((predicted == most)[judged].mean()),
        "judged": int(judged.sum()),
        "ceiling": ceiling(labels, votes),
        "uncertainty": uncertainty(probabilities, votes),
        "sides": sides(labels, predicted, votes),
        "classes": by_class(labels, predicted, votes).to_dict("records"),
        "confusions": {name: np.round(table, 4).tolist() for name, table in tables.items()},
    }
