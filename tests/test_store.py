"""Oracle: what was written."""

import pandas as pd

from fer_lib import store


def test_a_table_comes_back_and_an_absent_one_is_none(tmp_path):
    path = tmp_path / "results" / "a.json"
    assert store.read(path) is None
    table = pd.DataFrame({"method": ["gradient", "Sobel"], "mean": [0.5, float("nan")]})
    store.write(path, {"faces": 200}, rows=table)
    found = store.read(path)
    pd.testing.assert_frame_equal(found["rows"], table)
    assert found["faces"] == 200
