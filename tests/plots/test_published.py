import pandas as pd

from fer_lib.plots import published
from fer_lib.studies.published import PUBLISHED


def test_every_result_stands_in_its_row_at_its_accuracy():
    row = {
        "accuracy": 0.66,
        "ten_views": 0.67,
        "new_faces": 0.63,
        "low": 0.64,
        "high": 0.68,
    }
    ours = pd.DataFrame([row | {"recipe": "fast"}])
    ax = published.beside(ours, PUBLISHED)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["ours: fast", *PUBLISHED["who"]]
    points = {(x, y) for line in ax.lines for x, y in zip(*line.get_data(), strict=True)}
    assert {(value, 0) for value in row.values()} <= points
    assert {(value, y) for y, value in enumerate(PUBLISHED["accuracy"], 1)} <= points
    assert ax.yaxis_inverted()
    hollow = {line.get_ydata()[0] for line in ax.lines if line.get_markerfacecolor() == "white"}
    own = PUBLISHED["protocol"].isin(published.HOLLOW)
    assert hollow == set(own.to_numpy().nonzero()[0] + 1)


def test_every_protocol_is_known_to_be_hollow_or_full():
    full = {"a small study", "clean, a contest", "clean, one seed", "splits swapped"}
    assert set(PUBLISHED["protocol"]) == {*published.HOLLOW} | full
