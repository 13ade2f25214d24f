"""What page 4 says in sentences that depend on the numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from fer_lib.formatting import OPEN, listing, means, percent
from fer_lib.questions.intervals import LEVEL, holm
from fer_lib.studies.claims_power import CLEAR
from fer_lib.studies.homework_claims import (
    CLAIMS,
    COST,
    FALLS,
    HEAT,
    HOLDS,
    UNTESTED,
    overall_verdicts,
)
from fer_lib.studies.saliency_benchmark import PASSES, PRIORS, verdicts


def where_read(densities: pd.DataFrame, faces: str) -> str:
    """Where the gradient is steepest for each expression of the claims: one sentence."""
    places: dict[str, list[str]] = {}
    for name in CLAIMS:
        if name in densities.index:
            row = densities.loc[name]
            most = row[row >= 0.75 * row.max()].nlargest(2).index
            places.setdefault(listing(map(str, most)), []).append(name)
    if not places:
        return "The network recognizes no happy, surprised or angry face, so there is no map."
    where = listing(f"on the {place} for {listing(names)}" for place, names in places.items())
    return f"On {faces} the gradient is steepest {where}."


def claims_answer(outcome: Mapping[str, str], faces: str) -> str:
    """How many of the homework's readings hold on `faces`: one sentence."""
    held, falls, open_ = (
        listing((name for name, verdict in outcome.items() if verdict == v), nothing="")
        for v in (HOLDS, FALLS, OPEN)
    )
    text = f"On {faces} none of the homework's three readings is confirmed"
    if held:
        text = f"On {faces} the homework's reading holds for {held}"
    parts = [f"it does not hold for {falls}"] if falls else []
    parts += [f"it is inconclusive for {open_}"] if open_ else []
    return f"{text}: {listing(parts)}." if parts else f"{text}."


def claims_verdicts(table: pd.DataFrame, outcome: Mapping[str, str]) -> str:
    """The verdict on each claim with its parts, a line each."""
    lines = []
    for expression, rows in table.groupby("expression", sort=False):
        parts = rows.groupby("verdict")["claim"].agg(listing)
        words = {HOLDS: "supported", FALLS: "contradicted", OPEN: OPEN, UNTESTED: UNTESTED}
        detail = "; ".join(f"{word}: {parts[v]}" for v, word in words.items() if v in parts)
        count = rows["faces"].iloc[0]
        lines.append(f"- **{expression}: {outcome[str(expression)]}** (n = {count}); {detail}.")
    return "\n".join(lines)


def claims_on_photographs(stored: Mapping[str, Any]) -> str:
    """The verdicts on photographs, as experiments/claims.py stores them, and their source."""
    table = stored["claims"]
    verdicts = claims_verdicts(table, overall_verdicts(table))
    return (
        f"{verdicts}\n\n{untested(table)}This is by *{stored['network']}*, the network that comes "
        f"with the library, right on {percent(stored['accuracy'])} of PublicTest. It looked at all "
        f"{stored['faces']:,} faces of PublicTest that it recognizes and that have no "
        "near-duplicate in Training; n is how many are of the class. Another network may go by "
        "other places."
    )


def untested(table: pd.DataFrame) -> str:
    """What the evidence, with intervals not corrected, says of the parts that have no verdict."""
    parts = table[table["verdict"] == UNTESTED]
    ends = {k: means(parts[k], parts[f"{k} low"], parts[f"{k} high"], "+") for k in (HEAT, COST)}
    below = (parts[[f"{HEAT} high", f"{COST} high"]] < 0).all(axis=1)
    return "".join(
        f"*{name}: {claim}* was not tested. Its lead is {heat} in {HEAT} and {cost} in {COST}"
        f"{': a test would hardly confirm it' if less else ''}. "
        for name, claim, heat, cost, less in zip(
            parts["expression"], parts["claim"], *ends.values(), below, strict=True
        )
    )


def claims_power(stored: Mapping[str, Any]) -> str:
    """How often the test of the claims is right, as experiments/claims.py stores it."""
    rates, questions = stored["rates"], stored["questions"]
    truth, clear = questions["truth"], questions[questions["truth"] >= CLEAR]
    missed = listing(f"*{part}*" for part in clear["part"][clear["holds"] < 0.5])
    both = rates[rates["evidence"] == f"{HEAT} and {COST}"].set_index("faces")
    few, many = both.loc[both.index.min()], both.loc[both.index.max()]
    alone = rates.set_index("evidence")["false alarms"]
    return (
        f"With {many.name} faces of a class, sampled from {stored['population']:,} drawn faces of "
        f"all classes, the test finds **{percent(many['power'], 0)}** where "
        f"a region clearly decides (so it is for {len(clear)} of {len(truth)}, each "
        "asked in many samples), and claims "
        f"**{percent(many['false alarms'])}** where it does not ({(truth <= 0).sum()} regions). "
        f"With {few.name} faces it is {percent(few['power'], 0)} and "
        f"{percent(few['false alarms'])}. The gradient alone would claim "
        f"{percent(alone[HEAT], 0)} of what does not decide, covering alone "
        f"{percent(alone[COST], 0)}: so both must agree. Where the faces' labels are shuffled, so "
        f"that there is nothing to find, {percent(many['null'])} of the tests find something. "
        f"It mostly misses {missed}, which clearly decide: what is inconclusive may be true."
    )


def grade_answer(differences: pd.DataFrame, summary: pd.DataFrame) -> str:
    """How far the maps can be believed, by the full grade: three sentences.

    Both tables are of `studies.saliency_benchmark`.
    """
    methods, baselines = differences["method"].unique(), differences["baseline"].unique()
    n = len(methods)
    against_simple = verdicts(differences, [name for name in baselines if name not in PRIORS])
    better = list(against_simple.values()).count(PASSES)
    beat = f"{better} {'is' if better == 1 else 'are'} shown to beat"
    if better in (0, n):
        beat = "all are shown to beat" if better else "none is shown to beat"
    passed = list(verdicts(differences, list(baselines)).values()).count(PASSES)
    # a method is behind where the class's map is better, at Holm's level over all comparisons
    behind = differences.assign(p=holm(differences["p"]))
    behind = behind[behind["baseline"] == PRIORS[1]]
    behind = behind[(behind["mean"] < 0) & (behind["p"] < 1 - LEVEL)]
    shown = behind.groupby("measure")["method"].nunique()
    fixed = f"{passed} of {n} also beat the fixed maps of where expressions change a face."
    if PASSES not in verdicts(differences, PRIORS[1:]).values():
        fixed = (
            "**But none is shown to beat a fixed map per expression: the places that it changes on "
            "average, read off the truth of other faces and without the network.** That map is "
            f"shown to be better in mass than {shown.get('mass', 0)} of {n}, in pointing than "
            f"{shown.get('pointing', 0)}."
        )
    scores = summary.pivot(index="method", columns="measure", values="mean")
    mass, order = scores["mass"].loc[methods], scores["correlation"]
    ahead = int((order[methods] > order[baselines].max()).sum())
    return (
        f"Of {n} saliency methods, {beat} the simple baselines. {fixed} Which movement "
        f"mattered most is another question: at ordering them, {ahead} of {n} are on average above "
        f"every baseline, which is not tested. Of the {n}, {mass.idxmax()} puts "
        "the largest share of its heat on the pixels that moved the network: "
        f"{percent(mass.max(), 0)}, where random heat puts "
        f"{percent(scores.loc['random', 'mass'], 0)}."
    )
