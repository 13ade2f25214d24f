import numpy as np
import pandas as pd
import pytest

from fer_lib.questions import history
from fer_lib.training.recipe import Recipe


def course(validation_loss, train_loss=None, accuracy=None, rate=0.0):
    n = len(validation_loss)
    falling = np.linspace(2, 0.5, n)
    return pd.DataFrame(
        {
            "epoch": np.arange(1, n + 1),
            "train_loss": falling if train_loss is None else train_loss,
            "train_accuracy": np.linspace(0.3, 0.9, n),
            "validation_loss": validation_loss,
            "validation_accuracy": np.linspace(0.3, 0.6, n) if accuracy is None else accuracy,
            "learning_rate": np.linspace(1, rate, n),
            "seconds": 1.0,
        }
    )


def test_spread_is_mean_and_sample_deviation_an_epoch():
    runs = [course([2.0, 1.0]), course([1.0, 1.5]), course([3.0, 0.5])]
    table = history.spread(runs)
    losses = np.array([run["validation_loss"] for run in runs])
    np.testing.assert_allclose(table["validation_loss"], losses.mean(0))
    np.testing.assert_allclose(table["validation_loss_std"], losses.std(0, ddof=1))


def test_one_run_has_no_spread():
    table = history.spread([course([2.0, 1.0])])
    assert (table.filter(like="_std") == 0).all(axis=None)


def test_a_rise_while_training_falls_is_overfitting():
    text = history.reading_overfit(course([2.0, 1.0, 1.2, 1.4]))
    assert "lowest at epoch 2" in text
    assert "risen by 40.0 %" in text
    assert "from epoch 3 on" in text


def test_a_wobble_is_not_overfitting():
    assert "hardly" in history.reading_overfit(course([2.0, 1.0, 1.02]))
    assert "hardly" in history.reading_overfit(course([2.0, 1.0, 1.4], [2.0, 1.0, 1.5]))
    assert "no sign" in history.reading_overfit(course([2.0, 1.5, 1.0]))


def test_the_gap_is_in_points_and_nats():
    text = history.reading_gap(course([2.0, 0.75]))
    assert "30.0 points ahead" in text
    assert "0.250 nats above" in text
    behind = history.reading_gap(course([2.0, 0.25], accuracy=[0.5, 0.95]))
    assert "5.0 points behind" in behind
    assert "0.250 nats below" in behind


def test_another_epoch_is_read_from_the_last_third():
    accuracy = [0.1, 0.2, 0.3, 0.4, 0.41, 0.43]
    text = history.reading_next(course(np.linspace(2, 1, 6), accuracy=accuracy, rate=0.5))
    assert "last 2 epochs" in text
    assert "+1.50 points an epoch (+1.00 to +2.00)" in text
    assert "as much" in text
    assert "new run" in history.reading_next(course(np.linspace(2, 1, 6), accuracy=accuracy))


UNVALIDATED = course([np.nan] * 5, accuracy=[np.nan] * 5)


@pytest.mark.parametrize("odd", [course([1.0]), UNVALIDATED, course([1.0, 0.9]), course([0.0] * 5)])
def test_odd_histories_give_words_without_nan(odd):
    words = [f(odd) for f in (history.answer, history.reading_gap, history.reading_next)]
    text = " ".join(words) + history.shown(odd).to_string()
    assert "nan" not in text.lower()
    assert "inf " not in text


def test_schedule_is_the_histories_learning_rate():
    recipe = Recipe(epochs=10)
    schedule = history.schedule(recipe).set_index("epoch")["rate"]
    assert schedule[0] == schedule[10] == 0
    assert schedule.max() == recipe.learning_rate == schedule[10 * recipe.warmup]


def curve(before, last, faces=(1000, 4000)):
    """A learning curve of two points, each of the accuracies of some seeds."""
    runs = [(n, a) for n, ends in zip(faces, (before, last), strict=True) for a in ends]
    rows = pd.DataFrame(runs, columns=["faces", "accuracy"]).groupby("faces")["accuracy"]
    return rows.agg(seeds="size", mean="mean", std="std").reset_index()


def test_learning_curve_reads_the_last_doubling():
    risen = history.reading_learning_curve(curve([0.49, 0.51], [0.59, 0.61]))
    assert "+5.0 points a doubling: more faces would likely help" in risen
    level = history.reading_learning_curve(curve([0.5, 0.501], [0.503, 0.504]))
    assert "bring little" in level
    fallen = history.reading_learning_curve(curve([0.59, 0.61], [0.49, 0.51]))
    assert "too few for so many faces" in fallen
    assert "no learning curve" in history.reading_learning_curve(curve([0.5], [0.6])[:1])


def test_a_learning_curve_tells_nothing_within_the_spread_of_seeds():
    single = history.reading_learning_curve(curve([0.5], [0.6]))
    assert "can't be told, for one seed each" in single
    # with one degree of freedom Student's t is 12.706, times sqrt(0.02² / 2 · (1 + 1/2))
    unsure = history.reading_learning_curve(curve([0.5], [0.58, 0.6], (1000, 2000)))
    half = 100 * 12.706 * np.sqrt(0.0002 * 1.5)
    assert "+9.0 points a doubling: whether more faces would help can't be told" in unsure
    assert f"{9 - half:+.1f} to {9 + half:+.1f}" in unsure
