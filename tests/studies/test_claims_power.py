"""Oracles: a population of which everything is planted, and a network that looks at one place."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, Split
from fer_lib.drawn.faces import face, render
from fer_lib.studies import claims_power
from fer_lib.studies.face_regions import PARTS, REGIONS, drawn_regions


@pytest.fixture(scope="module")
def population():
    """In every class another of six regions decides; evidence that shows it, and one of noise."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(6), 100)
    truth = np.zeros((600, len(REGIONS)))
    truth[np.arange(600), labels] = 30  # class 0 the first region, class 1 the second, …
    return labels, truth, truth / 20 + rng.standard_normal(truth.shape)


def rates(kinds, labels, truth):
    """The rates of 40 samples of 50 faces a class."""
    return claims_power.rates(claims_power.trials(kinds, labels, truth, 50, samples=40))


def test_evidence_that_shows_the_truth_has_power_and_no_false_alarms(population):
    labels, truth, good = population
    found = rates({"one": good, "other": good}, labels, truth)
    assert found["power"] > 0.95
    assert found["false alarms"] < 0.02
    assert found["denied"] == 0
    assert found["null"] <= 0.15


def test_evidence_without_the_truth_has_no_power(population):
    labels, truth, _ = population
    noise = np.random.default_rng(1).standard_normal(truth.shape)
    found = rates({"one": noise}, labels, truth)
    assert found["power"] < 0.1
    assert found["rejected"] < 0.1


def test_evidence_that_lies_gives_false_alarms(population):
    labels, truth, good = population
    found = rates({"one": np.roll(good, 1, axis=1)}, labels, truth)
    assert found["power"] < 0.05
    assert found["false alarms"] > 0.1
    assert found["denied"] > 0.1


def test_questions_cover_each_region_of_each_class_that_moves():
    assert len(set(claims_power.QUESTIONS)) == 36
    assert {part[1] for part in claims_power.QUESTIONS} == set(PARTS[:6])


def test_the_truth_is_what_the_expression_did_where_the_network_looks():
    people = tuple(face(2, i, name) for i in range(3) for name in ("happy", "surprise"))
    labels = np.array([one.expression for one in people])
    faces = Split(render(people), labels, people)
    model = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7, bias=False)).eval()
    with torch.no_grad():
        model[1].weight.fill_(0)
        model[1].weight[:, 34 * 48 : 40 * 48] = 1  # rows at a mouth's height
    shares = claims_power.true_shares(model, faces)
    inside = [(drawn_regions([one])[0][34:40] == REGIONS.index("eyes")).any() for one in people]
    assert not any(inside)
    np.testing.assert_allclose(shares[:, REGIONS.index("eyes")], 0, atol=1e-3)
    np.testing.assert_allclose(np.nansum(np.abs(shares), 1), 100, rtol=1e-4)
    assert np.abs(shares[:, REGIONS.index("mouth")]).mean() > 20


def test_a_neutral_face_has_no_truth():
    one = face(2, 0, "neutral")
    faces = Split(render([one]), np.array([EXPRESSIONS.index("neutral")]), (one,))
    model = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7)).eval()
    assert np.isnan(claims_power.true_shares(model, faces)).all()
