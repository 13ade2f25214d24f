"""Oracle: evidence of which the answer is planted."""

import numpy as np

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import OPEN
from fer_lib.studies import homework_claims
from fer_lib.studies.face_regions import REGIONS
from fer_lib.studies.homework_claims import FALLS, HOLDS


def planted(**strength):
    """Densities of 40 faces a class with a little noise, 1 where nothing is said."""
    rng = np.random.default_rng(0)
    values = 1 + 0.05 * rng.standard_normal((280, len(REGIONS)))
    for name, value in strength.items():
        values[:, REGIONS.index(name)] += value
    return values, np.repeat(np.arange(7), 40)


def test_a_planted_claim_holds_and_its_reverse_does_not():
    values, labels = planted(mouth=4, eyes=2)
    table = homework_claims.judge_claims({"heat": values, "cover": values}, labels)
    assert homework_claims.overall_verdicts(table)["happy"] == HOLDS
    values, labels = planted(mouth=2, eyes=4)
    table = homework_claims.judge_claims({"heat": values, "cover": values}, labels)
    assert homework_claims.overall_verdicts(table)["happy"] == FALLS
    first = table.iloc[0]
    assert first["claim"] == "mouth above eyes"
    assert first["heat low"] < -2 + 0.1 < first["heat high"] + 0.2


def test_evidence_that_disagrees_tells_nothing():
    (one, labels), (other, _) = planted(mouth=4, eyes=2), planted(mouth=2, eyes=4)
    table = homework_claims.judge_claims({"heat": one, "cover": other}, labels)
    assert homework_claims.overall_verdicts(table)["happy"] == OPEN


def test_shoulders_cannot_be_told_where_no_expression_moves_them():
    values, labels = planted(eyes=3, mouth=3, shoulders=3)
    assert (
        homework_claims.overall_verdicts(homework_claims.judge_claims({"heat": values}, labels))[
            "angry"
        ]
        == HOLDS
    )
    table = homework_claims.judge_claims({"heat": values}, labels, untestable=("shoulders",))
    assert homework_claims.overall_verdicts(table)["angry"] == OPEN


def test_a_class_without_a_face_cannot_be_told():
    values, labels = planted(mouth=4, eyes=2)
    others = labels != EXPRESSIONS.index("happy")
    table = homework_claims.judge_claims({"heat": values[others]}, labels[others])
    assert homework_claims.overall_verdicts(table)["happy"] == OPEN
    assert table["faces"].iloc[0] == 0


def test_a_glaring_map_weighs_no_more_than_another():
    maps = np.zeros((2, 48, 48))
    maps[0, 3, 4], maps[1, 30, 20] = -1000, 1
    kinds = {homework_claims.HEAT: np.zeros((2, 10))}
    labels = np.array([3, 3])
    evidence = homework_claims.Evidence(np.zeros((2, 48, 48)), labels, maps, kinds, synthetic=True)
    heat = evidence.mean_heat
    assert heat[3, 3, 4] == heat[3, 30, 20] == 48**2 / 2
    assert np.isnan(heat[0]).all()


def test_no_face_recognised_is_inconclusive():
    empty = np.zeros((0, 48, 48), np.uint8)
    kinds = {homework_claims.HEAT: np.zeros((0, 10)), homework_claims.COVER: np.zeros((0, 10))}
    evidence = homework_claims.Evidence(empty, np.zeros(0, int), empty, kinds, synthetic=False)
    assert set(homework_claims.overall_verdicts(evidence.claims).values()) == {OPEN}
    assert evidence.densities.empty
