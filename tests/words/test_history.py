from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_lib.networks.models import build
from fer_lib.questions.history import Overfitting, overfitting
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run
from fer_lib.words import history as words


def course(validation_loss, accuracy=None, rate=0.0):
    n = len(validation_loss)
    return pd.DataFrame(
        {
            "epoch": np.arange(1, n + 1),
            "train_loss": np.linspace(2, 0.5, n),
            "train_accuracy": np.linspace(0.3, 0.9, n),
            "validation_loss": validation_loss,
            "validation_accuracy": np.linspace(0.3, 0.6, n) if accuracy is None else accuracy,
            "learning_rate": np.linspace(1, rate, n),
        }
    )


def test_each_verdict_on_overfitting_has_its_words():
    text = words.overfitting(Overfitting("yes", 2, 0.4))
    assert "lowest at epoch 2 and 40.0 % higher at the end" in text
    assert text.endswith("from epoch 3 on.")
    assert "hardly" in words.overfitting(Overfitting("hardly", 2, 0.02))
    assert "mild" in words.overfitting(Overfitting("mild", 2, 0.02))
    assert words.overfitting(Overfitting("no", 3)).endswith("no sign of overfitting.")


def test_a_run_too_short_to_overfit_is_held_against_a_longer_one():
    longer = Overfitting("mild", 50, 0.02)
    text = words.overfitting(Overfitting("no", 5), longer)
    assert text.endswith(
        "But 5 epochs could hardly show it: a longer run on FER2013 overfits only from epoch 51 on."
    )
    for result, other in (
        (Overfitting("no", 60), longer),
        (Overfitting("hardly", 2, 0.02), longer),
        (Overfitting("no", 5), Overfitting("no", 60)),
    ):
        assert "could hardly" not in words.overfitting(result, other)


def test_of_an_imported_run_no_end_of_training_is_told():
    assert "was trained elsewhere" in words.end_of_training(course([1.0]).assign(epoch=0))
    assert "elsewhere" not in words.end_of_training(course([1.0]))


def test_the_gap_has_two_sides():
    text = words.training_gap(course([2.0, 0.75]))
    assert "30.0 points above validation's, and validation loss 0.250 above" in text
    text = words.training_gap(course([2.0, 0.25], accuracy=[0.5, 0.95]))
    assert "5.0 points below validation's, and validation loss 0.250 below" in text
    assert "dropout" in text


def test_another_epoch_helps_unless_the_rate_is_zero():
    accuracy = [0.1, 0.2, 0.3, 0.4, 0.41, 0.43]
    text = words.another_epoch(course(np.ones(6), accuracy=accuracy, rate=0.5))
    assert "In the last 2 epochs validation accuracy changed by +1.00 and +2.00 points." in text
    longer = course(np.ones(12), accuracy=[*[0.1] * 8, 0.2, 0.3, 0.31, 0.33])
    assert "by +5.75 points per epoch, at least +1.00 and at most +10.00." in (
        words.another_epoch(longer)
    )
    assert "as much" in text
    assert "new run" in words.another_epoch(course(np.ones(6), accuracy=accuracy))


@pytest.mark.parametrize("odd", [course([1.0]), course([1.0, 0.9]), course([0.0] * 5)])
def test_odd_histories_give_words_without_nan(odd):
    text = words.end_of_training(odd) + words.training_gap(odd) + words.another_epoch(odd)
    text += words.overfitting(overfitting(odd))
    assert "nan" not in text
    assert "inf " not in text


def test_seeds():
    assert "No other seeds" in words.seeds(np.array([0.7]))
    text = words.seeds(np.array([0.76, 0.78, 0.80]))
    assert "is 78.0 % on average; the farthest two differ by 4.0 points" in text
    assert "a difference of up to 12.2 points" in text  # 4.3027 · √2 · 0.02


def run(tmp_path: Path, **facts) -> Run:
    """ShallowCNN, as if trained for a minute on two processes."""
    made = Run(tmp_path, Recipe(model="shallow", epochs=3, flip=False))
    vars(made)["model"] = build("shallow")
    vars(made)["manifest"] = {
        "seconds": 60, "threads": 2, "processes": 2, "precision": "bf16",
        "machine": {"processor": "a processor"}, "versions": {"torch": "2.13"},
    } | facts  # fmt: skip
    return made


def test_the_protocol_names_the_network_that_was_trained(tmp_path):
    text = words.protocol(run(tmp_path), None)
    assert "**Training.** ShallowCNN is trained for 3 epochs" in text
    assert "at its peak, from random weights, seed 0." in text
    assert "ShallowCNN took 1.0 minutes on 4 threads of a processor, in bf16" in text
    assert "mirrored" not in text
    assert "a rare class" not in text
    made = replace(given := run(tmp_path), recipe=replace(given.recipe, class_weights=True))
    vars(made).update({name: vars(given)[name] for name in ("model", "manifest")})
    text = words.protocol(made, None)
    assert "smoothing of 0.1, and a rare class counts as much as a common one. The" in text
    assert "the weights of the last epoch are kept" in text
    grown = Recipe(model="residual", ema=0.9, erase=0.2, mixup=0.2, image_sizes=(32, 48))
    made = replace(given, recipe=grown)
    vars(made).update({name: vars(given)[name] for name in ("model", "manifest")})
    text = words.protocol(made, None)
    assert "a moving average of the weights is kept" in text
    assert (
        "some with a part erased, mixed in pairs, and resized to 32 and 48 pixels in turn" in text
    )
    text = words.protocol(run(tmp_path), Recipe(model="shallow", epochs=8))
    assert "ShallowCNN (questions 4 and 5) for 8 epochs with 0.002, both from random" in text


def test_an_imported_run_has_no_protocol(tmp_path):
    text = words.protocol(run(tmp_path, imported={"file": "w.pt"}), Recipe(model="shallow"))
    assert (
        text == "**Training.** ShallowCNN was trained elsewhere: how and on what is not known here."
    )
