"""Is a label recognised more often, the more people see it? Votes are FER+'s, ten a face."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions.intervals import wilson
from fer_lib.studies.intensity import NEUTRAL

CLASSES = len(EXPRESSIONS)
EDGES = (0, 0.05, 0.25, 0.5, 0.75, 0.95)  # of agreement: the lower end of each step
CLEAR = 6  # votes of ten for the label: most people see it
RESAMPLES = 2000


def agreement(labels: np.ndarray, votes: np.ndarray) -> np.ndarray:
    """The share of people who see the label's expression: (N,), (N, 10) → (N,) in 0 to 1."""
    return votes[np.arange(len(labels)), labels] / votes.sum(1)


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


def recall_of_clear(labels: np.ndarray, predicted: np.ndarray, votes: np.ndarray) -> dict[str, Any]:
    """Where most people see the label: is it given more often, the more of them see it?

    Recall of a label rises with agreement on it for any reader who mostly says what people say. A
    reader blind to how clear the expression is stays level among the faces of which at least
    CLEAR votes of ten are for the label, so here the question can be answered by no. Neutral,
    which cannot be faint, is left out. `p` is that of a permutation within the classes.

    `blank` and `other` compare faces with votes lost to neutral alone and to no neutral: is a
    faint expression harder than a mixed one? Each is [faces, recall], of CLEAR to 8 votes, and
    `gap` the first recall less the second, with its interval; None where a group is empty.
    """
    own = votes[np.arange(len(labels)), labels]
    clear = (own >= CLEAR) & (labels != NEUTRAL) & (votes.sum(1) == 10)
    own, k, right = own[clear], labels[clear], (predicted == labels)[clear]
    steps = pd.DataFrame({"votes": own, "right": right}).groupby("votes")["right"]
    table = steps.agg(faces="size", recall="mean").reset_index()
    ends = wilson(table["recall"] * table["faces"], table["faces"])
    centered = own - pd.Series(own).groupby(k).transform("mean").to_numpy()
    rng, count = np.random.default_rng(0), 0
    for _ in range(RESAMPLES):
        order = rng.permutation(len(k))  # by a stable sort each class gets its own values back
        shuffled = right[order[np.argsort(k[order], kind="stable")]]
        count += abs(centered[np.argsort(k, kind="stable")] @ shuffled) >= abs(centered @ right)
    lost = (10 - own)[own <= 8]
    to_neutral, some_right = votes[clear][own <= 8, NEUTRAL], right[own <= 8]
    groups = {"blank": some_right[to_neutral == lost], "other": some_right[to_neutral == 0]}
    gap = None
    if all(map(len, groups.values())):
        hits, faces = np.array([(g.sum(), len(g)) for g in groups.values()]).T
        # two of Wilson's intervals combined (Newcombe 1998): of few faces none shrinks to a point
        recall, (low, high) = hits / faces, wilson(hits, faces)
        below = np.hypot(recall[0] - low[0], high[1] - recall[1])
        above = np.hypot(high[0] - recall[0], recall[1] - low[1])
        lead = recall[0] - recall[1]
        gap = float(lead), float(lead - below), float(lead + above)
    return {
        "steps": table.assign(low=ends[0], high=ends[1]).to_dict("records"),
        # the order as it was is one of the permutations
        "p": (1 + count) / (1 + RESAMPLES),
        **{name: [len(g), float(g.mean()) if len(g) else None] for name, g in groups.items()},
        "gap": gap,
    }


def recall_at_equal_agreement(
    labels: np.ndarray, predicted: np.ndarray, agreed: np.ndarray
) -> pd.DataFrame:
    """How far classes differ in recall, and how far at equal agreement: a row a class with faces.

    A logistic curve with a slope on agreement and a level for each class predicts the recall that
    each class would have if its faces were agreed upon as all faces are. Columns: expression,
    recall, at_equal.
    """
    own, right = np.eye(CLASSES)[labels], predicted == labels

    def loss(beta: np.ndarray) -> float:
        logit = own @ beta[1:] + beta[0] * agreed
        # −log of what the curve gives to what happened; the ridge holds a class without misses
        return float(np.logaddexp(0, np.where(right, -logit, logit)).sum() + 1e-4 * beta @ beta)

    beta = minimize(loss, np.zeros(1 + CLASSES)).x
    # each class's curve, averaged over everybody's agreement (direct standardisation)
    equal = expit(beta[1:] + beta[0] * agreed[:, None]).mean(0)
    recall = pd.Series(right).groupby(labels).mean()
    names = [EXPRESSIONS[k] for k in recall.index]
    return pd.DataFrame({"expression": names, "recall": recall, "at_equal": equal[recall.index]})
