import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.errors import UserError
from fer_lib.plots import confusion as plots
from fer_lib.plots.style import EXPRESSION_COLORS
from fer_lib.questions import confusion

NOTHING = np.zeros((7, 7), int)
UNEVEN = np.arange(49).reshape(7, 7)


@pytest.fixture
def ax():
    return plt.subplots()[1]


def test_the_matrix_has_one_scale_and_every_number(ax):
    plots.matrix(ax, UNEVEN)
    (mesh,) = ax.collections
    assert mesh.get_clim() == (0, 1)
    np.testing.assert_allclose(mesh.get_array(), UNEVEN / UNEVEN.sum(1, keepdims=True))
    percents, counts = zip(*(text.get_text().split("\n") for text in ax.texts), strict=True)
    assert counts == tuple(f"({n})" for n in range(49))
    assert percents[-1] == f"{100 * 48 / UNEVEN[6].sum():.0f}"
    for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert tuple(t.get_text() for t in ticks) == EXPRESSIONS
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "labelled")


def test_numbers_stay_readable_on_dark_cells(ax):
    plots.matrix(ax, np.eye(7, dtype=int))
    assert to_rgb(ax.texts[0].get_color()) == (1, 1, 1)
    assert sum(to_rgb(ax.texts[1].get_color())) < 1


def test_a_class_without_faces_has_dashes(ax):
    plots.matrix(ax, NOTHING)
    assert {text.get_text() for text in ax.texts} == {"–\n(0)"}


def test_recall_and_precision_have_a_colour_a_class_and_their_intervals():
    table = confusion.by_class(UNEVEN)
    recall, precision = plots.by_class(table).axes
    assert [t.get_text() for t in recall.get_yticklabels()] == list(EXPRESSIONS)
    span, point = recall.lines[6:8]  # happy is the fourth
    assert to_hex(point.get_color()) == EXPRESSION_COLORS["happy"].lower()
    row = table.loc[3]
    assert list(span.get_xdata()) == [row["recall_low"], row["recall_high"]]
    assert list(point.get_xdata()) == [row["recall"]]
    assert precision.lines[7].get_xdata()[0] == row["precision"]


def test_mistakes_carry_label_and_prediction():
    probabilities = np.full((2, 7), 0.05)
    probabilities[:, 3] = 0.7
    table = confusion.confident_mistakes(np.array([3, 2]), probabilities)
    figure = plots.mistakes(np.zeros((2, 48, 48), np.uint8), table)
    assert len([ax for ax in figure.axes if ax.images]) == 1
    assert (figure.axes[0].get_title(), figure.axes[0].get_xlabel()) == ("fear", "happy 70%")


def test_the_recall_of_a_claim_is_marked():
    ax = plots.by_class(confusion.by_class(UNEVEN), mark=0.6).axes[0]
    assert list(ax.lines[-1].get_xdata()) == [0.6, 0.6]
    assert ax.texts[0].get_text() == " 60%"


def test_nothing_can_be_drawn():
    plots.by_class(confusion.by_class(NOTHING)).canvas.draw()


def test_other_classes_have_their_names_and_colors(ax):
    names = ["grin", "happy", "gasp"]
    plots.matrix(ax, np.eye(3, dtype=int), names)
    assert [t.get_text() for t in ax.get_xticklabels()] == names
    with pytest.raises(UserError, match="3 classes and 7 names"):
        plots.matrix(ax, np.eye(3, dtype=int))
    recall = plots.by_class(confusion.by_class(np.eye(3, dtype=int), names)).axes[0]
    colors = [to_hex(line.get_color()) for line in recall.lines[1::2]]
    assert colors[1] == EXPRESSION_COLORS["happy"].lower()
    assert len(set(colors)) == 3
