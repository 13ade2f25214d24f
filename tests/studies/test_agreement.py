"""Agreement and recall, on votes made so that the answer is known."""

import numpy as np
import pytest
from small import votes_for

from fer_lib.studies import agreement

RNG = np.random.default_rng(0)
N = 700


@pytest.fixture
def labels():
    return np.arange(N) % 7


def test_agreement_is_the_share_of_the_label(labels):
    assert agreement.agreement(labels, votes_for(labels, 7)) == pytest.approx(0.7)


def test_recall_rises_where_it_was_made_to_rise(labels):
    count = RNG.integers(0, 11, N)
    votes = np.stack([votes_for(labels, c)[i] for i, c in enumerate(count)])
    agreed = agreement.agreement(labels, votes)
    predicted = np.where(RNG.random(N) < agreed, labels, (labels + 1) % 7)
    steps = agreement.recall_by_agreement(labels, predicted, agreed)
    assert steps["faces"].sum() == N
    assert steps["recall"].is_monotonic_increasing
    own = agreed >= 0.95
    assert steps["recall"].iloc[-1] == (predicted == labels)[own].mean()


def clear(labels, reader):
    """A reader's answers to faces of which 4 to 10 people see the label, the rest neutral."""
    count = RNG.integers(4, 11, N)
    votes = np.zeros((N, 10), int)
    votes[np.arange(N), labels] = count
    votes[:, 6] += 10 - count
    right = RNG.random(N) < (count / 10 if reader == "sees" else 0.8)
    return agreement.recall_of_clear(labels, np.where(right, labels, (labels + 1) % 7), votes)


def test_among_clear_faces_a_reader_blind_to_clearness_is_told_from_one_who_sees_it(labels):
    assert clear(labels, "sees")["p"] < 0.01
    assert np.mean([clear(labels, "blind")["p"] < 0.05 for _ in range(10)]) <= 0.3
    actual = clear(labels, "sees")
    assert [step["votes"] for step in actual["steps"]] == [6, 7, 8, 9, 10]
    assert actual["other"][0] == 0  # every lost vote is neutral
    assert actual["gap"] is None


def test_the_gap_between_blank_and_mixed_faces_has_the_interval_of_two_shares():
    """Newcombe's own example (1998): 56 of 70 right against 48 of 80."""
    votes = np.zeros((150, 10), int)
    votes[:, 0], votes[:70, 6], votes[70:, 1] = 7, 3, 3
    predicted = np.array([0] * 56 + [1] * 14 + [0] * 48 + [1] * 32)
    gap = agreement.recall_of_clear(np.zeros(150, int), predicted, votes)["gap"]
    assert gap == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)


def test_a_gap_of_few_faces_is_not_sure():
    votes = np.zeros((4, 10), int)
    votes[:, 0], votes[:2, 6], votes[2:, 1] = 7, 3, 3
    lead, low, high = agreement.recall_of_clear(np.zeros(4, int), np.array([0, 0, 1, 1]), votes)[
        "gap"
    ]
    assert (lead, low < 0.5, high) == (1, True, 1)


def test_classes_that_differ_by_agreement_alone_are_level_at_equal_agreement():
    labels = np.arange(7000) % 7
    agreed = np.clip((labels + 1) / 8 + RNG.normal(0, 0.2, len(labels)), 0, 1)
    predicted = np.where(
        RNG.random(len(labels)) < 1 / (1 + np.exp(2 - 4 * agreed)), labels, (labels + 1) % 7
    )
    table = agreement.recall_at_equal_agreement(labels, predicted, agreed)
    assert table["recall"].std() > 0.15
    assert table["at_equal"].std() < 0.04
