import numpy as np

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import intensity as plots
from fer_lib.studies import intensity


def test_a_panel_a_class_on_shared_axes():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 300)
    table = intensity.recall_by_step(labels, rng.integers(0, 7, 300), rng.random(300))
    figure = plots.recall_by_step(table)
    assert [ax.get_title() for ax in figure.axes] == list(EXPRESSIONS[:6])
    assert {ax.get_ylim() for ax in figure.axes} == {(-0.03, 1.03)}
    angry = table[table["expression"] == "angry"]
    line = figure.axes[0].lines[0].get_ydata().astype(float)
    np.testing.assert_allclose(line, angry["recall"])


def test_no_faces_are_drawn():
    empty = np.zeros(0, np.int64)
    plots.recall_by_step(intensity.recall_by_step(empty, empty, np.zeros(0))).canvas.draw()
