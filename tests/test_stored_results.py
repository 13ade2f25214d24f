from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_lib import stored_results
from fer_lib.data.faceset import FaceSet, Split
from fer_lib.questions import history
from fer_lib.studies.learning_curve import learning_curve, seed_spread
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Predictions, Run

FACES = "a hash"


@pytest.fixture
def run():
    """A run without a folder: what is read from disk is put in place."""
    made = Run(Path("nowhere"), Recipe(epochs=4))
    labels = np.arange(7)
    splits = Split(np.zeros((8, 48, 48), np.uint8), np.zeros(8, np.int64))
    made.__dict__.update(
        history=pd.DataFrame(
            {
                "epoch": [1, 2],
                **{name: [0.1, 1 / 3] for name in history.CURVES},
                "learning_rate": [1e-3, 0.0],
                "seconds": [1.0, 2.0],
            }
        ),
        predictions=Predictions(labels, np.eye(7)),
        manifest={"data": FACES},
        faces=FaceSet("embedded", splits, splits),
    )
    return made


def other(run, seed=1, share=1.0, epochs=4, **changes):
    result = stored_results.of(run, share)
    choices = result.choices | {"epochs": epochs}
    return replace(result, seed=seed, choices=choices, **changes)


def test_what_is_written_is_read(run, tmp_path):
    stored = stored_results.of(run)
    path = stored_results.write(stored, tmp_path / "results")
    assert path.name.startswith("run-embedded-deep-4-1-0-")
    (found,) = stored_results.read(tmp_path / "results")
    assert found.choices == stored.choices
    np.testing.assert_array_equal(found.matrix, np.eye(7))
    pd.testing.assert_frame_equal(found.history, stored.history.round(6))


def test_recipes_that_differ_in_one_choice_are_kept_apart(run, tmp_path):
    stored = stored_results.of(run)
    lighter = replace(stored, choices=stored.choices | {"light": 0.0})
    paths = {stored_results.write(result, tmp_path) for result in (stored, lighter, stored)}
    assert len(paths) == 2
    (again,) = (r for r in stored_results.read(tmp_path) if r.choices == stored.choices)
    assert stored_results.stem(again) == stored_results.stem(stored)


def test_what_is_written_names_no_path_and_no_time(run, tmp_path):
    far = Run(run.path, replace(run.recipe, data="/home/someone/fer2013.zip"))
    far.__dict__.update(run.__dict__ | {"recipe": far.recipe})
    text = stored_results.write(stored_results.of(far), tmp_path).read_text()
    assert "/home" not in text
    assert "seconds" not in text
    assert '"data": "fer2013"' in text


def test_an_absent_folder_holds_nothing(tmp_path):
    assert stored_results.read(tmp_path / "absent") == []


def test_only_the_same_recipe_on_the_same_faces_is_another_seed(run):
    stored = [
        other(run, seed=2),
        other(run, seed=1),
        other(run, seed=0),  # the run itself, from an earlier day
        other(run, epochs=5),
        other(run, faces="another hash"),
        other(run, share=0.5),
    ]
    assert [r.seed for r in stored_results.seeds(stored, run)] == [0, 1, 2]
    assert [r.seed for r in stored_results.seeds([], run)] == [0]
    spread = seed_spread(stored_results.seeds(stored, run))
    assert spread[:3] == pytest.approx((3, 1 / 3, 0))


def test_a_learning_curve_takes_runs_of_as_many_steps(run):
    stored = [
        other(run, seed=0, share=0.5, epochs=8, train_faces=4),
        other(run, seed=0, share=0.25, epochs=4, train_faces=2),  # a quarter of the steps
        other(run, seed=1),
    ]
    curve = learning_curve(stored_results.shares(stored, run))
    assert curve["faces"].tolist() == [4, 8]
    assert curve["seeds"].tolist() == [1, 2]


def test_recipes_are_in_the_order_of_their_accuracy(run):
    worse = np.eye(7) + 1
    stored = [
        other(run, data="fer2013", epochs=2, matrix=worse),
        other(run, data="fer2013", epochs=30, seed=0),
        other(run, data="fer2013", epochs=30, seed=1),
        other(run, data="fer2013", epochs=30, share=0.5),
        other(run),
    ]
    best, rest = stored_results.by_recipe(stored, "fer2013")
    assert [r.seed for r in best] == [0, 1]
    assert [r.choices["epochs"] for r in rest] == [2]
    assert stored_results.by_recipe([], "fer2013") == []
