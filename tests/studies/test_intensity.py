import numpy as np
import pytest
from scipy.stats import binomtest, linregress

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.studies import intensity

ANGRY, FEAR, HAPPY, SURPRISE, NEUTRAL = 0, 2, 3, 5, 6


def with_recall(hits, of=100):
    """A matrix whose mistakes all fall to the next class."""
    m = np.diag(hits)
    for k in range(7):
        m[k, (k + 1) % 7] += of - hits[k]
    return m


def test_a_class_is_below_or_above_only_where_its_interval_clears_the_claim():
    table = intensity.below(with_recall([40, 50, 58, 90, 62, 80, 75])).set_index("expression")
    assert table["verdict"].to_dict() == {
        "angry": "below",
        "disgust": "below",
        "fear": "can't be told",
        "happy": "above",
        "sad": "can't be told",
        "surprise": "above",
        "neutral": "above",
    }
    oracle = binomtest(50, 100).proportion_ci(method="wilson")
    assert (table.loc["disgust", "low"], table.loc["disgust", "high"]) == pytest.approx(
        (oracle.low, oracle.high)
    )


def test_the_verdict_names_what_speaks_against_the_claim():
    assert "**holds**" in intensity.verdict(with_recall([20, 30, 40, 90, 30, 80, 40]), "these")
    text = intensity.verdict(with_recall([20, 30, 40, 90, 30, 80, 90]), "these")
    assert "**does not hold** for neutral" in text
    text = intensity.verdict(with_recall([20, 30, 60, 90, 30, 80, 40]), "these")
    assert "undecided: fear" in text
    assert "no class can be judged" in intensity.verdict(np.zeros((7, 7), int), "these")


def drawn(n=600, rise=0.8, seed=0):
    """Angry faces that are found with probability 0.1 + rise · intensity, else taken for fear."""
    rng = np.random.default_rng(seed)
    strength = rng.random(n)
    hit = rng.random(n) < 0.1 + rise * strength
    return np.full(n, ANGRY), np.where(hit, ANGRY, FEAR), strength


def test_slope_is_least_squares_and_its_interval_near_whites():
    labels, predicted, strength = drawn()
    row = intensity.slopes(labels, predicted, strength).loc[0]
    line = linregress(strength, predicted == labels)
    assert row.slope == pytest.approx(line.slope)
    dx = strength - strength.mean()
    left = (predicted == labels) - line.intercept - line.slope * strength
    half = 1.96 * np.sqrt((dx**2 * left**2).sum()) / (dx**2).sum()  # White's standard error
    assert (row.low, row.high) == pytest.approx((line.slope - half, line.slope + half), abs=0.02)
    assert "angry" in intensity.reading(intensity.slopes(labels, predicted, strength))


def test_no_rise_is_no_support():
    table = intensity.slopes(*drawn(rise=0.0, seed=1))
    assert "no support" in intensity.reading(table)


def test_recall_by_intensity_counts_each_step():
    labels, predicted, strength = drawn()
    table = intensity.by_intensity(labels, predicted, strength)
    assert table["faces"].sum() == len(labels)
    first = strength < 0.2
    assert table["recall"][0] == pytest.approx((predicted[first] == ANGRY).mean())
    assert table["intensity"][0] == pytest.approx(strength[first].mean())
    oracle = binomtest(int((predicted[first] == ANGRY).sum()), int(first.sum()))
    ends = oracle.proportion_ci(method="wilson")
    assert (table["low"][0], table["high"][0]) == pytest.approx((ends.low, ends.high))


def test_neutral_has_no_intensity_and_the_strongest_face_has_a_step():
    labels, strength = np.array([HAPPY, HAPPY, NEUTRAL, -1]), np.array([1.0, 0.95, 0.5, 0.5])
    table = intensity.by_intensity(labels, labels, strength)
    assert table[["expression", "faces"]].values.tolist() == [["happy", 2]]
    assert intensity.slopes(labels, labels, strength)["expression"].tolist() == ["happy"]


@pytest.mark.parametrize("predicted", [HAPPY, SURPRISE])
def test_all_hits_or_all_mistakes_have_no_slope(predicted):
    labels = np.full(5, HAPPY)
    table = intensity.slopes(labels, np.full(5, predicted), np.linspace(0, 1, 5))
    assert table["slope"].isna().all()
    assert "cannot be tested" in intensity.reading(table)


def test_shown_tables_hold_no_nan():
    for m in (np.zeros((7, 7), int), with_recall([1] * 7, of=1)):
        shown = intensity.shown_below(m)
        assert "nan" not in shown.to_string().lower()
        assert shown.index.tolist() == list(EXPRESSIONS)
    empty = np.zeros(0, np.int64)
    assert intensity.by_intensity(empty, empty, np.zeros(0)).empty
    assert intensity.slopes(empty, empty, np.zeros(0)).empty
