"""What the figures say, read off their artists."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fer_lib.plots import grading as plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_baselines_are_grey_and_every_mean_in_its_place():
    rows = [("gradient", "mass", 0.4, 0.3, 0.5), ("random", "mass", 0.1, 0.1, 0.1)]
    table = pd.DataFrame(rows, columns=["method", "measure", "mean", "low", "high"])
    ax = plots.grades(table, ["random"], ["mass"], 0.15).axes[0]
    points = ax.collections[1]
    np.testing.assert_allclose(points.get_offsets(), [[0.4, 0], [0.1, 1]])
    colours = [plt.matplotlib.colors.to_hex(c).upper() for c in points.get_facecolors()]
    assert colours == [plots.METHOD, plots.BASELINE]
    assert ax.lines[0].get_xdata() == [0.15, 0.15]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["gradient", "random"]


def test_a_curve_is_the_mean_over_faces():
    values = np.array([[0.0, 0.5, 1.0], [0.2, 0.7, 1.0]])
    found = {"gradient": {"insertion, grey": values}, "random": {"insertion, grey": values / 2}}
    ax = plots.curves(found, ["random"], ["insertion, grey"]).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.1, 0.6, 1])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0, 0.5, 1])
    assert ax.lines[1].get_linestyle() == ":"


def test_the_cascade_has_a_line_a_method_and_the_edge_detectors():
    likeness = pd.DataFrame({"gradient": [1, 0.4], "occlusion": [1, 0.1]})
    ax = plots.cascade(likeness, 0.5).axes[0]
    assert [line.get_label() for line in ax.lines[:3]] == ["gradient", "occlusion", "Sobel edges"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [1, 0.1])
