"""What the figures say, read off their artists."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from fer_lib.plots import saliency_benchmark as plots
from fer_lib.studies.ablation import Truth


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
    actual = {"gradient": {"insertion, grey": values}, "random": {"insertion, grey": values / 2}}
    ax = plots.curves(actual, ["random"], ["insertion, grey"]).axes[0]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.1, 0.6, 1])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0, 0.5, 1])
    assert ax.lines[1].get_linestyle() == ":"
    assert [line.get_label() for line in ax.lines] == ["gradient", "baselines"]


def test_the_cascade_has_a_line_a_method_and_the_edge_detectors():
    likeness = pd.DataFrame({"gradient": [1, 0.4], "occlusion": [1, 0.1]})
    ax = plots.cascade(likeness, 0.5).axes[0]
    assert [line.get_label() for line in ax.lines[:3]] == ["gradient", "occlusion", "Sobel edges"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [1, 0.1])


def test_faces_stand_beside_their_truth_and_their_maps_grades():
    mask = np.zeros((48, 48), bool)
    mask[10:20, 10:20] = True
    truth = Truth(
        np.zeros((2, 48, 48), np.uint8), np.array([3, 5]), np.zeros((2, 48, 48), bool),
        ({12: mask}, {26: mask.T}), ({12: 2.0}, {26: 1.0}), np.arange(2),
    )  # fmt: skip
    heat = np.zeros((2, 48, 48))
    heat[:, 15, 12], heat[:, 40, 30] = 1, 3
    axes = np.array(
        plots.faces(truth, {"gradient": heat}, {"gradient": np.full(2, 0.25)}).axes
    ).reshape(2, 3)
    assert [row[0].get_ylabel() for row in axes] == ["happy", "surprise"]
    assert axes[0, 1].get_xlabel() == "4% of the picture"
    assert axes[0, 2].get_xlabel() == "25% of its heat inside"
    assert axes[0, 2].get_title() == "map: gradient"
    assert axes[0, 2].lines[0].get_xydata().tolist() == [[30, 40]]  # the hottest pixel
