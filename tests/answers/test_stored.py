"""Oracle: what was written."""

import json

import pandas as pd

from fer_lib.answers import stored


def test_a_table_comes_back_and_an_absent_one_is_none(tmp_path):
    path = tmp_path / "results" / "a.json"
    assert stored.read(path, "rows") is None
    table = pd.DataFrame({"method": ["gradient", "Sobel"], "mean": [0.5, float("nan")]})
    stored.write(path, {"faces": 200}, rows=table)
    pd.testing.assert_frame_equal(stored.read(path, "rows"), table)
    assert json.loads(path.read_text())["faces"] == 200
