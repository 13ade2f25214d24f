import re
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file

from fer_lib import loading
from fer_lib.errors import UserError
from fer_lib.formatting import percent
from fer_lib.report.model_card import release
from fer_lib.studies import calibration
from fer_lib.training import run


@pytest.fixture
def given(two_runs, installed):
    """A finished run whose faces came from somebody's home."""
    found = run.load(two_runs[0])
    return run.Run(found.path, replace(found.recipe, data="/home/me/tiny.zip"))


def test_a_release_is_a_run_in_half_precision_that_says_nearly_the_same(given, tmp_path):
    again = run.load(release(given, tiny.faces(), tmp_path / "new" / "mine"))
    weights = load_file(again.path / "weights.safetensors")
    assert {v.dtype for v in weights.values()} == {torch.float16, torch.int64}
    assert again.history.equals(given.history)
    said = again.predictions.probabilities
    images = tiny.faces().validation.images
    np.testing.assert_allclose(said, again.predict(images), atol=1e-6)
    np.testing.assert_allclose(said, given.predictions.probabilities, atol=0.01)
    assert (said != given.predictions.probabilities).any()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_the_path_to_the_faces_stays_behind(given, tmp_path):
    folder = release(given, tiny.faces(), tmp_path / "mine")
    assert run.load(folder).recipe.data == "tiny.zip"
    assert not any(b"/home/me" in path.read_bytes() for path in folder.iterdir())


def test_a_teacher_is_named_and_its_path_stays_behind(given, tmp_path):
    taught = replace(given.recipe, teachers=("/home/me/runs/first",))
    folder = release(run.Run(given.path, taught), tiny.faces(), tmp_path / "mine")
    assert "96 faces and the answers of 1 teacher (first): 3" in (folder / "README.md").read_text()
    assert run.load(folder).recipe.teachers == ("first",)
    assert not any(b"/home/me" in path.read_bytes() for path in folder.iterdir())


def test_the_card_tells_what_the_weights_reach_and_what_they_are_not_for(given, tmp_path):
    folder = release(given, tiny.faces(), tmp_path / "mine")
    card = (folder / "README.md").read_text()
    found = run.load(folder).predictions
    right = np.mean(found.probabilities.argmax(1) == found.labels)
    assert f"{100 * right:.1f} %" in card
    assert f"{sum(p.numel() for p in tiny.network().parameters()):,} parameters" in card
    assert "96 faces: 3 epochs" in card
    assert "Not for use on people" in card
    ten = run.load(folder).predict(tiny.faces().validation.images, ten_views=True)
    error = calibration.reliability(found.labels, ten).error
    assert f"its calibration error is {percent(error)}" in card


OWN = """
from torch import nn
class Own(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(576, 7))
def small():
    return Own()
"""


def test_an_own_network_goes_along_without_its_path(installed, tmp_path):
    home = tmp_path / "ada"
    home.mkdir()
    (home / "own.py").write_text(OWN)
    recipe = tiny.recipe(epochs=1, model=f"{home / 'own.py'}:small")
    folder = release(loading.load_or_train(recipe, tmp_path / "runs"), tiny.faces(), tmp_path / "x")
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in folder.iterdir())
    card = (folder / "README.md").read_text()
    assert "- Own of `own.py`, 4,079 parameters" in card
    assert "fer_lib" not in card
    for command in re.findall("fer-lib .*", card):
        assert "FOLDER --model FOLDER/own.py:small" in command
    with pytest.raises(UserError, match=r"give --model own\.py:small"):
        run.load(folder)
    (home / "own.py").unlink()
    again = run.load(folder, f"{folder / 'own.py'}:small")
    said = again.predict(tiny.faces().validation.images)
    np.testing.assert_allclose(said, again.predictions.probabilities, atol=1e-6)


def test_nothing_is_written_over(given, tmp_path):
    there = tmp_path / "thesis.txt"
    there.write_text("mine")
    with pytest.raises(UserError, match="there already"):
        release(given, tiny.faces(), there)
    assert there.read_text() == "mine"
