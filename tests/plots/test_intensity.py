import numpy as np
from sklearn.linear_model import LogisticRegression

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import intensity as plots
from fer_lib.studies import intensity


def draw(*faces):
    table = intensity.recall_by_step(*faces)
    return table, plots.recall_by_step(table, intensity.recall_gains(*faces))


def test_a_panel_a_class_on_shared_axes():
    rng = np.random.default_rng(0)
    table, figure = draw(rng.integers(0, 7, 300), rng.integers(0, 7, 300), rng.random(300))
    assert [ax.get_title() for ax in figure.axes] == list(EXPRESSIONS[:6])
    assert {ax.get_ylim() for ax in figure.axes} == {(-0.03, 1.03)}
    angry = table[table["expression"] == "angry"]
    points = figure.axes[0].lines[0].get_ydata().astype(float)
    np.testing.assert_allclose(points, angry["recall"])


def test_the_curve_is_the_fit_and_dashed_where_no_rise_is_shown():
    """Angry faces are found the more the stronger they are; disgusted ones by a coin."""
    rng = np.random.default_rng(0)
    labels, strength = np.repeat([0, 1], 300), rng.random(600)
    hit = rng.random(600) < np.where(labels == 0, strength, 0.5)
    _, figure = draw(labels, np.where(hit, labels, 6), strength)
    for ax, k, style in zip(figure.axes[:2], (0, 1), ("-", "--"), strict=True):
        (curve,) = [line for line in ax.lines if len(line.get_xdata()) > 5]
        own = labels == k
        oracle = LogisticRegression(C=1e6).fit(strength[own, None], hit[own])
        told = oracle.predict_proba(np.linspace(0, 1, 101)[:, None])[:, 1]
        np.testing.assert_allclose(curve.get_ydata(), told, atol=1e-3)
        assert curve.get_linestyle() == style
