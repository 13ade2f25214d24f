"""People's votes beside a network, on votes made so that the answer is known."""

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import votes_for

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.studies import people
from fer_lib.studies.intensity import NEUTRAL
from fer_lib.training.run import Predictions

RNG = np.random.default_rng(0)
N = 700


@pytest.fixture
def labels():
    return np.arange(N) % 7


def test_confusions_count_the_votes_and_the_answers(labels):
    other = (labels + 1) % 7
    actual = people.confusions(labels, other, votes_for(other))
    expected = np.roll(np.eye(7), 1, axis=1)
    np.testing.assert_allclose(actual["people"][:, :7], expected)
    np.testing.assert_allclose(actual["network"], expected)
    assert actual["likeness"][0] == pytest.approx(1)
    assert actual["chance"] < 1


def test_people_side_with_whom_they_were_made_to(labels):
    predicted = (labels + RNG.integers(1, 7, N)) % 7
    actual = people.sides(labels, predicted, votes_for(predicted)).set_index("expression")
    assert actual.loc["all", ["faces", "network", "label", "neither", "tie"]].tolist() == [
        N,
        N,
        0,
        0,
        0,
    ]
    assert (actual["p_holm"][:7] < 1e-9).all()
    split = np.where(np.arange(N) // 7 % 2 == 0, predicted, labels)
    level = people.sides(labels, predicted, votes_for(split))
    assert (level["p_holm"][:7] > 0.05).all()


def test_by_chance_is_the_mean_over_shuffles(labels):
    predicted = (labels + RNG.integers(1, 7, N)) % 7
    votes = RNG.multinomial(10, np.ones(10) / 10, N)
    top, shares = people.plurality(votes), []
    for _ in range(300):
        other = predicted.copy()
        for k in range(7):
            other[labels == k] = RNG.permutation(predicted[labels == k])
        shares.append((other == top).mean())
    assert people.sides_by_chance(labels, predicted, votes) == pytest.approx(
        np.mean(shares), abs=0.004
    )


def test_uncertainty_follows_where_it_was_made_to(labels):
    count = RNG.integers(5, 11, N)
    votes = np.stack([votes_for(labels, c)[i] for i, c in enumerate(count)])
    confidence = 0.4 + 0.05 * count
    probabilities = np.full((N, 7), 1.0) * ((1 - confidence) / 6)[:, None]
    probabilities[np.arange(N), labels] = confidence
    actual = people.uncertainty(labels, probabilities, votes)
    r, low, high = actual["all"]
    assert low <= r <= high
    assert r > 0.95
    assert actual["fear"][0] > 0.95
    shuffled = people.uncertainty(labels, RNG.permutation(probabilities), votes)["all"]
    assert shuffled[1] < 0 < shuffled[2]


def test_a_correlation_that_classes_alone_make_is_none_within_them(labels):
    easy = np.where(labels % 2, 9, 6)  # people agree more on some labels, and so does the network
    votes = np.stack([votes_for(labels, c)[i] for i, c in enumerate(easy)])
    votes[:, 8] += RNG.integers(0, 3, N)
    confidence = np.where(labels % 2, 0.9, 0.5) + RNG.uniform(-0.05, 0.05, N)
    probabilities = np.full((N, 7), 1.0) * ((1 - confidence) / 6)[:, None]
    probabilities[np.arange(N), labels] = confidence
    actual = people.uncertainty(labels, probabilities, votes)
    assert actual["all"][1] > 0.4
    assert abs(actual["happy"][0]) < 0.35


def test_the_summary_is_json(labels):
    probabilities = RNG.dirichlet(np.ones(7), N)
    votes = RNG.multinomial(10, np.ones(10) / 10, N)
    text = json.dumps(people.summary(labels, probabilities, votes, RNG.random(N) < 0.1))
    numbers = json.loads(text)
    assert sum(step["faces"] for step in numbers["steps"]) == N
    assert sum(step["faces"] for step in numbers["steps_new"]) == numbers["new"]
    assert numbers["lead"][0] == pytest.approx(
        numbers["network_by_people"] - numbers["label_by_people"]
    )
    assert sum(row["faces"] for row in numbers["gains"]) == (labels != NEUTRAL).sum()


def holds_a_face(stored):
    """Whether it could: as many numbers as a face has pixels, or a text that could encode them."""

    def leaves(value):
        if not isinstance(value, dict | list):
            return [value]
        each = value.values() if isinstance(value, dict) else value
        return [leaf for v in each for leaf in leaves(v)]

    found = leaves(stored)
    return len(found) >= 48 * 48 or any(isinstance(v, str) and len(v) > 20 for v in found)


def test_no_face_can_be_in_what_is_stored():
    stored = json.loads(Path("book/results/people.json").read_text())
    assert not holds_a_face(stored)
    face = RNG.integers(0, 256, (48, 48), np.uint8)
    assert holds_a_face(stored | {"face": face.tolist()})
    assert holds_a_face(stored | {"face": base64.b64encode(face).decode()})


def test_a_run_is_judged_on_the_faces_that_have_votes(labels, monkeypatch):
    votes = votes_for(labels, 7).astype(float)
    votes[::7] = np.nan
    split = Split(RNG.integers(0, 256, (N, 48, 48), np.uint8), labels, votes=votes)
    known, probabilities = np.arange(N) % 7 != 0, RNG.dirichlet(np.ones(7), N)

    class Judged:
        predictions = Predictions(labels, probabilities)

        def verify(self, faces):
            return faces

    monkeypatch.setattr(people, "summary", lambda *given: given)
    given = people.of_run(Judged(), FaceSet("some", split[np.arange(9)], split))
    assert (given[0] == labels[known]).all()
    assert (given[1] == probabilities[known]).all()
    assert (given[2] == votes[known]).all()
    copies = np.arange(N)[known] < 9
    assert (given[3] == copies).all()


def test_labels_made_of_the_votes_cannot_be_judged_by_them(labels):
    images = np.zeros((N, 48, 48), np.uint8)
    assert not people.comparable(Split(images, labels))
    assert not people.comparable(Split(images, labels, votes=votes_for(labels, 7).astype(float)))
    other = votes_for((labels + 1) % 7, 7).astype(float)
    assert people.comparable(Split(images, labels, votes=other))


def test_a_class_without_faces_has_no_shares():
    labels = np.zeros(20, int)
    table = people.by_class(labels, labels, votes_for(labels))
    assert table["expression"].tolist() == list(EXPRESSIONS)
    assert table["faces"].tolist() == [20, 0, 0, 0, 0, 0, 0]
    assert table["person"].isna().sum() == 6


def test_sides_are_taken_beyond_chance_only():
    table = pd.DataFrame({
        "expression": ["fear", "sad", "happy", "all"], "network": [9, 1, 9, 19],
        "label": [1, 9, 1, 11], "p_holm": [0.01, 0.01, 0.2, np.nan],
    })  # fmt: skip
    assert people.one_sided(table) == (["fear"], ["sad"])
