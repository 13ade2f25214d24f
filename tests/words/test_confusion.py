import numpy as np
import pytest
from small import with_recall

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.questions import confusion
from fer_lib.studies.calibration import reliability
from fer_lib.studies.confused_pairs import asymmetry
from fer_lib.studies.intensity import below, recall_gains
from fer_lib.words import confusion as words

ANGRY, DISGUST, FEAR, HAPPY, SAD, SURPRISE, NEUTRAL = range(7)


def matrix(*cells):
    m = np.zeros((7, 7), np.int64)
    for labelled, predicted, n in cells:
        m[labelled, predicted] = n
    return m


def test_the_best_the_worst_and_the_most_confused_are_named():
    m = matrix((HAPPY, HAPPY, 90), (HAPPY, SAD, 10), (FEAR, FEAR, 40), (FEAR, SURPRISE, 60))
    text = words.how_often_right(m)
    assert "**65.0 %** of 200 validation faces (95 % interval" in text
    assert "happy best (90.0 % of its faces) and fear worst (40.0 %)" in text
    assert "of every face" not in text
    assert "It says sad of every face," in words.how_often_right(
        matrix((HAPPY, SAD, 3), (SAD, SAD, 2))
    )
    text = words.most_confused(confusion.confused_pairs(m))
    assert "fear mistaken for surprise (60 of 100) and happy mistaken for sad (10 of 100)" in text


ODD = {
    "one class": matrix((HAPPY, HAPPY, 5)),
    "all predictions alike": matrix(*[(k, SAD, 4) for k in range(7)]),
    "one face a class": matrix(*[(k, (k + 1) % 7, 1) for k in range(7)]),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_matrices_give_words_and_tables_without_nan(case):
    m = ODD[case]
    text = words.how_often_right(m) + words.most_confused(confusion.confused_pairs(m))
    text += words.one_way(asymmetry(m)) + words.below_claim(below(m), "these")
    text += words.overall_scores(m).to_string() + words.class_scores(m).to_string()
    assert "nan" not in text
    assert words.class_scores(m).index.tolist() == list(EXPRESSIONS)


def test_near_duplicates_are_reported_apart_and_scores_come_twice():
    labels = np.repeat([3, 4], 20)
    probabilities = np.eye(7)[np.repeat([3, 3, 4], [20, 10, 10])]
    text = words.near_duplicates(labels, probabilities, labels == 4)
    assert text.startswith("20 faces (50.0 %) have a near-duplicate in train: the same photograph")
    assert "right on 50.0 % (29.9 to 70.1 %), on the other 20 faces on 100.0 % (83.9" in text
    none = np.zeros(40, bool)
    assert "No face scored has a near-dup" in words.near_duplicates(labels, probabilities, none)
    both = words.scores(labels, probabilities, labels == 4)
    first, second = both.split("Without these faces")
    assert "75.0 %" in first
    assert "accuracy           100.0 %" in second
    assert "Without" not in words.scores(labels, probabilities, none)
    assert "not looked for" in words.scores(labels, probabilities, None)


def test_a_difference_between_the_directions_is_said_both_ways():
    m = matrix(
        (FEAR, SURPRISE, 30), (FEAR, FEAR, 70), (SURPRISE, FEAR, 10), (SURPRISE, SURPRISE, 190)
    )
    text = words.one_way(asymmetry(m))
    assert "Of the 1 pair tested, 1 differs" in text
    assert "fear is mistaken for surprise in 30.0 %, surprise is mistaken for fear in 5.0 %" in text
    assert "none shows a difference" in words.one_way(asymmetry(np.full((7, 7), 10)))


def test_confidence_is_justified_over_or_under():
    probabilities = np.full((200, 7), 0.05)
    probabilities[:, HAPPY] = 0.7
    for right, text in (
        (40, "is 50.0 points above its accuracy"),
        (200, "is 30.0 points below its"),
    ):
        labels = np.repeat([HAPPY, SAD], [right, 200 - right])
        assert text in words.confidence(reliability(labels, probabilities))
    labels = np.repeat([HAPPY, SAD], [140, 60])
    assert "no miscalibration" in words.confidence(reliability(labels, probabilities))


def test_the_verdict_says_below_above_and_inconclusive():
    def verdict(*hits):
        return words.below_claim(below(with_recall(hits)), "these")

    assert "**holds** for every class" in verdict(20, 30, 40, 90, 30, 80, 40)
    assert "**does not hold** for neutral" in verdict(20, 30, 40, 90, 30, 80, 90)
    text = verdict(20, 30, 60, 90, 30, 80, 40)
    assert (
        "above 60 % for happy and surprise and inconclusive for fear. Nothing contradicts" in text
    )


def gains(rise, seed=0):
    """Angry faces are found with probability 0.1 + rise · intensity; sad ones by a coin."""
    rng = np.random.default_rng(seed)
    strength, labels = rng.random(600), np.repeat([ANGRY, SAD], 300)
    hit = rng.random(600) < np.where(labels == ANGRY, 0.1 + rise * strength, 0.5)
    return recall_gains(labels, np.where(hit, labels, FEAR), strength)


NO_MISTAKES = confusion.confused_pairs(np.eye(7, dtype=int))


def test_weakness_is_the_reason_only_where_recall_rises():
    assert words.why(NO_MISTAKES, gains(0.8)) == (
        "Faint expressions are missed more often; for sad this is inconclusive."
    )
    text = words.weakness(gains(0.8))
    assert "From intensity 0.3 to 0.9, recall rises" in text
    assert "For sad this is inconclusive." in text
    assert "is not shown" in words.why(NO_MISTAKES, gains(0.0))
    assert "For no class" in words.weakness(gains(0.0))
    assert "inconclusive" in words.weakness(None)


def test_why_names_shared_units_and_what_is_open():
    def why(*cells):
        return words.why(confusion.confused_pairs(matrix(*cells)), gains(0.8))

    text = why((FEAR, SURPRISE, 9), (SURPRISE, FEAR, 8), (SAD, NEUTRAL, 7))
    # by FACS's tables: 1, 2, 5, 26 and 27, of 1, 2, 4, 5, 7, 20, 25, 26 and 27
    assert text.endswith("inconclusive. Fear and surprise share 5 of their 9 action units.")
    assert why((NEUTRAL, HAPPY, 9)).endswith(" Why neutral is mistaken for happy is open.")
    assert "cannot be told" in words.why(confusion.confused_pairs(matrix((SAD, FEAR, 1))), None)


def test_without_mistakes_the_reason_cannot_be_tested():
    labels = np.full(5, HAPPY)
    table = recall_gains(labels, labels, np.linspace(0, 1, 5))
    assert "cannot be tested" in words.weakness(table)
    assert "nan" not in words.why(NO_MISTAKES, table)
