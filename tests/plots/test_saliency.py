"""What the figures say, read off their artists."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.drawn.action_units import UNITS
from fer_lib.formatting import OPEN
from fer_lib.plots import saliency as plots
from fer_lib.plots import style
from fer_lib.questions.occlusion import Covered
from fer_lib.questions.saliency import METHODS, Explanation
from fer_lib.questions.turned_units import Turned
from fer_lib.studies.face_regions import REGIONS, fixed_regions
from fer_lib.studies.homework_claims import FALLS, HOLDS


@pytest.fixture(autouse=True)
def book_style():
    with plt.rc_context():
        style.use()
        yield


@pytest.fixture
def faces():
    return np.random.default_rng(0).integers(0, 256, (3, 48, 48)).astype(np.uint8)


def test_every_map_of_a_panel_is_visible_on_its_own_scale(faces):
    """One glaring pixel and maps of very different size: none may come out white."""
    noise = np.random.default_rng(1).standard_normal((3, 48, 48))
    maps = noise * np.array([1, 50, 0.1])[:, None, None]
    maps[0, 5, 5] = 1e4
    figure = plots.panel(faces, maps, ["happy", "surprise", "angry"])
    assert len(figure.axes) == 3 * 4 + 1  # and one bar
    assert figure.axes[4].get_ylabel() == "surprise"
    assert figure.axes[-1].get_ylabel().endswith("red raises the class by being brighter")
    for i in range(3):
        (image,) = figure.axes[4 * i + 1].images
        low, high = image.get_clim()
        assert low == -high
        assert f"{high:.2g}" in figure.axes[4 * i + 1].get_xlabel()
        colors = image.to_rgba(maps[i])[..., :3]
        assert (np.ptp(colors, axis=-1) > 0.3).mean() > 0.03  # clearly colored pixels


@pytest.mark.parametrize("n", [0, 2])
def test_dead_maps_and_no_maps_draw(faces, n):
    figure = plots.panel(faces[:n], np.zeros((n, 48, 48)), ["happy", "sad"][:n])
    figure.canvas.draw()


def test_the_last_picture_shows_the_largest_tenth_alone(faces):
    values = np.random.default_rng(2).standard_normal((1, 48, 48))
    (image,) = plots.panel(np.zeros_like(faces[:1]), values, ["sad"]).axes[3].images
    top = np.flatnonzero(np.asarray(image.get_array()) == 0)
    assert set(top) == set(np.argsort(np.abs(values).ravel())[-len(top) :])
    assert len(top) == pytest.approx(230, abs=1)


def test_an_overlay_is_opaque_where_the_map_is_large(faces):
    _, ax = plt.subplots()
    values = np.zeros((48, 48))
    values[3, 4] = -2
    plots.overlay(ax, faces[0], values)
    alpha = ax.images[1].get_alpha()
    assert alpha[3, 4] == alpha.max() > 0
    assert alpha.sum() == alpha[3, 4]


def test_means_leave_out_classes_without_a_face():
    heats = np.full((7, 48, 48), np.nan)
    heats[3] = 0.5
    figure = plots.means(heats * 255, heats, {name: 50 * (name == "happy") for name in EXPRESSIONS})
    figure.canvas.draw()
    assert sum(bool(ax.images) for ax in figure.axes[:14]) == 2
    assert figure.axes[7].get_xlabel() == "no face"


def test_an_explanation_shows_bars_and_every_map(faces):
    maps = {name: np.full((48, 48), i) for i, name in enumerate(METHODS)}
    figure = plots.explanation(Explanation(faces[0], np.eye(7)[3], 3, maps))
    figure.canvas.draw()
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0, 0, 0, 1, 0, 0, 0]
    titles = {ax.get_title() for ax in figure.axes}
    assert set(METHODS) <= titles
    assert "red raises happy by being brighter (gradient and SmoothG" in figure.get_suptitle()
    assert "or by being what it is (the others)" in figure.get_suptitle()


def test_densities_print_each_number():
    table = pd.DataFrame([[1.0, np.nan], [2.5, 0.25]], ["happy", "sad"], ["mouth", "eyes"])
    ax = plots.densities(table)
    assert [text.get_text() for text in ax.texts] == ["1.0", "–", "2.5", "0.2"]


def test_regions_have_a_legend_of_all_names():
    ax = plots.regions(np.full((48, 48), 128), fixed_regions(), REGIONS)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(REGIONS)
    patch = ax.get_legend().get_patches()[0]
    assert ax.images[1].get_alpha() == patch.get_alpha()
    np.testing.assert_allclose(ax.images[1].to_rgba([[0.0]])[0, 0, :3], patch.get_facecolor()[:3])


def test_claims_stand_where_their_numbers_say():
    row = {"expression": "happy", "claim": "mouth above eyes", "verdict": HOLDS}
    row |= {"heat": 1.5, "heat low": 1.0, "heat high": 2.0}
    other = row | {"claim": "mouth more than in other classes"}
    ax = plots.claims(pd.DataFrame([row, other]), ["heat"]).axes[0]
    assert ax.collections[1].get_offsets().tolist() == [[1.5, 0], [1.5, 1]]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["happy: mouth above eyes", "happy: mouth"]
    (legend,) = ax.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [HOLDS, FALLS, OPEN]


def test_the_patch_covers_the_first_face_where_that_costs_its_class_most():
    images, maps = np.full((2, 48, 48), 9, np.uint8), np.zeros((2, 48, 48))
    logits = np.zeros((2, 3, 3, 7))
    logits[0, 2, 1, 4], logits[1, 0, 0, 4] = -2, -3  # of the other face there is more to lose
    bare = np.zeros((2, 7))
    maps[0, 3, 4] = -2.0
    faces = Covered(images, np.array([4, 4]), bare, logits, maps, patch=8, stride=20)
    face, over, bars = plots.covered(faces).axes
    assert over.get_xlabel().replace("\n", " ").endswith("red raises the class by being what it is")
    np.testing.assert_array_equal(over.images[1].get_array(), maps[0])
    grey = np.argwhere(face.images[0].get_array() == 128)
    assert (grey.min(0).tolist(), grey.max(0).tolist()) == ([40, 20], [47, 27])
    widths = [bar.get_width() for bar in bars.patches]
    least = np.exp(-2) / (6 + np.exp(-2))
    np.testing.assert_allclose([widths[4], widths[11]], [least, 1 / 7])
    assert (images == 9).all()


def test_a_turned_unit_shows_every_other_strength_and_its_map():
    at = list(UNITS).index(12)
    frames, now, maps = (np.zeros((1, 18, 11, *rest)) for rest in ((48, 48), (7,), (2, 2)))
    frames[0, at] = np.arange(11)[:, None, None]
    maps[0, at] = frames[0, at, :, :2, :2] / 5
    now[0, at, :, 3], now[0, at, 4, 5] = 0.4, 0.57
    figure = plots.turned(Turned((), frames[0, 0, :1], now[0, 0, :1], frames, now, maps), 12)
    faces, below = figure.axes[:6], figure.axes[6:12]
    assert [ax.get_title() for ax in faces] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [ax.images[0].get_array().max() for ax in faces] == [0, 2, 4, 6, 8, 10]
    assert [ax.get_xlabel() for ax in faces[1:3]] == ["happy, 40 %", "surprise, 57 %"]
    assert [ax.images[0].get_array().max() for ax in below] == [0, 0.4, 0.8, 1.2, 1.6, 2]
    assert {ax.images[0].get_clim() for ax in below} == {(-2, 2)}
    assert figure.axes[-1].get_ylabel().endswith("red raises the class by being brighter")
