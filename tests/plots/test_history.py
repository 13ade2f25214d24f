import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from fer_lib.plots import history as plots
from fer_lib.plots.style import TRAINING, VALIDATION
from fer_lib.questions.history import CURVES, schedule, spread
from fer_lib.training.recipe import Recipe


def course(epochs, shift=0.0):
    values = np.linspace(0.2, 0.6, epochs) + shift
    return pd.DataFrame({"epoch": np.arange(1, epochs + 1), **dict.fromkeys(CURVES, values)})


def test_training_and_validation_keep_their_colours_and_values():
    figure = plots.curves(spread([course(4)]), schedule(Recipe(epochs=4)))
    loss, accuracy = figure.axes[:2]
    for ax in (loss, accuracy):
        train, validation, last = ax.lines
        assert (train.get_color(), validation.get_color()) == (TRAINING, VALIDATION)
        np.testing.assert_allclose(train.get_ydata(), course(4)["train_loss"])
        assert last.get_xdata() == [4]  # the last epoch is the one that is kept
        assert not ax.collections  # one run has no band


def test_the_band_is_one_deviation_over_seeds():
    table = spread([course(3), course(3, shift=0.2)])
    ax = plots.curves(table).axes[0]
    band = ax.collections[1]
    assert to_hex(band.get_facecolor()[0]) == VALIDATION.lower()
    half = np.std([0, 0.2], ddof=1)
    ends = band.get_paths()[0].vertices[:, 1]
    assert (ends.min(), ends.max()) == pytest.approx((0.3 - half, 0.7 + half))


def test_one_epoch_is_drawn():
    figure = plots.curves(spread([course(1)]), schedule(Recipe(epochs=1)))
    figure.canvas.draw()
    assert figure.axes[2].get_xlim()[0] == 0


def test_the_learning_rate_stands_under_both_curves():
    figure = plots.curves(spread([course(5)]), schedule(Recipe(epochs=5)))
    for ax in figure.axes[2:]:
        assert ax.get_xlabel() == "epoch"
        top = ax.collections[0].get_paths()[0].vertices[:, 1].max()
        assert top == Recipe().peak_learning_rate


def test_without_a_schedule_there_are_the_two_curves():
    figure = plots.curves(spread([course(4)]))
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), course(4)["train_loss"])
