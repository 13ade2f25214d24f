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
