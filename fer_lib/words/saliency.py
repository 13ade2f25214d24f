"""What page 4 says in sentences that depend on the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from fer_lib.drawn.action_units import UNITS
from fer_lib.formatting import OPEN, listing, means, percent, plural
from fer_lib.questions.intervals import holm
from fer_lib.studies.claims_power import CLEAR
from fer_lib.studies.homework_claims import COST, FALLS, HEAT, HOLDS, OTHERS, UNTESTED
from fer_lib.studies.saliency_benchmark import PASSES, PRIORS, SIGNIFICANT, verdicts

SAID = {HOLDS: "holds", FALLS: "does not hold", OPEN: "is inconclusive"}


def what_decides(falls: pd.DataFrame, costs: pd.DataFrame, faces: str, names: Sequence[str]) -> str:
    """What decides each class of `names`: one sentence.

    By the unit whose loss costs most, `falls` of `studies.ablation.unit_falls`; where no unit is
    known, by the region that costs most when it is covered, `costs` of `Evidence.by_class`.
    """
    parts = []
    for name in names:
        # on photographs no movement can be taken away, and parts are covered in its place
        own = falls[falls["expression"] == name].set_index("unit")["fall"]
        if (own > 0).any():
            units = listing(f"the {UNITS[u]} (AU{u})" for u in map(int, _highest(own).index))
            parts.append(f"{units} for {name}")
        elif falls.empty and name in costs.index and (costs.loc[name] > 0).any():
            parts.append(f"the {listing(_highest(costs.loc[name]).index)} for {name}")
    if not parts:
        return f"What decides could be shown for none of {listing(names)}."
    how = "taking away one movement of the face" if len(falls) else "covering one part of the face"
    return (
        f"On {faces}, measured by {how} at a time, what decides is **{listing(parts)}**: without "
        "it the logit falls most."
    )


def _highest(values: pd.Series) -> pd.Series:
    """The highest, and the second if it comes near."""
    return values[values >= 0.75 * values.max()].nlargest(2)


def where_read(
    densities: pd.DataFrame, grade: Mapping[str, Any] | None, names: Sequence[str]
) -> str:
    """Where the gradient is steepest for each class of `names`, and what that is worth.

    `grade` is what experiments/saliency_grade.py stores.
    """
    places: dict[str, list[str]] = {}
    for name in names:
        if name in densities.index:
            most = _highest(densities.loc[name]).index
            places.setdefault(listing(map(str, most)), []).append(name)
    if not places:
        return "There is no map of them either."
    where = listing(f"on the {place} for {listing(names)}" for place, names in places.items())
    steepest = densities.idxmax(axis=1).value_counts()
    text = (
        f"The gradient is steepest {where}. But a steep gradient does not show what decides: "
        f"it is steepest on the {steepest.index[0]} for {steepest.iloc[0]} of "
        f"{plural(len(densities), 'expression')}."
    )
    if grade is None:
        return text
    differences = grade["leads"]
    # priors know where expressions lie, which a map has to find out: so both verdicts are said
    some, all_ = (verdicts(differences, names)["gradient"] for names in (PRIORS, ()))
    mass = grade["summary"].query("measure == 'mass'").set_index("method")["mean"]
    return (
        f"{text} On drawn faces {percent(mass['gradient'], 0)} of the gradient's heat lies on "
        f"the pixels that decide, of random heat {percent(mass['random'], 0)}. Its grade is "
        f"*{some}* against the simple baselines and *{all_}* against all: a method passes if it is "
        "shown to be better than each baseline, and fails if at least one baseline is shown to be "
        "better than it."
    )


def claims_answer(table: pd.DataFrame, faces: str) -> str:
    """What `homework_claims.judge` says of the homework's readings: two sentences.

    The order that the homework gives is told apart from what this book asks beyond it.
    """
    stricter = table["claim"].str.endswith(OTHERS)
    orders = listing(
        f"of {name}, {claim}, **{SAID[verdict]}**"
        for name, claim, verdict in table.loc[~stricter, ["expression", "claim", "verdict"]].values
    )
    parts = []
    for verdict, rows in table[stricter].groupby("verdict", sort=False):
        if verdict != UNTESTED:
            names = rows["claim"].str.split().str[0].groupby(rows["expression"], sort=False)
            where = listing(f"the {listing(regions)} of {name}" for name, regions in names)
            parts.append(f"**{SAID[str(verdict)]}** for {where}")
    text = (
        f"On {faces} the homework's order {orders}. That a region has more than in other classes "
        f"is a stricter question, and ours: it {listing(parts)}."
    )
    fallen = (table["verdict"] == FALLS).any()
    return f"{text} Where a part does not hold, the opposite is shown." if fallen else text


def claims_verdicts(table: pd.DataFrame) -> str:
    """The verdict on each part of each claim, a line per expression."""
    lines = []
    for expression, rows in table.groupby("expression", sort=False):
        stricter = rows["claim"].str.endswith(OTHERS)
        pairs = (
            rows["claim"].str.removesuffix(f" more than {OTHERS}") + ": *" + rows["verdict"] + "*"
        )
        text = f"- **{expression}** (n = {rows['faces'].iloc[0]}). "
        if (~stricter).any():
            text += f"The homework's order: {'; '.join(pairs[~stricter])}. "
        lines.append(f"{text}More than {OTHERS}: {'; '.join(pairs[stricter])}.")
    return "\n".join(lines)


def claims_on_photographs(stored: Mapping[str, Any]) -> str:
    """The verdicts on photographs, as experiments/claims.py stores them, and their source."""
    table = stored["claims"]
    return (
        f"{claims_verdicts(table)}\n\n{untested(table)}This is by `{stored['network']}`, the "
        f"network that comes with the library, right on {percent(stored['accuracy'])} of "
        f"PublicTest. It looked at all {stored['faces']:,} faces of PublicTest that it recognizes "
        "and that have no near-duplicate in Training; n is how many are of the class. Another "
        "network may go by other places."
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
    (few, many), questions = _few_and_many(stored["rates"]), stored["questions"]
    missed = questions[(questions["truth"] >= CLEAR) & (questions["holds"] < 0.5)]["part"]
    return (
        f"With {many.name} faces of a class the test finds **{percent(many['power'], 0)}** of what "
        f"clearly decides, and claims **{percent(many['false alarms'])}** of what does not; with "
        f"{few.name} faces it is {percent(few['power'], 0)} and {percent(few['false alarms'])}. "
        f"It mostly misses {listing(f'*{part}*' for part in missed)}, which clearly decide: what "
        "is inconclusive may be true."
    )


def claims_power_detail(stored: Mapping[str, Any]) -> str:
    """What `claims_power` is measured on, and why both kinds of evidence must agree."""
    rates, truth = stored["rates"], stored["questions"]["truth"]
    alone = rates.set_index("evidence")["false alarms"]
    null = _few_and_many(rates)[1]["null"]
    return (
        f"The faces are sampled from {stored['population']:,} drawn ones of all classes, many "
        f"samples per question. A region clearly decides in {(truth >= CLEAR).sum()} of "
        f"{len(truth)} questions, and does not decide in {(truth <= 0).sum()}. The gradient alone "
        f"would claim {percent(alone[HEAT], 0)} of what does not decide, covering alone "
        f"{percent(alone[COST], 0)}: so both must agree. Where the faces' labels are shuffled, so "
        f"that there is nothing to find, {percent(null)} of the tests find something."
    )


def _few_and_many(rates: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """What both kinds of evidence together find with the fewest faces, and with the most."""
    both = rates[rates["evidence"] == f"{HEAT} and {COST}"].set_index("faces").sort_index()
    return both.iloc[0], both.iloc[-1]


def grade_answer(differences: pd.DataFrame, summary: pd.DataFrame) -> str:
    """How far the maps can be believed, by the full grade: three sentences.

    Both tables are of `studies.saliency_benchmark`.
    """
    methods, baselines = differences["method"].unique(), differences["baseline"].unique()
    n = len(methods)
    better = list(verdicts(differences, PRIORS).values()).count(PASSES)
    beat = f"{better} {'is' if better == 1 else 'are'} shown to beat"
    if better in (0, n):
        beat = "all are shown to beat" if better else "none is shown to beat"
    passed = list(verdicts(differences).values()).count(PASSES)
    # a method is behind where the class's map is better, at Holm's level over all comparisons
    tested = differences.assign(p=holm(differences["p"]))
    against = tested[tested["baseline"] == PRIORS[1]]
    behind = against[(against["mean"] < 0) & (against["p"] < SIGNIFICANT)]
    shown = behind.groupby("measure")["method"].nunique()
    fixed = f"{passed} of {n} also beat the fixed maps of where expressions change a face."
    if PASSES not in verdicts(differences[differences["baseline"] == PRIORS[1]]).values():
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
