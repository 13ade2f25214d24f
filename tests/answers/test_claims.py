"""Oracle: evidence of which the answer is planted."""

import numpy as np

from fer_lib.answers import claims
from fer_lib.answers.claims import FALLS, HOLDS
from fer_lib.answers.regions import REGIONS
from fer_lib.answers.words import OPEN
from fer_lib.data.faceset import EXPRESSIONS


def planted(**strength):
    """Densities of 40 faces a class with a little noise, 1 where nothing is said."""
    rng = np.random.default_rng(0)
    values = 1 + 0.05 * rng.standard_normal((280, len(REGIONS)))
    for name, value in strength.items():
        values[:, REGIONS.index(name)] += value
    return values, np.repeat(np.arange(7), 40)


def test_a_planted_claim_holds_and_its_reverse_does_not():
    values, labels = planted(mouth=4, eyes=2)
    table = claims.claims({"heat": values, "cover": values}, labels)
    assert claims.overall(table)["happy"] == HOLDS
    values, labels = planted(mouth=2, eyes=4)
    table = claims.claims({"heat": values, "cover": values}, labels)
    assert claims.overall(table)["happy"] == FALLS
    first = table.iloc[0]
    assert first["claim"] == "mouth above eyes"
    assert first["heat low"] < -2 + 0.1 < first["heat high"] + 0.2


def test_evidence_that_disagrees_tells_nothing():
    (one, labels), (other, _) = planted(mouth=4, eyes=2), planted(mouth=2, eyes=4)
    table = claims.claims({"heat": one, "cover": other}, labels)
    assert claims.overall(table)["happy"] == OPEN


def test_shoulders_cannot_be_told_where_no_expression_moves_them():
    values, labels = planted(eyes=3, mouth=3, shoulders=3)
    assert claims.overall(claims.claims({"heat": values}, labels))["angry"] == HOLDS
    table = claims.claims({"heat": values}, labels, untold=("shoulders",))
    assert claims.overall(table)["angry"] == OPEN


def test_a_class_without_a_face_cannot_be_told():
    values, labels = planted(mouth=4, eyes=2)
    kept = labels != EXPRESSIONS.index("happy")
    table = claims.claims({"heat": values[kept]}, labels[kept])
    assert claims.overall(table)["happy"] == OPEN
    assert table["faces"].iloc[0] == 0


def test_the_words_name_the_verdict_and_the_parts():
    values, labels = planted(mouth=4, eyes=2)
    kinds = {claims.HEAT: values, claims.COVER: values}
    table = claims.claims(kinds, labels)
    said = claims.reading(table, "drawn faces")
    assert "**happy: holds** on drawn faces (n = 40); held: mouth above eyes, " in said
    assert "; fell: brows above eyes." in said
    pictures = np.zeros((280, 48, 48), np.uint8)
    found = claims.Evidence(pictures, labels, pictures, kinds, drawn=True)
    told = claims.answer(found)
    assert "on the mouth and eyes for happy" in told
    assert "**does not hold** for surprise" in told
    assert claims.shown(table)[claims.HEAT].iloc[0].startswith("+2.0")


def test_no_face_recognised_is_said():
    empty = np.zeros((0, 48, 48), np.uint8)
    kinds = {claims.HEAT: np.zeros((0, 10)), claims.COVER: np.zeros((0, 10))}
    found = claims.Evidence(empty, np.zeros(0, int), empty, kinds, drawn=False)
    assert "**can't be told** for happy" in claims.answer(found)
    assert "steepest" not in claims.answer(found)
    assert set(claims.overall(found.claims).values()) == {OPEN}
    assert (claims.shown(found.claims)[claims.HEAT] == "–").all()
