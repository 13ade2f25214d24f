from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file

from fer_lib.errors import UserError
from fer_lib.report.model_card import release
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


def test_the_card_tells_what_the_weights_reach_and_what_they_are_not_for(given, tmp_path):
    folder = release(given, tiny.faces(), tmp_path / "mine")
    card = (folder / "README.md").read_text()
    found = run.load(folder).predictions
    right = np.mean(found.probabilities.argmax(1) == found.labels)
    assert f"{100 * right:.1f} %" in card
    assert f"{sum(p.numel() for p in tiny.network().parameters()):,} parameters" in card
    assert "96 faces: 3 epochs" in card
    assert "Not for use on people" in card


def test_nothing_is_written_over(given, tmp_path):
    there = tmp_path / "thesis.txt"
    there.write_text("mine")
    with pytest.raises(UserError, match="there already"):
        release(given, tiny.faces(), there)
    assert there.read_text() == "mine"
