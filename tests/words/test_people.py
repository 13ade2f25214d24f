"""What is said turns with the numbers."""

import pandas as pd
import pytest

from fer_lib.words import people as words

JUDGED = {"person": 0.5, "network": 0.7, "faces": 90, "judged": 80, "network_by_people": 0.6}


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        ((0.02, 0.01, 0.03), "the network is ahead by 2.0 points (1.0 to 3.0)"),
        ((-0.02, -0.03, -0.01), "the label is ahead by 2.0 points (1.0 to 3.0)"),
        ((0.02, -0.01, 0.05), "inconclusive"),
    ],
)
def test_who_is_ahead(lead, said):
    assert said in words.judged(JUDGED | {"label_by_people": 0.5, "lead": lead})


def test_without_a_top_answer_nobody_is_judged():
    text = words.judged(JUDGED | {"judged": 0, "label_by_people": float("nan")})
    assert "nan" not in text
    assert "Judged" not in text


def test_a_network_below_people_has_learned_nothing_more():
    table = pd.DataFrame({"expression": ["fear", "sad"], "person": [0.2, 0.5]})
    assert "words of fear" in words.largest_gap(table.assign(network=[0.4, 0.6]))
    assert "words of" not in words.largest_gap(table.assign(network=[0.1, 0.2]))


def clear(p, recalls, blank=(50, 0.8), other=(50, 0.82)):
    steps = [{"votes": 6, "recall": recalls[0]}, {"votes": 10, "recall": recalls[1]}]
    return words.clearness({"steps": steps, "p": p, "blank": blank, "other": other})


def test_clear_faces():
    assert "does not" in clear(0.01, (0.5, 0.9))
    assert "may, too" in clear(0.01, (0.9, 0.5))
    assert "may, too" in clear(0.2, (0.5, 0.9))
    assert "another expression is inconclusive: " in clear(0.2, (0.5, 0.9))
    assert "another expression is shown: " in clear(0.2, (0.5, 0.9), blank=(500, 0.4))
    assert "blank" not in clear(0.2, (0.5, 0.9), blank=(0, None))


def test_classes_at_equal_agreement():
    table = pd.DataFrame({"expression": ["fear", "happy"], "recall": [0.5, 0.9]})
    closer = words.at_equal_agreement(table.assign(at_equal=[0.7, 0.8]))
    assert "fear would go from 50 % to 70 % and happy" in closer
    assert "without a test, that a part of the difference" in closer
    assert "none of the difference" in words.at_equal_agreement(table.assign(at_equal=[0.4, 0.9]))
