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
    table = homework_claims.claims({"heat": values, "cover": values}, labels)
    assert homework_claims.overall(table)["happy"] == HOLDS
    values, labels = planted(mouth=2, eyes=4)
    table = homework_claims.claims({"heat": values, "cover": values}, labels)
    assert homework_claims.overall(table)["happy"] == FALLS
    first = table.iloc[0]
    assert first["claim"] == "mouth above eyes"
    assert first["heat low"] < -2 + 0.1 < first["heat high"] + 0.2


def test_evidence_that_disagrees_tells_nothing():
    (one, labels), (other, _) = planted(mouth=4, eyes=2), planted(mouth=2, eyes=4)
    table = homework_claims.claims({"heat": one, "cover": other}, labels)
    assert homework_claims.overall(table)["happy"] == OPEN


def test_shoulders_cannot_be_told_where_no_expression_moves_them():
    values, labels = planted(eyes=3, mouth=3, shoulders=3)
    assert (
        homework_claims.overall(homework_claims.claims({"heat": values}, labels))["angry"] == HOLDS
    )
    table = homework_claims.claims({"heat": values}, labels, untold=("shoulders",))
    assert homework_claims.overall(table)["angry"] == OPEN


def test_a_class_without_a_face_cannot_be_told():
    values, labels = planted(mouth=4, eyes=2)
    kept = labels != EXPRESSIONS.index("happy")
    table = homework_claims.claims({"heat": values[kept]}, labels[kept])
    assert homework_claims.overall(table)["happy"] == OPEN
    assert table["faces"].iloc[0] == 0


def test_the_words_name_the_verdict_and_the_parts():
    values, labels = planted(mouth=4, eyes=2)
    kinds = {homework_claims.HEAT: values, homework_claims.COVER: values}
    table = homework_claims.claims(kinds, labels)
    said = homework_claims.reading(table, "drawn faces")
    assert "**happy: holds** on drawn faces (n = 40); held: mouth above eyes, " in said
    assert "; fell: brows above eyes." in said
    pictures = np.zeros((280, 48, 48), np.uint8)
    found = homework_claims.Evidence(pictures, labels, pictures, kinds, drawn=True)
    told = homework_claims.answer(found)
    assert "on the mouth and eyes for happy" in told
    assert "**does not hold** for surprise" in told
    assert homework_claims.shown(table)[homework_claims.HEAT].iloc[0].startswith("+2.0")


def test_no_face_recognised_is_said():
    empty = np.zeros((0, 48, 48), np.uint8)
    kinds = {homework_claims.HEAT: np.zeros((0, 10)), homework_claims.COVER: np.zeros((0, 10))}
    found = homework_claims.Evidence(empty, np.zeros(0, int), empty, kinds, drawn=False)
    assert "**can't be told** for happy" in homework_claims.answer(found)
    assert "steepest" not in homework_claims.answer(found)
    assert set(homework_claims.overall(found.claims).values()) == {OPEN}
    assert (homework_claims.shown(found.claims)[homework_claims.HEAT] == "–").all()
