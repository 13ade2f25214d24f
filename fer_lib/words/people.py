"""Who is right, in words: for its page, and for `fer-lib evaluate`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import OPEN, listing, percent, plural, span
from fer_lib.questions.intervals import LEVEL


def judged(n: dict[str, Any], which: str = "with votes") -> str:
    """The label and the network as people judge them, from `studies.people.judgement`."""
    text = (
        f"A single rater gives the label on **{percent(n['person'], 0)}** of "
        f"{plural(n['faces'], 'face')} {which}, the network on **{percent(n['network'], 0)}**."
    )
    if not n["judged"]:
        return text
    # ahead only where the whole interval is on one side of 0
    lead, low, high = (100 * value for value in n["lead"])
    verdict = f"which is ahead is {OPEN}, by {lead:.1f} points ({low:.1f} to {high:.1f})"
    if low > 0:
        verdict = f"the network is ahead by {lead:.1f} points ({low:.1f} to {high:.1f})"
    if high < 0:
        verdict = f"the label is ahead by {-lead:.1f} points ({-high:.1f} to {-low:.1f})"
    return (
        f"{text} Judged by the raters' top answer instead, the network is right on "
        f"{percent(n['network_by_people'])} of the {plural(n['judged'], 'face')} on which one of "
        "the seven expressions has most votes, and the label itself on "
        f"{percent(n['label_by_people'])}: {verdict}."
    )


def whose_side(for_network: Sequence[str], for_label: Sequence[str]) -> str:
    """With whom people side on faces of which labels, from `people.one_sided`."""
    sides = ("network", "label", for_network), ("label", "network", for_label)
    parts = [
        f"more often with the {who} than with the {other} on faces labelled {listing(names)}"
        for who, other, names in sides
        if names
    ]
    if not parts:
        return f"Where the two differ, whose side people take is {OPEN} for every label."
    return (
        "Where the two differ, it depends on the label: people side "
        f"{listing(parts)}; for any other label it is {OPEN}."
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


def by_agreement(n: Mapping[str, Any]) -> str:
    """The first and the last step of `agreement.recall_by_agreement` that have a face."""
    steps, new = pd.DataFrame(n["steps"]), pd.DataFrame(n["steps_new"])
    ends = np.flatnonzero(steps["faces"])[[0, -1]]
    first, last = steps.iloc[ends].itertuples()
    return (
        f"Where {_who_sees(first.agreement)} the label, the network gives it on "
        f"{percent(first.recall)} ({span(first.low, first.high)}) of the faces; where "
        f"{_who_sees(last.agreement)} it, on {percent(last.recall)} "
        f"({span(last.low, last.high)}). Without the faces that have a near-duplicate in Training "
        f"({n['new']:,} are left) it is {listing(map(percent, new['recall'].iloc[ends]))}. "
        "This alone proves little: whoever mostly says what people say would show such a curve."
    )


def _who_sees(agreement: float) -> str:
    people = round(10 * agreement)
    return {0: "none of ten sees", 10: "all ten see"}.get(people, f"about {people} of ten see")


def _ends(clear: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, float], bool]:
    """The first and the last step, and whether recall rises beyond chance."""
    first, last = clear["steps"][0], clear["steps"][-1]
    return first, last, clear["p"] < 1 - LEVEL and last["recall"] > first["recall"]


def in_short(clear: Mapping[str, Any]) -> str:
    """`clearness` for question 3, in two sentences."""
    first, last, rises = _ends(clear)
    so, end = ("So", "") if rises else ("Whether", f" is {OPEN}")
    return (
        "On photographs, where most people see the label and it is not neutral, recall of the "
        f"network that comes with the library is {percent(first['recall'], 0)} if "
        f"{first['votes']:.0f} of ten see it and {percent(last['recall'], 0)} if "
        f"{last['votes']:.0f} do. {so} faces on which people agree more are recognised more "
        f"often there too{end}."
    )


def clearness(clear: dict[str, Any]) -> str:
    """Whether faces that more people see clearly are easier, from `agreement.recall_of_clear`."""
    first, last, rises = _ends(clear)
    text = (
        "**Faces.** So look only at faces on which most people see the label, "
        f"{first['votes']:.0f} of ten or more, neutral left out. A reader who cannot tell a clear "
        "expression from a faint one would stay level there. The network "
        f"{'does not' if rises else 'may, too'}: its recall goes from "
        f"{percent(first['recall'])} at {first['votes']:.0f} votes to "
        f"{percent(last['recall'])} at {last['votes']:.0f}, over all labels together (p = "
        f"{clear['p']:.2g}, by permutation within the labels, so that their mixture plays no "
        f"part). {'So faces on which people agree more are easier for it.' if rises else ''}"
    )
    if clear["gap"] is None:
        return text
    (blank_faces, blank), (other_faces, other) = clear["blank"], clear["other"]
    gap, low, high = (100 * value for value in clear["gap"])
    return (
        f"{text} Whether it matters that the other people see a neutral face or another "
        f"expression is {OPEN if low <= 0 <= high else 'shown'}: where all their votes are for "
        f"neutral, recall is {percent(blank)} ({plural(blank_faces, 'face')}), where none is, "
        f"{percent(other)} ({plural(other_faces, 'face')}), a difference of "
        f"{gap:+.1f} points ({low:+.1f} to {high:+.1f})."
    )


def at_equal_agreement(table: pd.DataFrame) -> str:
    """How far classes differ by people's agreement, from `agreement.recall_at_equal_agreement`."""
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


def likeness(tables: Mapping[str, Any]) -> str:
    """Whether people and the network confuse the same, from `people.confusions`."""
    r, low, high = tables["likeness"]
    neutral = EXPRESSIONS.index("neutral")
    by_people, by_network = (
        np.nanmean(np.delete(np.array(tables[name], float)[:, neutral], neutral))
        for name in ("people", "network")
    )
    kinds = len(EXPRESSIONS) * (len(EXPRESSIONS) - 1)
    return (
        f"In their order, {'yes' if low > tables['chance'] else 'that is not shown'}: over the "
        f"{kinds} kinds of confusion the two rates have a rank correlation of {r:.2f} "
        f"({low:.2f} to {high:.2f}); with the network's class names shuffled it stays below "
        f"{tables['chance']:.2f} in 95 of 100 cases. Their size is another matter: people see a "
        f"neutral face in {percent(by_people, 0)} of the faces with another label, the network in "
        f"{percent(by_network, 0)} (means over the labels)."
    )


def unsure(correlations: Mapping[str, tuple[float, float, float]]) -> str:
    """Whether the network is unsure where people disagree, from `people.uncertainty`."""
    r, low, high = correlations["all"]
    # over all faces easy labels alone would make a correlation
    within = {name: values for name, values in correlations.items() if name != "all"}
    follows = [name for name, (_, bottom, _) in within.items() if bottom > 0]
    rest = [name for name in within if name not in follows]
    each = [within[name][0] for name in follows]
    parts = []
    if each:
        parts = [f"it is above 0 for {listing(follows)} ({min(each):.2f} to {max(each):.2f})"]
    parts += [f"it is not shown for {listing(rest)}"] if rest else []
    text = "That the network is less certain where people disagree is not shown"
    if low > 0:
        text = "The network is less certain where people disagree"
    return (
        f"{text}: over all faces the entropies of its answer and of their votes have a rank "
        f"correlation of {r:.2f} ({low:.2f} to {high:.2f}). Labels that are easy for both make a "
        f"correlation of their own, so look within a label: {listing(parts)}."
    )


def together(n: Mapping[str, Any]) -> str:
    """What ten votes and the network tell of the label, alone and together; stored for one."""
    if "together" not in n:
        return "What votes and network know together is stored for `compact` alone."
    both = n["together"]
    adds, low, high = (100 * value for value in both["network_adds"])
    votes_add, votes_low, votes_high = (100 * value for value in both["votes_add"])
    tells = {
        "the network tells something of the label that ten votes do not": low > 0,
        "the votes tell something that the network does not": votes_low > 0,
    }
    shown = [words for words, sure in tells.items() if sure]
    so = f"So {listing(shown)}" if shown else f"Whether either adds to the other is {OPEN}"
    more = "; whether more raters would tell as much is open" if low > 0 else ""
    return (
        "The best guess is a classifier (gradient boosting) that learns the label from all ten "
        "votes on Training's faces. On faces of which no near-duplicate was found in Training it "
        f"gives the label on {percent(n['guess_new'])}, the network on "
        f"{percent(n['network_new'])}. A logistic regression, fitted on nine tenths of these faces "
        f"and scored on the rest, gives it by the votes on {percent(both['votes'])}, by the "
        f"network's seven probabilities on {percent(both['network'])}, by both together on "
        f"{percent(both['both'])}: the network "
        f"adds {adds:.1f} points to the votes ({low:.1f} to {high:.1f}), and the votes add "
        f"{votes_add:.1f} to the network ({votes_low:.1f} to {votes_high:.1f}). {so}{more}."
    )
