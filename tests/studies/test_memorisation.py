import re

import numpy as np
import pytest

from fer_lib.studies import memorisation

# twins: 80 right by both, 12 by the first alone, 3 by the second alone, 5 by neither
TWINS, REST = np.array([[80, 12], [3, 5]]), np.array([[600, 90], [100, 210]])


@pytest.fixture
def rows():
    return memorisation.table({"twins": TWINS, "rest": REST})


def test_the_gain_is_of_the_faces_that_two_trainings_tell_apart(rows):
    twins, rest = rows.loc["twins"], rows.loc["rest"]
    assert (twins["faces"], rest["faces"]) == (100, 1000)
    assert (twins["all"], twins["without"]) == pytest.approx((0.92, 0.83))
    assert (rest["all"], rest["without"]) == pytest.approx((0.69, 0.70))
    assert (twins["gain"], rest["gain"]) == pytest.approx((0.09, -0.01))


def test_the_gain_s_interval_is_that_of_pairs(rows):
    """Narrower than of two independent shares, as most faces are told alike; here by its normal."""
    for name, m in (("twins", TWINS), ("rest", REST)):
        n = m.sum()
        p = m / n
        spread = np.sqrt((p[0, 1] + p[1, 0] - (p[0, 1] - p[1, 0]) ** 2) / n)
        row = rows.loc[name]
        assert row["low"] == pytest.approx(row["gain"] - 1.96 * spread, abs=0.01)
        assert row["high"] == pytest.approx(row["gain"] + 1.96 * spread, abs=0.01)


def test_the_page_s_table_names_rows_and_tells_points(rows):
    shown = memorisation.shown(rows)
    assert list(shown.index) == ["with a twin in Training", "the others"]
    assert list(shown["faces"]) == ["100", "1,000"]
    assert list(shown["trained on all"]) == ["92.0 %", "69.0 %"]
    assert list(shown["without the twins"]) == ["83.0 %", "70.0 %"]
    assert shown["gain, in points"].iloc[0].startswith("+9.00 (+")
    assert shown["gain, in points"].iloc[1].startswith("-1.00 (-")


def test_memory_is_told_where_it_is_more_than_chance():
    text = memorisation.reading({"twins": TWINS, "rest": REST})
    assert "worth **9.0 points**" in text
    assert "by 23.0 points; trained without them by 13.0 (" in text
    assert text.endswith("so they are easier besides.")


def test_what_is_left_without_the_twins_may_be_chance():
    """70 % of both when trained without them; the interval by its normal."""
    text = memorisation.reading({"twins": np.array([[66, 16], [4, 14]]), "rest": REST})
    low, high = map(float, re.findall(r"by 0.0 \((-?[\d.]+) to (-?[\d.]+)\)", text)[0])
    half = 196 * np.sqrt(0.7 * 0.3 * (1 / 100 + 1 / 1000))
    assert (low, high) == pytest.approx((-half, half), abs=0.6)
    assert text.endswith("which chance alone could do.")


@pytest.mark.parametrize("twins", [[[80, 8], [5, 7]], [[92, 0], [0, 8]], [[80, 3], [12, 5]]])
def test_memory_is_not_told_where_chance_could_have_done_it(twins):
    text = memorisation.reading({"twins": np.array(twins), "rest": REST})
    assert "can't be told from chance" in text
    assert "**" not in text
