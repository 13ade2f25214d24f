"""Who is right: ten people's votes for each face, beside its label and beside a network.

FER2013's labels are the words by which pictures were searched, checked in haste. The votes are
FER+'s (see data.votes), ten a face. People could also say contempt, unknown or no face: these
count as votes for another expression.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest, entropy, spearmanr

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.data.votes import plurality
from fer_lib.questions.intervals import LEVEL, holm, mean_interval, percentile_interval, share
from fer_lib.studies.agreement import (
    agreement,
    recall_at_equal_agreement,
    recall_by_agreement,
    recall_of_clear,
)
from fer_lib.studies.intensity import recall_gains
from fer_lib.training.run import Run

CLASSES = len(EXPRESSIONS)
RESAMPLES = 2000


def voted(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the faces that have votes, (M,), and these votes, (M, 10)."""
    votes = np.full((len(split), 10), np.nan) if split.votes is None else split.votes
    known = np.flatnonzero(~np.isnan(votes[:, 0]))
    return known, votes[known]


def comparable(split: Split) -> bool:
    """Whether there are votes, and labels that are not themselves made from them."""
    known, votes = voted(split)
    return bool((plurality(votes) != split.labels[known]).any())


def judgement(labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """How often people and the network give the label, and who is right by people's top answer.

    `faces`; shares of them: person (one of the ten at random), plurality (the top answer),
    network; and on the `judged` faces, whose top answer is one of the seven: network_by_people,
    label_by_people and the network's lead with its interval.
    """
    predicted, top = probabilities.argmax(1), plurality(votes)
    judged = (top >= 0) & (top < CLASSES)
    lead = (predicted == top)[judged].astype(float) - (labels == top)[judged]
    return {
        "faces": len(labels),
        "person": float(agreement(labels, votes).mean()),
        "plurality": float((top == labels).mean()),
        "network": float((predicted == labels).mean()),
        "judged": int(judged.sum()),
        "network_by_people": float(share((predicted == top)[judged].sum(), judged.sum())),
        "label_by_people": float(share((labels == top)[judged].sum(), judged.sum())),
        "lead": mean_interval(lead),
    }


def by_class(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> pd.DataFrame:
    """A row a class of labels: the shares that people and the network give the label, and faces.

    person: one of the ten picked at random; plurality: the top answer of ten; network.
    """
    table = pd.DataFrame(
        {
            "person": agreement(labels, votes),
            "plurality": plurality(votes) == labels,
            "network": predicted == labels,
        }
    )
    means = table.groupby(labels).mean().reindex(range(CLASSES))
    means.insert(0, "expression", EXPRESSIONS)
    return means.assign(faces=np.bincount(labels, minlength=CLASSES))


def confusions(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """What people and the network say of each class: people (7, 10) and network (7, 7), in shares.

    `likeness` is Spearman's correlation of the two over the confusions (off the diagonal), with
    its basic bootstrap interval over faces: the percentile one would be biased towards 0, for
    resampling adds noise to rates that are small. `chance` is the 95 % point of the size of the
    correlation when the network's classes change names at random.
    """
    answers = np.eye(CLASSES)[predicted]  # (N, 7)
    off = ~np.eye(CLASSES, dtype=bool)

    def tables(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        of = np.eye(CLASSES)[labels[chosen]]  # (n, 7)
        faces = of.sum(0)[:, None]
        people = of.T @ (votes[chosen] / votes[chosen].sum(1, keepdims=True))  # (7, 10)
        return share(people, faces), share(of.T @ answers[chosen], faces)

    def likeness(chosen: np.ndarray) -> float:
        people, network = tables(chosen)
        return float(spearmanr(people[:, :CLASSES][off], network[off]).statistic)

    people, network = tables(np.arange(len(labels)))
    r, low, high = _interval(likeness, len(labels))
    rng, renamed = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        # rows and columns alike, so that the table keeps its values and loses only whose they are
        names = rng.permutation(CLASSES)
        other = network[np.ix_(names, names)]
        renamed.append(abs(spearmanr(people[:, :CLASSES][off], other[off]).statistic))
    return {
        "people": people,
        "network": network,
        # the percentiles, mirrored at the estimate; no correlation is above 1
        "likeness": (r, 2 * r - high, min(2 * r - low, 1.0)),
        "chance": float(np.quantile(renamed, LEVEL)),
    }


def sides(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> pd.DataFrame:
    """Where label and network differ: with whom the people's top answer sides, class by class.

    A row a label and one for `all`: faces, network, label, neither and tie in counts, and p_holm,
    whether people side as often with the one as with the other (sign test, Holm over classes).
    """
    wrong = labels != predicted
    top, own, answer = plurality(votes[wrong]), labels[wrong], predicted[wrong]
    table = pd.DataFrame(
        {"network": top == answer, "label": top == own, "tie": top < 0, "faces": True}
    )
    counts = table.groupby(own).sum().reindex(range(CLASSES), fill_value=0)
    # the sign test: faces that side with neither say nothing
    tests = [
        binomtest(row.network, row.network + row.label).pvalue if row.network + row.label else 1.0
        for row in counts.itertuples()
    ]
    counts.insert(0, "expression", EXPRESSIONS)
    counts["p_holm"] = holm(tests)
    total = table.sum().to_frame().T.assign(expression="all", p_holm=np.nan)
    counts = pd.concat([counts, total], ignore_index=True)
    taken = counts["network"] + counts["label"] + counts["tie"]
    return counts.assign(neither=counts["faces"] - taken)


def one_sided(sides: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The labels of `sides` with which people side beyond chance: network's, label's."""
    sure = sides[sides["p_holm"] < 1 - LEVEL]
    ahead = sure["network"] > sure["label"]
    return list(sure["expression"][ahead]), list(sure["expression"][~ahead])


def sides_by_chance(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> float:
    """The share of people siding with the network if its answers within a label were shuffled."""
    wrong = labels != predicted
    top, own, answer = plurality(votes[wrong]), labels[wrong], predicted[wrong]
    # the mean over all shuffles: a label's share of each answer times the faces that people call so
    answers = pd.crosstab(own, answer, normalize="index")
    expected = answers.mul(pd.crosstab(own, top)).to_numpy()  # nan where one of both is never said
    return float(np.nansum(expected) / max(len(own), 1))


def uncertainty(
    labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray
) -> dict[str, tuple[float, float, float]]:
    """Is the network unsure where people disagree: the rank correlation of the two entropies.

    (correlation, low, high) over `all` faces and within each label, for a label that is easy for
    both would make a correlation of its own. Shapes: labels (N,), (N, 7), (N, 10).
    """
    ours, theirs = entropy(probabilities, axis=1), entropy(votes, axis=1)
    groups = {"all": np.arange(len(labels))}
    groups |= {name: np.flatnonzero(labels == k) for k, name in enumerate(EXPRESSIONS)}

    def correlate(own: np.ndarray) -> tuple[float, float, float]:
        return _interval(
            lambda i: float(spearmanr(ours[own[i]], theirs[own[i]]).statistic), len(own)
        )

    return {name: correlate(own) for name, own in groups.items() if len(own) > 2}


def _interval(statistic: Callable[[np.ndarray], float], faces: int) -> tuple[float, float, float]:
    """A statistic of the faces' indices, and its 95 % percentile bootstrap interval."""
    rng = np.random.default_rng(0)
    values = np.array([statistic(rng.integers(faces, size=faces)) for _ in range(RESAMPLES)])
    return statistic(np.arange(faces)), *percentile_interval(values)


def summary(
    labels: np.ndarray, probabilities: np.ndarray, votes: np.ndarray, copies: np.ndarray
) -> dict[str, Any]:
    """Every number of the page, as JSON takes it; no face and no single vote.

    Shapes: labels (N,), probabilities (N, 7), votes (N, 10), all of faces that have votes;
    copies (N,) bool: which faces have a near-duplicate in Training.
    """
    predicted, agreed = probabilities.argmax(1), agreement(labels, votes)
    steps = {
        name: recall_by_agreement(labels[some], predicted[some], agreed[some]).to_dict("records")
        # `copies | True` are all faces
        for name, some in (("steps", copies | True), ("steps_new", ~copies))
    }
    tables = confusions(labels, predicted, votes)
    return {
        **steps,
        **judgement(labels, probabilities, votes),
        "new": int((~copies).sum()),
        "network_new": float((predicted == labels)[~copies].mean()),
        "gains": recall_gains(labels, predicted, agreed).to_dict("records"),
        "clear": recall_of_clear(labels, predicted, votes),
        "classes_at_equal": recall_at_equal_agreement(labels, predicted, agreed).to_dict("records"),
        "uncertainty": uncertainty(labels, probabilities, votes),
        "sides": sides(labels, predicted, votes).to_dict("records"),
        "sides_by_chance": sides_by_chance(labels, predicted, votes),
        "classes": by_class(labels, predicted, votes).to_dict("records"),
        "confusions": {name: np.round(table, 4).tolist() for name, table in tables.items()},
    }


def of_run(run: Run, faces: FaceSet) -> dict[str, Any]:
    """`summary` of a run on those of its validation faces that have votes."""
    split = run.verify(faces).validation
    known, votes = voted(split)
    copies = near_duplicates(split.images[known], faces.train.images)
    return summary(split.labels[known], run.predictions.probabilities[known], votes, copies)
