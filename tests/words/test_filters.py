import pandas as pd

from fer_lib.questions.filters import FilterCounts
from fer_lib.words import filters

CLEAR = pd.Series({"fear": 21, "angry": 20, "sad": 3})
HALVES = pd.DataFrame({"named": [83, 100], "confirmed": [61, 50]}, ["expression", "unit"])


def test_the_answer_names_what_the_clear_filters_respond_to():
    units = pd.Series({9: 31, 12: 28})
    counts = FilterCounts(512, 510, 0, 500, 510, CLEAR, units, both=30)
    text = filters.filters_answer(counts, HALVES)
    assert "512 filters of the last convolution **44 speak clearly for one expression**" in text
    assert "most often for fear and angry. Another" in text
    assert "**59 follow one movement of the face**, most often the nose wrinkler (AU" in text
    assert "31 filters) and the lip corner puller (AU12, 28 filters); 30 do both." in text
    assert text.endswith(
        "the other half confirms 61 of 83 that speak for an expression and 50 of 100 that follow a "
        "movement."
    )
    detail = filters.filters_detail(counts)
    assert detail.startswith("2 filters of 512 respond to no face. None has a duplicate")
    assert "59 filters follow one action unit" in detail


def test_photographs_have_no_units_and_a_poor_network_no_clear_filter():
    counts = FilterCounts(512, 511, 4, 500, 511, CLEAR, None)
    text = filters.filters_answer(counts, HALVES[:1])
    assert "AU" not in text
    assert text.endswith("confirms 61 of 83 that speak for an expression.")
    assert "1 filter of 512 responds to no face. 4 have a duplicate" in filters.filters_detail(
        counts
    )
    assert "A photograph does not come with action units" in filters.filters_detail(counts)
    assert "none of them speaks clearly" in filters.filters_answer(
        FilterCounts(512, 0, 0, 0, 0, CLEAR.head(0), None), HALVES
    )


def test_of_a_slow_network_it_says_how_many_were_climbed():
    detail = filters.filters_detail(FilterCounts(512, 510, 0, 15, 16, CLEAR, None))
    assert "Of the 16 that respond and whose pattern was made, 15 are excited more by" in detail


def test_what_other_faces_say_is_told_beside_a_network_that_learned_nothing():
    untrained = pd.DataFrame({"named": [0, 14], "confirmed": [0, 7]}, ["expression", "unit"])
    text = filters.confirmed(HALVES, untrained)
    assert "83 filters speak clearly for an expression, and 61 of them do so" in text
    assert "100 filters follow an action unit, and 50 of them do so" in text
    assert text.endswith(
        "confirms 0 of 0 that speak clearly for an expression and 7 of 14 that follow an action "
        "unit."
    )
    assert filters.confirmed(HALVES[:1], untrained[:1]).endswith(
        "confirms 0 of 0 that speak clearly for an expression."
    )
