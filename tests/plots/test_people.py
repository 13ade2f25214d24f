import numpy as np
import pandas as pd
import pytest

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import people


def test_points_stand_at_their_numbers():
    steps = pd.DataFrame(
        {"agreement": [0.1, 0.9], "recall": [0.3, 0.8], "low": [0.2, 0.7], "high": [0.4, 0.9],
         "faces": [10, 20]}
    )  # fmt: skip
    ax = people.recall_by_agreement(steps)
    line = next(line for line in ax.lines if line.get_marker() == "o")
    assert line.get_xydata().tolist() == [[0.1, 0.3], [0.9, 0.8]]
    assert {"10", "20"} <= {text.get_text() for text in ax.texts}


def test_bars_fill_the_line():
    row = {"expression": "fear", "faces": 10, "network": 3, "label": 4, "neither": 2, "tie": 1}
    ax = people.sides(pd.DataFrame([row]))
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx([0.3, 0.4, 0.2, 0.1])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["fear (10)"]


def test_both_tables_are_shown_in_per_cent():
    tables = {"people": np.full((7, 10), 0.1), "network": np.eye(7)}
    figure = people.confusions(tables, [*EXPRESSIONS, "contempt", "unknown", "not a face"])
    left, right = figure.axes
    assert {text.get_text() for text in left.texts} == {"10"}
    assert {text.get_text() for text in right.texts} == {"0", "100"}
