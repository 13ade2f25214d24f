import matplotlib.pyplot as plt
import numpy as np
import pytest

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.plots import style


def test_every_expression_has_a_colour_of_its_own():
    assert tuple(style.EXPRESSION_COLORS) == EXPRESSIONS
    assert len(set(style.EXPRESSION_COLORS.values())) == len(EXPRESSIONS)


def test_use_sets_an_opaque_white_page():
    with plt.rc_context():
        style.use()
        figure, _ = plt.subplots()
        assert figure.get_facecolor() == (1, 1, 1, 1)
        assert figure.dpi == 192
        assert figure.get_constrained_layout()


def test_a_face_is_shown_on_the_whole_grey_scale():
    _, ax = plt.subplots()
    style.face(ax, np.full((48, 48), 100, np.uint8))  # a flat image must not be stretched
    assert ax.images[0].get_clim() == (0, 255)
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 7)])
def test_a_grid_has_axes_in_rows_and_columns(rows, columns):
    _, axes = style.grid(rows, columns, columns, rows)
    assert axes.shape == (rows, columns)


def test_every_class_has_a_color():
    assert style.colors(EXPRESSIONS) == style.EXPRESSION_COLORS
    eight = style.colors([*EXPRESSIONS, "contempt"])
    assert eight == style.EXPRESSION_COLORS | {"contempt": "#000000"}
    many = style.colors([f"c{i}" for i in range(30)])
    assert len(many) == 30
    assert len({*list(many.values())[:14]}) == 14


def test_the_limit_of_a_map_is_that_of_the_places_that_it_has():
    values = np.linspace(-1, 1, 201)
    limit = style.map_limit(values)
    assert (
        style.map_limit(np.append(values, [np.nan, np.inf]))
        == limit
        == pytest.approx(0.99, abs=0.02)
    )
    assert style.map_limit(np.full(3, np.nan)) == style.map_limit(np.zeros(3)) == 1.0
