import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgba

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.plots import faces as plots
from fer_lib.studies import drawn_faces

GREY = np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)


def shares():
    labels = np.repeat(np.arange(7), 3)
    split = Split(np.zeros((21, 48, 48), np.uint8), labels)
    return drawn_faces.class_shares(FaceSet("set", split, split))


def test_rows_have_names_and_one_grey_scale():
    images = np.broadcast_to(GREY, (7, 3, 48, 48))
    axes = plots.rows(images, EXPRESSIONS).axes
    assert len(axes) == 21
    assert [ax.get_ylabel() for ax in axes[::3]] == list(EXPRESSIONS)
    assert {ax.images[0].get_clim() for ax in axes} == {(0, 255)}
    np.testing.assert_array_equal(axes[4].images[0].get_array(), GREY)


def test_the_columns_of_rows_have_titles():
    axes = plots.rows(np.broadcast_to(GREY, (2, 3, 48, 48)), ("a", "b"), (0, 0.5, 1)).axes
    assert [ax.get_title() for ax in axes] == ["0", "0.5", "1", "", "", ""]


def test_a_mask_colors_its_own_pixels_only():
    mask = GREY > 200
    ax = plots.masked(plt.subplots()[1], GREY, mask)
    color = ax.images[1].get_array()
    assert (color[mask] == to_rgba(plots.MASK, 0.55)).all()
    assert (color[~mask][:, 3] == 0).all()


def test_each_mask_stands_beside_its_face():
    truths = [{"unit 6": GREY > 9, "unit 12": GREY > 99}, {}]
    axes = plots.masks(np.stack([GREY, GREY]), truths, ["happy", "neutral"]).axes
    assert [ax.get_title() for ax in axes[:3]] == ["", "unit 6", "unit 12"]
    assert [len(ax.images) for ax in axes] == [1, 2, 2, 1, 0, 0]


def test_bars_show_the_shares_of_both_sets():
    ours, theirs = plots.classes(shares(), plt.subplots()[1]).containers
    np.testing.assert_allclose([bar.get_width() for bar in ours], 100 / 7)
    np.testing.assert_allclose(theirs[1].get_width(), 100 * 436 / 28709)


def test_the_band_of_intensities_spans_the_classes():
    table = drawn_faces.intensity_counts([])
    table.loc["angry", "1.0"], table.loc["sad", "0.5"] = 3, 2
    ax = plots.intensities(table, plt.subplots()[1])
    assert ax.lines[0].get_ydata()[-1] == 100 / 7
    assert ax.collections[0].get_paths()[0].vertices[:, 1].max() == 100  # empty classes are flat
