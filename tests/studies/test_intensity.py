import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from small import with_recall

from fer_lib.studies import intensity

ANGRY, FEAR, HAPPY, SURPRISE, NEUTRAL = 0, 2, 3, 5, 6


def test_a_class_is_below_or_above_only_where_its_interval_clears_the_claim():
    table = intensity.below(with_recall([40, 50, 58, 90, 62, 80, 75])).set_index("expression")
    assert table["verdict"].to_dict() == {
        "angry": "below",
        "disgust": "below",
        "fear": "inconclusive",
        "happy": "above",
        "sad": "inconclusive",
        "surprise": "above",
        "neutral": "above",
    }
    oracle = binomtest(50, 100).proportion_ci(method="wilson")
    assert (table.loc["disgust", "low"], table.loc["disgust", "high"]) == pytest.approx(
        (oracle.low, oracle.high)
    )


def planted(n=600, rise=0.8, seed=0):
    """Angry faces that are found with probability 0.1 + rise · intensity, else taken for fear."""
    rng = np.random.default_rng(seed)
    strength = rng.random(n)
    hit = rng.random(n) < 0.1 + rise * strength
    return np.full(n, ANGRY), np.where(hit, ANGRY, FEAR), strength


def test_the_curve_is_scikit_learns():
    labels, predicted, strength = planted()
    response = (predicted == labels).astype(float)
    oracle = LogisticRegression(C=np.inf).fit(strength[:, None], response)
    expected = oracle.predict_proba([[intensity.WEAK], [intensity.STRONG]])[:, 1]
    result = intensity.dose_response(strength, response)
    assert (result.weak, result.strong) == pytest.approx(tuple(expected), abs=1e-3)
    assert result.gain == result.strong - result.weak


def test_the_interval_of_the_gain_is_near_the_delta_methods():
    labels, predicted, strength = planted(3000)
    response = (predicted == labels).astype(float)
    result = intensity.dose_response(strength, response)
    x = np.stack([np.ones_like(strength), strength], 1)
    beta = LogisticRegression(C=np.inf).fit(strength[:, None], response)
    mean = beta.predict_proba(strength[:, None])[:, 1]
    covariance = np.linalg.inv((x * (mean * (1 - mean))[:, None]).T @ x)
    weak, strong = result.weak * (1 - result.weak), result.strong * (1 - result.strong)
    slope = np.array([strong - weak, intensity.STRONG * strong - intensity.WEAK * weak])
    half = 1.96 * np.sqrt(slope @ covariance @ slope)
    ends = (result.gain - half, result.gain + half)
    assert (result.low, result.high) == pytest.approx(ends, abs=0.01)


def test_a_gain_is_never_above_a_hundred_points():
    strength = np.repeat([0.1, 0.35, 0.8, 1.0], 10)
    result = intensity.dose_response(strength, (strength > 0.5).astype(float))  # a step
    assert 0.9 < result.gain <= result.high <= 1
    assert result.p < 0.001


def test_without_an_effect_one_p_in_twenty_is_below_the_level():
    p_values = []
    for seed in range(40):
        labels, predicted, strength = planted(40, rise=0.0, seed=seed)
        p_values.append(intensity.dose_response(strength, (predicted == labels) * 1.0).p)
    assert np.nanmean(np.array(p_values) < 0.05) < 0.15
    assert np.nanmean(np.array(p_values) < 0.5) > 0.3


def test_a_share_of_people_who_agreed_is_a_response_too():
    strength = np.linspace(0.1, 1, 200)
    curve = 1 / (1 + np.exp(-(4 * strength - 2)))
    result = intensity.dose_response(strength, curve)
    expected = 1 / (1 + np.exp(-(4 * np.array([0.3, 0.9]) - 2)))
    assert (result.weak, result.strong) == pytest.approx(tuple(expected), abs=1e-3)


def test_p_values_are_corrected_over_the_classes_that_can_be_tested():
    labels, predicted, strength = planted(200)
    happy = np.full(20, HAPPY)  # always found: no curve
    fear = np.full(200, FEAR), np.where(predicted == ANGRY, FEAR, HAPPY)
    table = intensity.recall_gains(
        np.concatenate([labels, happy, fear[0]]),
        np.concatenate([predicted, happy, fear[1]]),
        np.concatenate([strength, np.linspace(0, 1, 20), strength]),
    ).set_index("expression")
    assert table.loc["angry", "p_holm"] == 2 * table.loc["angry", "p"]
    assert np.isnan(table.loc["happy", "p_holm"])


def test_recall_by_intensity_counts_each_step():
    labels, predicted, strength = planted()
    table = intensity.recall_by_step(labels, predicted, strength)
    assert table["faces"].sum() == len(labels)
    first = strength < 0.2
    assert table["recall"][0] == pytest.approx((predicted[first] == ANGRY).mean())
    assert table["intensity"][0] == pytest.approx(strength[first].mean())
    oracle = binomtest(int((predicted[first] == ANGRY).sum()), int(first.sum()))
    ends = oracle.proportion_ci(method="wilson")
    assert (table["low"][0], table["high"][0]) == pytest.approx((ends.low, ends.high))


def test_neutral_has_no_intensity_and_the_strongest_face_has_a_step():
    labels, strength = np.array([HAPPY, HAPPY, NEUTRAL]), np.array([1.0, 0.95, 0.5])
    table = intensity.recall_by_step(labels, labels, strength)
    assert table[["expression", "faces"]].values.tolist() == [["happy", 2]]
    assert intensity.recall_gains(labels, labels, strength)["expression"].tolist() == ["happy"]


@pytest.mark.parametrize("predicted", [HAPPY, SURPRISE])
def test_all_hits_or_all_mistakes_have_no_curve(predicted):
    labels = np.full(5, HAPPY)
    table = intensity.recall_gains(labels, np.full(5, predicted), np.linspace(0, 1, 5))
    assert table[["gain", "low", "high", "p", "p_holm"]].isna().all(axis=None)


def test_no_faces():
    empty = np.zeros(0, np.int64)
    assert intensity.recall_by_step(empty, empty, np.zeros(0)).empty
    assert intensity.recall_gains(empty, empty, np.zeros(0)).empty
