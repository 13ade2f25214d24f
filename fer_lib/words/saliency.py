"""What page 4 says in sentences that depend on the numbers."""

from collections.abc import Mapping

import pandas as pd

from fer_lib.formatting import OPEN, listing, percent
from fer_lib.studies.homework_claims import CLAIMS, FALLS, HOLDS
from fer_lib.studies.saliency_benchmark import PASSES, PRIORS, verdicts

NOUNS = {"angry": "anger"}  # where the label is not what one reads in a face


def where_read(densities: pd.DataFrame) -> str:
    """Which regions carry most heat per pixel for each claimed expression: one sentence."""
    places = []
    for name in CLAIMS:
        if name in densities.index:
            row = densities.loc[name]
            # a second region is named only where it is nearly as hot as the first
            most = row[row >= 0.75 * row.max()].nlargest(2).index
            places.append(f"{NOUNS.get(name, name)} from the {listing(map(str, most))}")
    if not places:
        return "The network recognizes no happy, surprised or angry face, so there is no map."
    # the first names the verb for all three
    places[0] = places[0].replace(" from", " is read mostly from", 1).capitalize()
    others = f", {listing(places[1:])}" if len(places) > 1 else ""
    return f"{places[0]}{others}."


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
        words = ((HOLDS, "supported"), (FALLS, "not supported"), (OPEN, "inconclusive"))
        detail = "; ".join(f"{word}: {parts[v]}" for v, word in words if v in parts)
        count = rows["faces"].iloc[0]
        lines.append(f"- **{expression}: {outcome[str(expression)]}** (n = {count}); {detail}.")
    return "\n".join(lines)


def grade_answer(differences: pd.DataFrame, summary: pd.DataFrame) -> str:
    """How far the maps can be believed, by the full grade: three sentences.

    Both tables are of `studies.saliency_benchmark`.
    """
    methods, baselines = differences["method"].unique(), differences["baseline"].unique()
    n, of_priors = len(methods), differences["baseline"].isin(PRIORS)
    against_simple = verdicts(differences, [name for name in baselines if name not in PRIORS])
    better = list(against_simple.values()).count(PASSES)
    beat = f"{better} {'is' if better == 1 else 'are'} shown to beat"
    if better in (0, n):
        beat = "all are shown to beat" if better else "none is shown to beat"
    passed = list(verdicts(differences, list(baselines)).values()).count(PASSES)
    # a method is behind where one of the fixed maps is better on every measure
    best_measure = differences[of_priors].groupby(["method", "baseline"])["mean"].max()
    if passed:
        fixed = f"{passed} of {n} also beat one fixed map of where expressions lie."
    elif (best_measure.groupby("method").min() < 0).all():
        fixed = (
            "**But one fixed map per expression, of where it changes a face on average, scores "
            f"higher than all {n}, and it never saw the network.**"
        )
    else:
        fixed = (
            "**But none is shown to beat one fixed map of where expressions change a face on "
            "average, which never saw the network.**"
        )
    mass = summary[summary["measure"] == "mass"].set_index("method")["mean"].loc[methods]
    return (
        f"Of {n} saliency methods, {beat} the simple baselines. {fixed} The best method, "
        f"{mass.idxmax()}, puts {percent(mass.max(), 0)} of its heat on the pixels that moved the "
        "network."
    )
