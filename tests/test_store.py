"""Oracle: what was written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fer_lib import store
from fer_lib.data.faceset import FaceSet, Split
from fer_lib.questions import history
from fer_lib.report.export import result_of
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
    result = result_of(run, run.faces)
    choices = result.choices | {"epochs": epochs}
    return replace(result, seed=seed, share=share, choices=choices, **changes)


def test_what_is_written_is_read(run, tmp_path):
    stored = result_of(run, run.faces)
    path = store.write_result(stored, tmp_path)
    assert path.name.startswith("run-embedded-deep-4-1-0-")
    (found,) = store.read_results(tmp_path)
    assert found.choices == stored.choices
    np.testing.assert_array_equal(found.matrix, np.eye(7))
    pd.testing.assert_frame_equal(found.history, stored.history.round(6))


def test_recipes_that_differ_in_one_choice_are_kept_apart(run, tmp_path):
    stored = result_of(run, run.faces)
    lighter = replace(stored, choices=stored.choices | {"light": 0.0})
    paths = {store.write_result(result, tmp_path) for result in (stored, lighter, stored)}
    assert len(paths) == 2
    (again,) = (r for r in store.read_results(tmp_path) if r.choices == stored.choices)
    assert again.stem == stored.stem


def test_what_is_written_names_no_path_and_no_time(run, tmp_path):
    far = Run(run.path, replace(run.recipe, data="/home/someone/fer2013.zip"))
    far.__dict__.update(run.__dict__ | {"recipe": far.recipe})
    text = store.write_result(result_of(far, run.faces), tmp_path).read_text()
    assert "/home" not in text
    assert "seconds" not in text
    assert '"data": "fer2013"' in text


def test_a_student_s_result_names_its_teachers_without_their_path(run, tmp_path):
    student = Run(run.path, replace(run.recipe, teachers=("/home/someone/runs/wide",)))
    student.__dict__.update(run.__dict__ | {"recipe": student.recipe})
    assert result_of(student, run.faces).choices["teachers"] == ["wide"]
    store.write_result(result_of(student, run.faces), tmp_path)
    (again,) = store.read_results(tmp_path)
    assert again.choices == result_of(student, run.faces).choices
    assert again.stem != result_of(run, run.faces).stem


def test_what_a_run_says_comes_back_to_four_digits(run, tmp_path):
    result = result_of(run, run.faces)
    with np.load(store.write_predictions(run.predictions, result, tmp_path)) as stored:
        assert stored["labels"].tolist() == run.predictions.labels.tolist()
        expected = run.predictions.probabilities
        np.testing.assert_allclose(stored["probabilities"], expected, atol=5e-4)


def test_an_own_network_s_result_names_no_path_and_hangs_on_its_text(run, tmp_path):
    net, texts = tmp_path / "net.py", []
    mine = Run(run.path, replace(run.recipe, model=f"{net}:Net"))
    mine.__dict__.update(run.__dict__ | {"recipe": mine.recipe})
    for text in ("Net = 1", "Net = 2"):
        net.write_text(text)
        path = store.write_result(result_of(mine, run.faces), tmp_path)
        assert path.name.startswith("run-embedded-Net-4-")
        texts.append(path.read_text())
    assert str(tmp_path) not in "".join(texts)
    assert texts[0] != texts[1]


def test_an_absent_folder_holds_nothing(tmp_path):
    assert store.read_results(tmp_path / "absent") == []


def test_only_the_same_recipe_on_the_same_faces_is_another_seed(run):
    stored = [
        other(run, seed=2),
        other(run, seed=1),
        other(run, seed=0),  # the run itself, from an earlier day
        other(run, epochs=5),
        other(run, faces="another hash"),
        other(run, share=0.5),
    ]
    mine = result_of(run, run.faces)
    assert [r.seed for r in store.seeds(stored, mine)] == [0, 1, 2]
    assert [r.seed for r in store.seeds([], mine)] == [0]


def test_recipes_come_with_their_seeds_the_most_accurate_first(run):
    worse = np.eye(7) + 1
    stored = [
        other(run, data="fer2013", epochs=2, matrix=worse),
        other(run, data="fer2013", epochs=30, seed=0),
        other(run, data="fer2013", epochs=30, seed=1),
        other(run, data="fer2013", epochs=30, share=0.5),
        other(run),
        other(run, data="fer2013", epochs=30, seed=2, faces="others", matrix=worse + 1),
    ]
    best, rest, others = store.by_recipe(stored, "fer2013")
    assert [r.seed for r in best] == [0, 1]
    assert [r.choices["epochs"] for r in rest] == [2]
    assert [r.seed for r in others] == [2]  # of other faces, so no third seed of the first
    assert store.by_recipe([], "fer2013") == []


def test_a_table_comes_back_and_an_absent_file_is_none(tmp_path):
    path = tmp_path / "a.json"
    assert store.read_tables(path) is None
    table = pd.DataFrame({"method": ["gradient", "Sobel"], "mean": [0.5, float("nan")]})
    store.write_json(path, {"faces": 200, "seeds": [0, 1], "rows": table})
    stored = store.read_tables(path)
    pd.testing.assert_frame_equal(stored["rows"], table)
    assert (stored["faces"], stored["seeds"]) == (200, [0, 1])


def test_a_run_without_a_view_has_none(run, tmp_path):
    assert store.read_view(result_of(run, run.faces), tmp_path) is None
