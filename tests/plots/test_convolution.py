"""The figure's artists against the formula, and against a brute count."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from fer_lib.networks.shapes import conv_output, unreached
from fer_lib.plots import convolution

mpl.use("Agg")

SETTINGS = st.tuples(
    st.integers(1, 14), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)
)


def draw(setting):
    return convolution.row(Figure().subplots(), *setting)


def marked(ax, gid):
    return [patch for patch in ax.patches if patch.get_gid() == gid]


def fits(setting):
    size, kernel, _, padding, dilation = setting
    return dilation * (kernel - 1) + 1 <= size + 2 * padding


@settings(max_examples=60, deadline=None, derandomize=True)
@given(SETTINGS.filter(fits))
def test_hatched_pixels_are_the_remainder_and_the_gaps(setting):
    size, kernel, stride, padding, dilation = setting
    ax = draw(setting)
    hatched = [patch.get_x() for patch in ax.patches if patch.get_hatch()]
    assert hatched == unreached(*setting)
    if dilation == 1:
        remainder = (size + 2 * padding - kernel) % stride
        gaps = (conv_output(*setting) - 1) * max(stride - kernel, 0)
        assert len(hatched) == remainder + gaps


@settings(max_examples=30, deadline=None, derandomize=True)
@given(SETTINGS.filter(fits))
def test_a_window_an_output_each_in_its_place_and_none_upon_another(setting):
    size, _, stride, padding, _ = setting
    ax = draw(setting)
    boxes = marked(ax, "window")
    assert [window.get_x() for window in boxes] == [
        n * stride for n in range(conv_output(*setting))
    ]
    assert all(window.get_x() + window.get_width() <= size + 2 * padding for window in boxes)
    (following,) = marked(ax, "next")
    assert following.get_x() + following.get_width() > size + 2 * padding
    lines = {}
    for box in (*boxes, following):
        assert box.get_x() >= lines.get(box.get_y(), 0)
        lines[box.get_y()] = box.get_x() + box.get_width()


def test_pixels_are_numbered_from_the_first_after_the_padding():
    texts = [(text.get_text(), text.get_position()[0]) for text in draw((5, 3, 1, 2, 1)).texts]
    assert texts[:5] == [("0", 2.5), ("1", 3.5), ("2", 4.5), ("3", 5.5), ("4", 6.5)]
    assert [number for number, _ in texts[5:]] == ["0", "1", "2", "3", "4", "5", "6", ""]


def test_the_title_is_the_formula_worked_out():
    assert draw((11, 4, 3, 1, 1)).get_title("left") == "n = ⌊(11 + 2·1 − 4) / 3⌋ + 1 = 4"
    assert "− 2·(3 − 1) − 1) / 4" in draw((12, 3, 4, 1, 2)).get_title("left")


def test_rows_stacks_settings_with_or_without_dilation():
    figure = convolution.rows((9, 3, 2, 0), (12, 3, 4, 1, 2))
    assert [ax.get_title("left")[-3:] for ax in figure.axes] == ["= 4", "= 3"]


def test_a_setting_without_output_is_refused_before_anything_is_drawn():
    ax = Figure().subplots()
    with pytest.raises(ValueError, match="allowed is a size of at least 5"):
        convolution.row(ax, 4, 5)
    with pytest.raises(ValueError, match="allowed is a size of at least 5"):
        convolution.rows((4, 5, 1, 0))
    assert not ax.patches
    assert plt.get_fignums() == []
