import shutil
import time

import pytest
import tiny
import torch

from fer_lib import loading
from fer_lib.errors import UserError
from fer_lib.training import checkpoint, fit, run


def test_the_same_recipe_is_loaded_and_another_is_not(installed, trained, monkeypatch):
    monkeypatch.setattr(fit, "_train", lambda *a: pytest.fail("trained again"))
    runs = trained.path.parent
    again = loading.load_or_train(tiny.recipe(), runs)
    assert again.path == trained.path
    assert not again.model.training
    assert loading.load_or_train(tiny.recipe(data="elsewhere"), runs).path == trained.path
    with pytest.raises(pytest.fail.Exception):
        loading.load_or_train(tiny.recipe(seed=2), runs)


def test_a_run_that_went_on_tells_of_each_stretch(installed, tmp_path):
    child = tiny.process(tmp_path, {}, ("step", 9))
    child.join()
    (last,) = tmp_path.glob("tiny-*")
    tensors, facts = checkpoint.latest(last, last.name)
    facts["stretches"][0]["machine"]["processor"] = "another machine"
    checkpoint.write(last, tensors, facts)
    child = tiny.process(tmp_path, {})
    child.join()
    stretches = run.load(last).manifest["stretches"]
    assert [stretch["from"] for stretch in stretches] == [[1, 0], [2, 2]]
    assert stretches[0]["machine"]["processor"] == "another machine"


def test_a_student_is_another_run_than_one_without_a_teacher(installed, trained, tmp_path):
    taught = tiny.recipe(epochs=1, teachers=(str(trained.path),))
    alone = loading.load_or_train(tiny.recipe(epochs=1), tmp_path)
    student = loading.load_or_train(taught, tmp_path)
    assert student.path != alone.path
    assert (student.predictions.probabilities != alone.predictions.probabilities).any()
    assert run.load(student.path).recipe.teachers == (str(trained.path),)
    # the same teacher from elsewhere is the same choice
    moved = shutil.copytree(trained.path, tmp_path / "moved")
    again = loading.load_or_train(tiny.recipe(epochs=1, teachers=(str(moved),)), tmp_path)
    assert again.path == student.path


def test_a_teacher_of_other_faces_is_refused(installed, trained, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "load_faces", lambda *_: tiny.faces(train=80))
    with pytest.raises(UserError, match=r"teacher .* was fitted on other faces than tiny"):
        loading.load_or_train(tiny.recipe(teachers=(str(trained.path),)), tmp_path)


def test_the_global_generator_is_left_as_it_was(installed, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    loading.load_or_train(tiny.recipe(epochs=1), tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_two_processes_do_not_train_the_same_run(tmp_path):
    first = tiny.process(tmp_path, {})
    while not list(tmp_path.glob("*/checkpoint-*")):
        time.sleep(0.01)
    second = tiny.process(tmp_path, {}, ("fit", 1))  # dies if it finds anything to train
    first.join()
    second.join()
    assert (first.exitcode, second.exitcode) == (0, 0)


def test_another_recipe_s_checkpoint_is_refused(installed, tmp_path):
    child = tiny.process(tmp_path, {}, ("epoch", 2))
    child.join()
    theirs = next(tmp_path.glob("*/checkpoint-*"))
    mine = tmp_path / run.run_name(tiny.recipe(seed=1), tiny.faces())
    mine.mkdir()
    shutil.copy(theirs, mine)
    with pytest.raises(UserError, match="another recipe"):
        loading.load_or_train(tiny.recipe(seed=1), tmp_path)


def test_a_teacher_that_cannot_see_the_student_s_sizes_is_refused(installed, trained, tmp_path):
    small = run.Recipe(model="residual", image_sizes=(32,), teachers=(str(trained.path),))
    with pytest.raises(UserError, match="takes faces of 48 pixels alone; give --image-sizes 48"):
        run.teaching_runs(small, tiny.faces())
