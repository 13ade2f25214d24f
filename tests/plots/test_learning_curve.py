import matplotlib.pyplot as plt
import pandas as pd
import pytest

from fer_lib.plots import learning_curve as plots


def test_the_learning_curve_spans_its_seeds():
    curve = pd.DataFrame(
        {
            "faces": [320, 2560],
            "mean": [0.4, 0.7],
            "least": [0.4, 0.6],
            "most": [0.4, 0.75],
        }
    )
    _, ax = plt.subplots()
    plots.learning_curve(ax, curve)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["320", "2,560"]
    ends = ax.collections[0].get_segments()[1][:, 1]
    assert ends.tolist() == pytest.approx([0.6, 0.75])
