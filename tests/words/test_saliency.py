import pandas as pd
import pytest

from fer_lib.formatting import OPEN
from fer_lib.studies.homework_claims import COST, FALLS, HEAT, HOLDS, UNTESTED
from fer_lib.studies.saliency_benchmark import JUDGES, PRIORS
from fer_lib.words import saliency

LEADS = {
    f"{kind}{end}": lead
    for kind in (HEAT, COST)
    for end, lead in {"": -0.04, " low": -0.07, " high": -0.02}.items()
}


def test_an_expression_is_read_from_its_hottest_regions():
    densities = pd.DataFrame(
        {"mouth": [4.0, 3.0, 0.5], "brows": [1.0, 2.5, 3.0], "nose": [2.0, 1.0, 1.0]},
        index=["happy", "surprise", "angry"],
    )
    assert saliency.where_read(densities, "drawn faces") == (
        "On drawn faces the gradient is steepest on the mouth for happy, on the mouth and brows "
        "for surprise and on the brows for angry."
    )
    alike = densities.rename(index={"surprise": "neutral"}).assign(brows=[1.0, 1.0, 3.0])
    assert "on the mouth for happy and on the brows" in saliency.where_read(alike, "x")
    neutral = densities.rename(index={"angry": "neutral"}).loc[["neutral"]]
    assert saliency.where_read(neutral, "drawn faces").endswith("so there is no map.")
    assert "no happy" in saliency.where_read(densities.loc[[]], "drawn faces")


def test_the_claims_are_counted_in_words():
    outcome = {"happy": FALLS, "surprise": OPEN, "angry": FALLS}
    assert saliency.claims_answer(outcome, "photographs") == (
        "On photographs none of the homework's three readings is confirmed: it does not hold for "
        "happy and angry and it is inconclusive for surprise."
    )
    assert saliency.claims_answer(dict.fromkeys(outcome, HOLDS), "these faces") == (
        "On these faces the homework's reading holds for happy, surprise and angry."
    )


def test_each_claim_has_a_line_with_its_parts():
    table = pd.DataFrame(
        {
            "expression": ["happy"] * 3,
            "claim": ["mouth more than eyes", "eyes more than nose", "shoulders more than hair"],
            "faces": [50] * 3,
            "verdict": [HOLDS, FALLS, UNTESTED],
        }
    )
    assert saliency.claims_verdicts(table, {"happy": FALLS}) == (
        "- **happy: does not hold** (n = 50); supported: mouth more than eyes; "
        "contradicted: eyes more than nose; not tested: shoulders more than hair."
    )


def test_a_verdict_on_photographs_names_its_network_and_its_faces():
    row = {"expression": "happy", "claim": "mouth more than eyes", "faces": 9, "verdict": HOLDS}
    claims = pd.DataFrame([row | LEADS])
    stored = {"network": "one", "accuracy": 0.692, "faces": 99, "claims": claims}
    text = saliency.claims_on_photographs(stored)
    assert text.startswith("- **happy: holds** (n = 9); supported: mouth more than eyes.")
    assert "by *one*, the network that comes with the library, right on 69.2 %" in text
    assert "all 99 faces" in text


@pytest.mark.parametrize(("high", "against"), [(-0.01, True), (0.01, False)])
def test_what_is_not_tested_is_told_by_its_leads(high, against):
    row = {"expression": "angry", "claim": "shoulders more than hair", "verdict": UNTESTED}
    table = pd.DataFrame([row | LEADS | {f"{COST} high": high}, {"verdict": HOLDS}])
    text = saliency.untested(table)
    assert text.startswith(
        "*angry: shoulders more than hair* was not tested. Its lead is -0.04 (-0.07 to -0.02) in "
        "heat a pixel and -0.04"
    )
    assert ("a test would hardly confirm it. " in text) == against
    assert "0.02) in % of the cost" in saliency.untested(table.assign(**{f"{COST} high": 0.02}))


def test_power_and_false_alarms_are_told_for_few_faces_and_for_many():
    columns = ["evidence", "faces", "power", "false alarms", "null"]
    both = f"{HEAT} and {COST}"
    rows = [(HEAT, 150, 0.9, 0.2, 0.05), (COST, 150, 0.9, 0.1, 0.05), (both, 50, 0.6, 0.02, 0.01)]
    table = pd.DataFrame([*rows, (both, 150, 0.8, 0.03, 0.02)], columns=columns)
    questions = pd.DataFrame({"truth": [30, 5, 4.9, 0, -20, -1], "part": list("abcdef")})
    questions["holds"] = [1.0, 0.4, 0.0, 0.0, 0.0, 0.0]
    text = saliency.claims_power({"population": 1535, "rates": table, "questions": questions})
    assert text.startswith("With 150 faces of a class, sampled from 1,535 drawn faces of all class")
    assert "the test finds **80 %** where a region clearly decides" in text
    assert "for 2 of 6, each asked in many samples), and claims **3.0 %**" in text
    assert "where it does not (3 regions). With 50 faces it is 60 % and 2.0 %." in text
    assert "gradient alone would claim 20 % of what does not decide, covering alone 10 %" in text
    assert "2.0 % of the tests find something. It mostly misses *b*, which clearly" in text


def graded(over_simple, over_priors, over_class=None):
    """Leads of two methods alike over a simple baseline and the priors, beyond doubt."""
    over_class = over_priors if over_class is None else over_class
    rows = [
        (method, measure, name, lead, lead, lead, 1e-4)
        for method in ("gradient", "occlusion")
        for measure in JUDGES
        for name, lead in (
            ("random", over_simple),
            *zip(PRIORS, (over_priors, over_class), strict=True),
        )
    ]
    columns = ["method", "measure", "baseline", "mean", "low", "high", "p"]
    means = {"gradient": (0.3, 0.1), "occlusion": (0.38, 0.3), "random": (0.1, 0.0)}
    means |= dict.fromkeys(PRIORS, (0.4, 0.2))
    summary = pd.DataFrame(
        [
            (method, measure, mean)
            for method, both in means.items()
            for measure, mean in zip(("mass", "correlation"), both, strict=True)
        ],
        columns=["method", "measure", "mean"],
    )
    return saliency.grade_answer(pd.DataFrame(rows, columns=columns), summary)


def test_a_fixed_map_that_beats_every_method_is_the_headline():
    text = graded(0.2, -0.1)
    assert text.startswith("Of 2 saliency methods, all are shown to beat the simple baselines.")
    assert "**But none is shown to beat a fixed map per expression" in text
    assert "shown to be better in mass than 2 of 2, in pointing than 2." in text
    assert "1 of 2 are on average above every baseline, which is not tested." in text
    assert "Of the 2, occlusion puts the largest share of its heat" in text
    assert text.endswith("moved the network: 38 %, where random heat puts 10 %.")


def test_methods_that_beat_everything_or_nothing():
    assert "2 of 2 also beat the fixed maps" in graded(0.2, 0.1)
    assert "none is shown to beat the simple baselines" in graded(-0.2, 0.0)
    assert "better in mass than 0 of 2, in pointing than 0." in graded(0.2, 0.0)
    # behind the map that is one for all, which is not the map that the sentence is about
    assert "better in mass than 0 of 2, in pointing than 0." in graded(0.2, -0.1, over_class=0)
    assert "0 of 2 also beat the fixed maps" in graded(0.2, -0.1, over_class=0.1)
