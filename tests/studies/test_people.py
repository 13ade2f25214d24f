"""People's votes beside a network, on votes made so that the answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.studies import people

RNG = np.random.default_rng(0)
N = 700


@pytest.fixture
def labels():
    return np.arange(N) % 7


def votes_for(answers, count=10):
    """`count` votes for the column named, the rest for contempt."""
    votes = np.zeros((len(answers), 10), int)
    votes[np.arange(len(answers)), answers] = count
    votes[:, 7] += 10 - count
    return votes


def test_agreement_is_the_share_of_the_label(labels):
    assert people.agreement(labels, votes_for(labels, 7)) == pytest.approx(0.7)


def test_a_tie_has_no_majority():
    votes = np.array([[5, 5, 0, 0, 0, 0, 0, 0, 0, 0], [0, 4, 0, 0, 3, 3, 0, 0, 0, 0]])
    assert people.majority(votes).tolist() == [-1, 1]


def test_recall_rises_where_it_was_made_to_rise(labels):
    count = RNG.integers(0, 11, N)
    votes = np.stack([votes_for(labels, c)[i] for i, c in enumerate(count)])
    agreed = people.agreement(labels, votes)
    predicted = np.where(RNG.random(N) < agreed, labels, (labels + 1) % 7)
    steps = people.recall_by_agreement(labels, predicted, agreed)
    assert steps["faces"].sum() == N
    assert steps["recall"].is_monotonic_increasing
    own = agreed >= 0.95
    assert steps["recall"].iloc[-1] == (predicted == labels)[own].mean()


def test_confusions_count_the_votes_and_the_answers(labels):
    other = (labels + 1) % 7
    actual = people.confusions(labels, other, votes_for(other))
    expected = np.roll(np.eye(7), 1, axis=1)
    np.testing.assert_allclose(actual["people"][:, :7], expected)
    np.testing.assert_allclose(actual["network"], expected)
    assert actual["likeness"][0] == pytest.approx(1)


def test_people_side_with_whom_they_were_made_to(labels):
    predicted = (labels + RNG.integers(1, 7, N)) % 7
    actual = people.sides(labels, predicted, votes_for(predicted))
    assert actual["counts"] == {"network": N, "label": 0, "neither": 0, "no majority": 0}
    assert actual["by_chance"] == pytest.approx(1 / 6, abs=0.03)


def test_uncertainty_follows_where_it_was_made_to(labels):
    count = RNG.integers(5, 11, N)
    votes = np.stack([votes_for(labels, c)[i] for i, c in enumerate(count)])
    confidence = 0.4 + 0.05 * count
    probabilities = np.full((N, 7), 1.0) * ((1 - confidence) / 6)[:, None]
    probabilities[np.arange(N), labels] = confidence
    r, low, high = people.uncertainty(probabilities, votes)
    assert low <= r <= high
    assert r > 0.95
    shuffled = people.uncertainty(RNG.permutation(probabilities), votes)
    assert shuffled[1] < 0 < shuffled[2]


def test_the_ceiling_is_what_the_majority_tells_of_the_label(labels):
    assert people.ceiling(labels, votes_for(labels)) == 1
    # labels are words of search: half of what people see as neutral is called fear
    neutral = np.full(N, 6)
    half = np.where(RNG.random(N) < 0.5, 2, 6)
    assert people.ceiling(half, votes_for(neutral)) == pytest.approx(0.5, abs=0.06)


def test_the_ceiling_is_not_read_off_the_faces_it_is_judged_on():
    rng = np.random.default_rng(1)
    guesses = [
        people.ceiling(rng.integers(0, 7, 60), votes_for(rng.integers(0, 10, 60)))
        for _ in range(40)
    ]
    assert np.mean(guesses) == pytest.approx(1 / 7, abs=0.04)  # read off them: above 0.3


def test_the_summary_is_json_and_holds_no_face(labels):
    probabilities = RNG.dirichlet(np.ones(7), N)
    votes = RNG.multinomial(10, np.ones(10) / 10, N)
    text = json.dumps(people.summary(labels, probabilities, votes, RNG.random(N) < 0.1))
    numbers = json.loads(text)
    assert sum(step["faces"] for step in numbers["steps"]) == N
    assert sum(step["faces"] for step in numbers["steps_new"]) == numbers["new"]

    def longest(value):
        values = value.values() if isinstance(value, dict) else value
        return max([len(value), *(longest(v) for v in values if isinstance(v, dict | list))])

    # a face has 2,304 pixels, the votes 3,579 rows: nothing stored is as long
    stored = json.loads(Path("book/results/people.json").read_text())
    assert max(longest(numbers), longest(stored)) < 50


def test_a_class_without_faces_has_no_shares():
    labels = np.zeros(20, int)
    table = people.by_class(labels, labels, votes_for(labels))
    assert table["expression"].tolist() == list(EXPRESSIONS)
    assert table["faces"].tolist() == [20, 0, 0, 0, 0, 0, 0]
    assert table["person"].isna().sum() == 6
