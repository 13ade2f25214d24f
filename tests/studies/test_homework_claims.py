"""Oracles: evidence of which the answer is planted, means by hand, and a network that is known."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, Split
from fer_lib.formatting import OPEN
from fer_lib.studies import homework_claims
from fer_lib.studies.face_regions import REGIONS, fixed_regions
from fer_lib.studies.homework_claims import BESIDE, COST, FALLS, HEAT, HOLDS, OTHERS, UNTESTED

PARTS = homework_claims.claimed_parts()
TRUE = {"happy": {"mouth": 3, "eyes": 2}, "surprise": {"mouth": 3, "brows": 2}}
TRUE |= {"angry": {"eyes": 2, "mouth": 3}}


def planted(strengths, everywhere=None, faces=40, seed=0):
    """Evidence of `faces` a class, 1 with noise, more where said: of one class, or everywhere."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(7), faces)
    values = 1 + rng.standard_normal((len(labels), len(REGIONS)))
    for expression, regions in strengths.items():
        for name, more in regions.items():
            values[labels == EXPRESSIONS.index(expression), REGIONS.index(name)] += more
    for name, more in (everywhere or {}).items():
        values[:, REGIONS.index(name)] += more
    return values, labels


def judged(*kinds):
    """The claims by as many kinds of evidence, each (values, labels)."""
    evidence = {f"kind {i}": values for i, (values, _) in enumerate(kinds)}
    return homework_claims.judge(evidence, kinds[0][1], PARTS)


def test_what_is_planted_in_a_class_is_found_and_its_reverse_contradicted():
    table = judged(planted(TRUE), planted(TRUE, seed=1))
    assert set(table["verdict"]) == {HOLDS, UNTESTED}
    less = {name: dict.fromkeys(regions, -2) for name, regions in TRUE.items()}
    table = judged(planted(less), planted(less, seed=1))
    against_others = table["claim"].str.endswith(OTHERS) & (table["verdict"] != UNTESTED)
    assert set(table["verdict"][against_others]) == {FALLS}
    assert table["verdict"][table["claim"] == "mouth more than eyes"].item() == OPEN


def test_a_region_that_is_hot_in_every_class_tells_none_apart():
    hot = {"mouth": 9, "nose": 20}
    table = judged(planted({}, hot), planted({}, hot, seed=1))
    against_others = table["claim"].str.endswith(OTHERS)
    assert set(table["verdict"][against_others]) == {OPEN, UNTESTED}
    # and a claim need not be hottest of all: the nose is, in every class
    table = judged(planted(TRUE, hot), planted(TRUE, hot, seed=1))
    assert set(table["verdict"][against_others]) == {HOLDS, UNTESTED}


def test_by_chance_a_verdict_is_rarer_than_one_in_twenty():
    tables = [judged(planted({}, seed=seed)) for seed in range(200)]
    found = [set(table["verdict"]) - {OPEN, UNTESTED} for table in tables]
    assert 1 <= sum(map(bool, found)) <= 20  # one kind of evidence: 10 expected, deviation 3
    both = [judged(planted({}, seed=s), planted({}, seed=1000 + s)) for s in range(50)]
    assert sum(bool(set(table["verdict"]) - {OPEN, UNTESTED}) for table in both) <= 2


def test_evidence_that_disagrees_tells_nothing():
    less = {"happy": {"mouth": -2, "eyes": -1}}
    table = judged(planted(TRUE), planted(less))
    assert set(table["verdict"][table["expression"] == "happy"]) == {OPEN}
    assert table["p"][0] == 1


def test_the_cost_per_pixel_is_shown_and_has_no_say():
    (values, labels), (less, _) = planted(TRUE), planted({"happy": {"mouth": -2}})
    table = homework_claims.judge({HEAT: values, COST: values, BESIDE: less}, labels, PARTS)
    assert table.loc[0, "verdict"] == HOLDS
    assert table.loc[0, BESIDE] < 0


def test_leads_and_rivals_by_hand():
    values = np.arange(7)[:, None] * np.ones((7, len(REGIONS)))
    labels = np.arange(7).repeat(homework_claims.FEWEST)
    row = homework_claims.judge({HEAT: values[labels]}, labels, [("sad", "mouth", OTHERS)]).loc[0]
    assert (row[HEAT], row[f"{HEAT} low"], row[f"{HEAT} high"]) == pytest.approx([7 / 6] * 3)
    assert (row[f"{HEAT} rival"], row[f"{HEAT} lead"]) == ("neutral", -2)
    assert row["faces"] == homework_claims.FEWEST


def test_the_interval_is_that_of_a_difference_of_means():
    values, labels = planted(TRUE)
    row = judged((values, labels)).loc[0]
    mouth = values[:, REGIONS.index("mouth")]
    groups = [mouth[labels == k] for k in range(7)]
    own = groups.pop(EXPRESSIONS.index("happy"))
    error = np.sqrt(own.var() / 40 + sum(g.var() / 40 for g in groups) / 36)
    assert row["kind 0"] == pytest.approx(own.mean() - np.mean(groups))
    assert row["kind 0 high"] - row["kind 0 low"] == pytest.approx(2 * 1.96 * error, rel=0.05)


def test_too_few_faces_cannot_be_told():
    values, labels = planted(TRUE)
    few = np.r_[np.flatnonzero(labels != 3), np.flatnonzero(labels == 3)[:5]]
    table = judged((values[few], labels[few]))
    assert set(table["verdict"][table["expression"] == "happy"]) == {OPEN}
    assert np.isnan(table.loc[0, "kind 0"])
    assert table["faces"].iloc[0] == 5
    assert set(table["verdict"][table["expression"] == "surprise"]) == {HOLDS}
    none = judged((np.zeros((0, 10)), np.zeros(0, int)))
    assert set(none["verdict"]) == {OPEN, UNTESTED}
    assert list(none.columns) == list(table.columns)


def test_a_glaring_map_weighs_no_more_than_another():
    maps = np.zeros((2, 48, 48))
    maps[0, 3, 4], maps[1, 30, 20] = -1000, 1
    kinds = {HEAT: np.zeros((2, 10))}
    labels = np.array([3, 3])
    evidence = homework_claims.Evidence(np.zeros((2, 48, 48)), labels, maps, kinds, synthetic=True)
    heat = evidence.mean_heat
    assert heat[3, 3, 4] == heat[3, 30, 20] == 48**2 / 2
    assert np.isnan(heat[0]).all()


def test_evidence_on_photographs_lies_where_the_network_looks():
    regions = fixed_regions()
    model = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7, bias=False)).eval()
    looks = {"happy": "mouth", "angry": "brows"}
    with torch.no_grad():
        model[1].weight.zero_()
        for expression, region in looks.items():
            seen = torch.as_tensor((regions == REGIONS.index(region)).ravel(), dtype=torch.float)
            model[1].weight[EXPRESSIONS.index(expression)] = seen
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 48, 48)).astype(np.uint8)
    labels = np.array([EXPRESSIONS.index(name) for name in looks]).repeat(2)
    mean = rng.integers(0, 256, (48, 48)).astype(float)
    found = homework_claims.gather_evidence(model, Split(images, labels), mean).kinds
    for i, region in enumerate(("mouth", "mouth", "brows", "brows")):
        at = REGIONS.index(region)
        assert found[HEAT][i, at] == pytest.approx(48**2 / (regions == at).sum())
        assert abs(found[COST][i, at]) == pytest.approx(100)
        assert abs(found[BESIDE][i, at]) == pytest.approx(100)
        assert np.delete(found[HEAT][i], at).max() == 0


def test_shares_of_the_cost_by_hand():
    drops = np.array([[3.0, -1.0, np.nan], [0.0, 0.0, 0.0]])
    shares = homework_claims.cost_shares(drops)
    np.testing.assert_array_equal(shares[0], [75, -25, np.nan])
    assert np.isnan(shares[1]).all()
