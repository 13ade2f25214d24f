import numpy as np
import pandas as pd

from fer_lib.formatting import as_text, estimates, percent


def test_a_table_is_written_out_without_nan():
    table = pd.DataFrame({"rate": [0.5, np.nan], "of_all": [3000, 4], "left_out": 0}, ["a", "b"])
    text = as_text(table, of_all="{:,}", rate=percent)
    assert text.to_dict() == {
        "of all": {"a": "3,000", "b": "4"},
        "rate": {"a": "50.0 %", "b": "–"},
    }


def test_an_interval_that_is_unknown_is_left_out():
    assert estimates([0.5, 0.5], [0.4, np.nan], [0.6, np.nan]) == [
        "50.0 % (40.0 to 60.0 %)",
        "50.0 %",
    ]
