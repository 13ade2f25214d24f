"""What is said turns with the numbers."""

import numpy as np
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


def clear(p, recalls, gap=(-0.02, -0.1, 0.06)):
    steps = [{"votes": 6, "recall": recalls[0]}, {"votes": 10, "recall": recalls[1]}]
    groups = {"blank": (50, 0.8), "other": (50, 0.82)}
    return words.clearness({"steps": steps, "p": p, "gap": gap} | groups)


def test_clear_faces():
    assert "does not" in clear(0.01, (0.5, 0.9))
    assert "may, too" in clear(0.01, (0.9, 0.5))
    assert "may, too" in clear(0.2, (0.5, 0.9))
    assert "another expression is inconclusive: " in clear(0.2, (0.5, 0.9))
    shown = clear(0.2, (0.5, 0.9), gap=(0.2, 0.1, 0.3))
    assert "another expression is shown: " in shown
    assert shown.endswith("a difference of +20.0 points (+10.0 to +30.0).")
    assert "blank" not in clear(0.2, (0.5, 0.9), gap=None)


def test_question_3_says_the_same_in_short():
    steps = [{"votes": 6.0, "recall": 0.75}, {"votes": 10.0, "recall": 0.98}]
    text = words.in_short({"steps": steps, "p": 0.01})
    assert "is 75 % if 6 of ten see it and 98 % if 10 do." in text
    assert text.endswith("So faces on which people agree more are recognised more often there too.")
    text = words.in_short({"steps": steps, "p": 0.2})
    assert "Whether faces on which people agree more are recognised" in text
    assert text.endswith("too is inconclusive.")


def test_classes_at_equal_agreement():
    table = pd.DataFrame({"expression": ["fear", "happy"], "recall": [0.5, 0.9]})
    closer = words.at_equal_agreement(table.assign(at_equal=[0.7, 0.8]))
    assert "fear would go from 50 % to 70 % and happy" in closer
    assert "without a test, that a part of the difference" in closer
    assert "none of the difference" in words.at_equal_agreement(table.assign(at_equal=[0.4, 0.9]))


def test_people_may_side_with_either_or_with_neither():
    assert (
        "people side more often with the network than with the label on faces labelled fear and "
        "more often with the label than with the network on faces labelled sad;"
        in (words.whose_side(["fear"], ["sad"]))
    )
    assert (
        "side more often with the label than with the network on faces labelled sad;"
        in words.whose_side([], ["sad"])
    )
    assert words.whose_side([], []).endswith("is inconclusive for every label.")


def test_a_step_without_faces_is_not_spoken_of():
    agreed, nothing = [0.0, 0.14, 0.35, 0.6, 0.86, 1.0], float("nan")
    steps = pd.DataFrame({"agreement": agreed, "faces": 9, "recall": 0.5, "low": 0.4, "high": 0.6})
    n = {"steps": steps, "steps_new": steps, "new": 40}
    text = words.by_agreement(n)
    assert text.startswith("Where none of ten sees the label, the network gives it on 50.0 % (40.0")
    assert "of the faces; where all ten see it, on 50.0 %" in text
    steps.loc[0] = [nothing, 0, nothing, nothing, nothing]
    assert words.by_agreement(n).startswith("Where about 1 of ten see the label")


@pytest.mark.parametrize(("low", "said"), [(0.6, "order, yes: "), (0.3, "that is not shown: ")])
def test_likeness_must_exceed_chance(low, said):
    people, network = np.eye(7, 10), np.eye(7)
    people[:6, 6], network[:6, 6] = 0.2, 0.1
    tables = {"people": people, "network": network, "likeness": (0.7, low, 0.8), "chance": 0.4}
    text = words.likeness(tables)
    assert said in text
    assert "neutral face in 20 % of the faces with another label, the network in 10 %" in text


def test_uncertainty_is_told_label_by_label():
    sure, unsure = (0.3, 0.2, 0.4), (0.1, -0.1, 0.3)
    text = words.unsure({"all": sure, "fear": sure, "sad": unsure})
    assert text.startswith("The network is less certain where people disagree: over")
    assert "above 0 for fear (0.30 to 0.30) and it is not shown for sad." in text
    text = words.unsure({"all": unsure, "sad": unsure})
    assert "disagree is not shown: over" in text
    assert text.endswith("look within a label: it is not shown for sad.")


@pytest.mark.parametrize(
    ("network", "votes", "said"),
    [
        (0.01, 0.01, "So the network tells something of the label that ten votes do not and the "),
        (0.01, -0.01, "So the network tells something of the label that ten votes do not; whether"),
        (-0.01, 0.01, "So the votes tell something that the network does not."),
        (-0.01, -0.01, "Whether either adds to the other is inconclusive."),
    ],
)
def test_what_votes_and_network_tell_beside_each_other(network, votes, said):
    shares = {"votes": 0.67, "network": 0.66, "both": 0.7}
    leads = {"network_adds": (0.03, network, 0.05), "votes_add": (0.04, votes, 0.06)}
    n = {"guess_new": 0.67, "network_new": 0.65, "together": shares | leads}
    text = words.together(n)
    assert said in text
    assert ("more raters" in text) == (network > 0)
    assert "`compact` alone" in words.together({})
