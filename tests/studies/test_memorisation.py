import numpy as np
import pytest

from fer_lib.studies import memorisation

# copies: 80 right by both, 12 by the first alone, 3 by the second alone, 5 by neither
COPIES, REST = np.array([[80, 12], [3, 5]]), np.array([[600, 90], [100, 210]])


@pytest.fixture
def rows():
    return memorisation.gains({"near_duplicates": COPIES, "rest": REST})


def test_the_gain_is_of_the_faces_that_two_trainings_tell_apart(rows):
    copies, rest = rows.loc["near_duplicates"], rows.loc["rest"]
    assert (copies["faces"], rest["faces"]) == (100, 1000)
    assert (copies["all"], copies["without"]) == pytest.approx((0.92, 0.83))
    assert (rest["all"], rest["without"]) == pytest.approx((0.69, 0.70))
    assert (copies["gain"], rest["gain"]) == pytest.approx((0.09, -0.01))


def test_of_no_face_nothing_is_said():
    rows = memorisation.gains({"near_duplicates": np.zeros((2, 2), int), "rest": REST})
    assert rows.loc["near_duplicates", "all":"high"].isna().all()


def test_the_gain_s_interval_is_that_of_pairs(rows):
    """Narrower than of two independent shares, as most faces are told alike; here by its normal."""
    for name, m in (("near_duplicates", COPIES), ("rest", REST)):
        n = m.sum()
        p = m / n
        spread = np.sqrt((p[0, 1] + p[1, 0] - (p[0, 1] - p[1, 0]) ** 2) / n)
        row = rows.loc[name]
        assert row["low"] == pytest.approx(row["gain"] - 1.96 * spread, abs=0.01)
        assert row["high"] == pytest.approx(row["gain"] + 1.96 * spread, abs=0.01)


def test_what_is_left_without_the_near_duplicates_has_an_interval():
    """70 % of both when trained without them; the interval by its normal."""
    copies = np.array([[66, 16], [4, 14]])
    lead, low, high = memorisation.lead_without({"near_duplicates": copies, "rest": REST})
    half = 1.96 * np.sqrt(0.7 * 0.3 * (1 / 100 + 1 / 1000))
    assert lead == pytest.approx(0)
    assert (low, high) == pytest.approx((-half, half), abs=0.006)
