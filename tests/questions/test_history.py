import numpy as np
import pandas as pd

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
    verdict, epoch, rise = history.overfitting(course([2.0, 1.0, 1.2, 1.39, 1.6]))
    assert (verdict, epoch) == ("yes", 2)
    np.testing.assert_allclose(rise, 0.6)
    assert history.overfitting(course([2.0, 1.0, 1.01, 1.019, 1.03])).verdict == "mild"


def test_a_wobble_is_not_overfitting():
    assert history.overfitting(course([2.0, 1.0, 1.4])).verdict == "hardly"  # one step is no trend
    assert history.overfitting(course([2.0, 1.0, 1.4, 1.05, 1.5, 1.1])).verdict == "hardly"
    assert history.overfitting(course([2.0, 1.0, 1.4], [2.0, 1.0, 1.5])).verdict == "hardly"
    assert history.overfitting(course([2.0, 1.5, 1.0])).verdict == "no"
    assert history.overfitting(course([1.0])).verdict == "unknown"


def test_the_last_third_of_the_epochs_is_taken():
    accuracy = [0.1, 0.2, 0.3, 0.4, 0.41, 0.43]
    changes = history.last_changes(course(np.ones(6), accuracy=accuracy))
    np.testing.assert_allclose(changes, [0.01, 0.02])
    assert len(history.last_changes(course(np.ones(3)))) == 0


def test_schedule_is_the_histories_learning_rate():
    recipe = Recipe(epochs=10)
    schedule = history.schedule(recipe).set_index("epoch")["rate"]
    assert schedule[0] == schedule[10] == 0
    assert schedule.max() == recipe.peak_learning_rate == schedule[10 * recipe.warmup]


def test_seeds_are_compared_by_the_difference_of_two():
    two = history.difference_of_two(np.array([0.76, 0.78, 0.80]))
    np.testing.assert_allclose(two, 4.3027 * np.sqrt(2) * 0.02, rtol=1e-4)  # t, from a table
