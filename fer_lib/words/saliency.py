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
            most = row[row >= 0.75 * row.max()].nlargest(2).index
            places.append(f"{NOUNS.get(name, name)} from the {listing(map(str, most))}")
    if not places:
        return "The network recognizes no happy, surprised or angry face, so there is no map."
    # The first names the verb for all three.
    return f"{places[0].replace(' from', ' is read mostly from', 1).capitalize()}" + (
        f", {listing(places[1:])}." if len(places) > 1 else "."
    )


def claims_answer(outcome: Mapping[str, str], faces: str) -> str:
    """How many of the homework's readings hold on `faces`: one sentence."""
    held = [name for name, verdict in outcome.items() if verdict == HOLDS]
    rest = {v: [n for n, verdict in outcome.items() if verdict == v] for v in (FALLS, OPEN)}
    parts = [f"it does not hold for {listing(rest[FALLS])}"] if rest[FALLS] else []
    parts += [f"it is inconclusive for {listing(rest[OPEN])}"] if rest[OPEN] else []
    if not held:
        start = f"On {faces} none of the homework's three readings is confirmed"
    else:
        start = f"On {faces} the homework's reading holds for {listing(held)}"
    return f"{start}: {listing(parts)}." if parts else f"{start}."


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


def grade_answer(leads: pd.DataFrame, summary: pd.DataFrame) -> str:
    """How far the maps can be believed, by the full grade: three sentences."""
    every = list(leads["baseline"].unique())
    simple = [name for name in every if name not in PRIORS]
    outcome = {"simple": verdicts(leads, simple), "all": verdicts(leads, every)}
    methods, best = len(outcome["all"]), _best(summary, list(outcome["all"]))
    passed = {kind: [n for n, v in each.items() if v == PASSES] for kind, each in outcome.items()}
    return (
        f"Of {methods} saliency methods, {_all_or(passed['simple'], methods)} the simple "
        "baselines. "
        + _against_priors(leads, passed["all"], methods)
        + f" The best method, {best}, puts {percent(_mean(summary, best, 'mass'), 0)} of its heat "
        "on the pixels that moved the network."
    )


def _all_or(passed: list[str], methods: int) -> str:
    if not passed:
        return "none is shown to beat"
    verb = "is" if len(passed) == 1 else "are"
    return f"{'all' if len(passed) == methods else len(passed)} {verb} shown to beat"


def _against_priors(leads: pd.DataFrame, passed: list[str], n: int) -> str:
    """One map for all faces, beside the methods' maps of each face."""
    if passed:
        return f"{len(passed)} of {n} also beat one fixed map of where expressions lie."
    behind = [
        method
        for method, rows in leads[leads["baseline"].isin(PRIORS)].groupby("method", sort=False)
        if (rows.groupby("baseline")["mean"].max() < 0).any()
    ]
    if len(behind) == n:
        return (
            "**But one fixed map per expression, of where it changes a face on average, scores "
            f"higher than all {n}, and it never saw the network.**"
        )
    return (
        "**But none is shown to beat one fixed map of where expressions change a face on average, "
        "which never saw the network.**"
    )


def _mean(summary: pd.DataFrame, method: str, measure: str) -> float:
    rows = summary[(summary["method"] == method) & (summary["measure"] == measure)]
    return float(rows["mean"].iloc[0])


def _best(summary: pd.DataFrame, methods: list[str]) -> str:
    return max(methods, key=lambda method: _mean(summary, method, "mass"))
