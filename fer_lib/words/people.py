"""Who is right, in words: for its page, and for `fer-lib evaluate`."""

from math import sqrt
from typing import Any

import pandas as pd
from scipy.stats import norm

from fer_lib.formatting import OPEN, listing, percent, plural
from fer_lib.questions.intervals import LEVEL

ALPHA = 1 - LEVEL

STORED = "The network is *compact*, the one that comes with the library."
OWN = "The network is the DeepCNN of this report."
MISSING = (
    "This page cannot be computed on your data, for it needs FER2013's labels and people's votes: "
    "put `fer2013new.csv` (github.com/microsoft/FERPlus) beside `fer2013.csv` or Kaggle's images, "
    "or give it by `--votes`, and build the report again. These are the stored results of "
    "*compact*, the network that comes with the library. "
)


def judged(n: dict[str, Any], which: str = "with votes") -> str:
    """The label and the network as people judge them, from `studies.people.judgement`."""
    text = (
        f"A single rater gives the label on **{percent(n['person'], 0)}** of "
        f"{plural(n['faces'], 'face')} {which}, the network on **{percent(n['network'], 0)}**."
    )
    if not n["judged"]:
        return text
    lead, low, high = (100 * value for value in n["lead"])
    verdict = f"which is ahead is {OPEN}, by {lead:.1f} points ({low:.1f} to {high:.1f})"
    if low > 0:
        verdict = f"the network is ahead by {lead:.1f} points ({low:.1f} to {high:.1f})"
    if high < 0:
        verdict = f"the label is ahead by {-lead:.1f} points ({-high:.1f} to {-low:.1f})"
    return (
        f"{text} Judged by the raters' top answer instead, the network is right on "
        f"{percent(n['network_by_people'])} of {plural(n['judged'], 'face')} and the label itself "
        f"on {percent(n['label_by_people'])}: {verdict}."
    )


def largest_gap(classes: pd.DataFrame) -> str:
    """Of `people.by_class`, the label that the network gives most often beyond what people do."""
    most = classes.loc[classes.eval("network - person").idxmax()]
    name = most["expression"]
    text = (
        f"The gap is largest for {name}: a rater gives the label on {percent(most['person'], 0)} "
        f"of the faces, the network on {percent(most['network'], 0)}."
    )
    if most["network"] <= most["person"]:
        return text
    return (
        f"{text} This would fit a network that has learned how these pictures were gathered, by "
        f"searching for words of {name}, and not only what people see in them. Near-duplicates "
        "that it has memorised, or signs that people do not report, would look the same."
    )


def clearness(clear: dict[str, Any]) -> str:
    """Whether faces that more people see clearly are easier, from `people.recall_of_clear`."""
    first, last = clear["steps"][0], clear["steps"][-1]
    rises = clear["p"] < ALPHA and last["recall"] > first["recall"]
    text = (
        "**Faces.** So look only at faces on which most people see the label, "
        f"{first['votes']:.0f} of ten or more, neutral left out. A reader who cannot tell a clear "
        "expression from a faint one would stay level there. The network "
        f"{'does not' if rises else 'may, too'}: its recall goes from "
        f"{percent(first['recall'])} at {first['votes']:.0f} votes to "
        f"{percent(last['recall'])} at {last['votes']:.0f} (p = {clear['p']:.2g}, by permutation "
        f"within the classes). {'So clearer expressions are easier for it.' if rises else ''}"
    )
    (blank_faces, blank), (other_faces, other) = clear["blank"], clear["other"]
    if not blank_faces or not other_faces:
        return text
    gap = blank - other
    variance = blank * (1 - blank) / blank_faces + other * (1 - other) / other_faces
    half = norm.isf(ALPHA / 2) * sqrt(variance)
    return (
        f"{text} Whether it matters that the rest see a blank face or another expression is "
        f"{OPEN if abs(gap) <= half else 'shown'}: where all missing votes are for neutral, "
        f"recall is {percent(blank)} ({plural(blank_faces, 'face')}), where none is, "
        f"{percent(other)} ({plural(other_faces, 'face')}), a difference of "
        f"{100 * gap:+.1f} points ({100 * (gap - half):+.1f} to {100 * (gap + half):+.1f})."
    )


def at_equal_agreement(table: pd.DataFrame) -> str:
    """How far classes differ by people's agreement, from `people.recall_at_equal_agreement`."""
    spread, rest = (100 * table[name].std(ddof=0) for name in ("recall", "at_equal"))
    ends = table.sort_values("recall").iloc[[0, -1]].to_dict("records")
    moves = (
        f"{row['expression']} would go from {percent(row['recall'], 0)} to "
        f"{percent(row['at_equal'], 0)}"
        for row in ends
    )
    share = "a part" if rest < spread else "none"
    return (
        "**Classes.** The recalls of the classes have a standard deviation of "
        f"{spread:.1f} points. A logistic curve, with a slope on agreement and a level for each "
        "class, predicts what they would be if all classes were agreed upon alike: then it is "
        f"{rest:.1f} points; {listing(moves)}. That suggests, without a test, that {share} of the "
        "difference between classes goes with how clearly people see the label. Wrong labels are "
        "in it: on a wrongly labelled face people do not see the label either."
    )
