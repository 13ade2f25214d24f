import pandas as pd
import pytest

from fer_lib.formatting import OPEN
from fer_lib.studies.homework_claims import CLAIMS, COST, FALLS, HEAT, HOLDS, UNTESTED
from fer_lib.studies.saliency_benchmark import JUDGES, PRIORS
from fer_lib.words import saliency

LEADS = {
    f"{kind}{end}": lead
    for kind in (HEAT, COST)
    for end, lead in {"": -0.04, " low": -0.07, " high": -0.02}.items()
}


DENSITIES = pd.DataFrame(
    {"mouth": [4.0, 3.0, 0.5], "brows": [1.0, 2.5, 3.0], "nose": [2.0, 1.0, 1.0]},
    index=["happy", "surprise", "angry"],
)


def test_what_decides_is_the_unit_whose_loss_costs_most_and_else_the_region():
    rows = [("happy", 6, 1.3), ("happy", 12, 4.2), ("angry", 4, 4.0), ("angry", 10, 3.1)]
    falls = pd.DataFrame(rows, columns=["expression", "unit", "fall"])
    assert saliency.what_decides(falls, DENSITIES, "drawn faces", CLAIMS) == (
        "On drawn faces, measured by taking away one movement of the face at a time, what decides "
        "is **the lip corner puller (AU12) for happy and the brow lowerer (AU4) and the upper "
        "lip raiser (AU10) for angry**: without it the logit falls most."
    )
    covered = saliency.what_decides(falls[:0], DENSITIES, "photographs", CLAIMS)
    assert "by covering one part of the face at a time" in covered
    assert "**the mouth for happy, the mouth and brows for surprise and the brows for" in covered
    assert "could be shown for none" in saliency.what_decides(falls[:0], DENSITIES[:0], "x", CLAIMS)
    none = saliency.what_decides(falls.assign(fall=-1.0), DENSITIES, "drawn faces", CLAIMS)
    assert "could be shown for none" in none


def test_an_expression_is_read_from_its_hottest_regions():
    assert saliency.where_read(DENSITIES, None, CLAIMS) == (
        "The gradient is steepest on the mouth for happy, on the mouth and brows for surprise and "
        "on the brows for angry. But a steep gradient does not show what decides: it is "
        "steepest on the mouth for 2 of 3 expressions."
    )
    alike = DENSITIES.rename(index={"surprise": "neutral"}).assign(brows=[1.0, 1.0, 3.0])
    assert "on the mouth for happy and on the brows" in saliency.where_read(alike, None, CLAIMS)
    assert "no map" in saliency.where_read(DENSITIES.rename(index=str.upper), None, CLAIMS)
    assert "no map" in saliency.where_read(DENSITIES.loc[[]], None, CLAIMS)


def test_the_gradient_comes_with_its_grade():
    rows = [
        ("gradient", measure, name, lead, 1e-4)
        for measure in JUDGES
        for name, lead in {"random": 0.1, PRIORS[0]: -0.1}.items()
    ]
    leads = pd.DataFrame(rows, columns=["method", "measure", "baseline", "mean", "p"])
    rows = [("gradient", "mass", 0.32), ("gradient", "rank", 0.5), ("random", "mass", 0.15)]
    summary = pd.DataFrame(rows, columns=["method", "measure", "mean"])
    text = saliency.where_read(DENSITIES, {"leads": leads, "summary": summary}, CLAIMS)
    assert text.endswith(
        "On drawn faces 32 % of the gradient's heat lies on the pixels that decide, of random heat "
        "15 %. Its grade is *passes* against the simple baselines and *fails* against all: a "
        "method passes if it is shown to be better than each baseline, and fails if at least one "
        "baseline is shown to be better than it."
    )


JUDGED = pd.DataFrame(
    [
        ("happy", "mouth more than in other classes", 50, OPEN),
        ("happy", "eyes more than in other classes", 50, FALLS),
        ("happy", "mouth more than eyes", 50, HOLDS),
        ("angry", "eyes more than in other classes", 9, OPEN),
        ("angry", "mouth more than in other classes", 9, OPEN),
        ("angry", "shoulders more than in other classes", 9, UNTESTED),
    ],
    columns=["expression", "claim", "faces", "verdict"],
)


def test_the_homework_s_order_is_told_apart_from_what_the_book_asks_beyond_it():
    assert saliency.claims_answer(JUDGED, "photographs") == (
        "On photographs the homework's order of happy, mouth more than eyes, **holds**. That a "
        "region has more than in other classes is a stricter question, and ours: it **is "
        "inconclusive** for the mouth of happy and the eyes and mouth of angry and **does not "
        "hold** for the eyes of happy. Where a part does not hold, the opposite is shown."
    )
    open_ = JUDGED.replace({"verdict": {FALLS: OPEN}})
    assert "opposite" not in saliency.claims_answer(open_, "photographs")
    fallen = JUDGED.replace({"verdict": {HOLDS: FALLS}})
    assert "mouth more than eyes, **does not hold**. That" in saliency.claims_answer(fallen, "x")


def test_each_claim_has_a_line_with_its_parts():
    assert saliency.claims_verdicts(JUDGED) == (
        "- **happy** (n = 50). The homework's order: mouth more than eyes: *holds*. "
        "More than in other classes: mouth: *inconclusive*; eyes: *does not hold*.\n"
        "- **angry** (n = 9). More than in other classes: eyes: *inconclusive*; "
        "mouth: *inconclusive*; shoulders: *not tested*."
    )


def test_a_verdict_on_photographs_names_its_network_and_its_faces():
    claims = JUDGED.assign(**LEADS)
    stored = {"network": "one", "accuracy": 0.692, "faces": 99, "claims": claims}
    text = saliency.claims_on_photographs(stored)
    assert text.startswith(saliency.claims_verdicts(JUDGED))
    assert "by `one`, the network that comes with the library, right on 69.2 %" in text
    assert "all 99 faces" in text


@pytest.mark.parametrize(("high", "against"), [(-0.01, True), (0.01, False)])
def test_what_is_not_tested_is_told_by_its_leads(high, against):
    row = {"expression": "angry", "claim": "shoulders more than hair", "verdict": UNTESTED}
    table = pd.DataFrame([row | LEADS | {f"{COST} high": high}, {"verdict": HOLDS}])
    text = saliency.untested(table)
    assert text.startswith(
        "*angry: shoulders more than hair* was not tested. Its lead is -0.04 (-0.07 to -0.02) in "
        "heat per pixel and -0.04"
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
    stored = {"population": 1535, "rates": table, "questions": questions}
    text = saliency.claims_power(stored)
    assert text.startswith("With 150 faces of a class the test finds **80 %** of what clearly dec")
    assert "claims **3.0 %** of what does not; with 50 faces it is 60 % and 2.0 %." in text
    assert "It mostly misses *b*, which clearly" in text
    detail = saliency.claims_power_detail(stored)
    assert "1,535 drawn ones of all classes" in detail
    assert "decides in 2 of 6 questions, and does not decide in 3." in detail
    assert "gradient alone would claim 20 % of what does not decide, covering alone 10 %" in detail
    assert detail.endswith("2.0 % of the tests find something.")


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
