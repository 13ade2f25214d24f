from pathlib import Path

import pytest

from fer_lib import store
from fer_lib.errors import UserError
from fer_lib.questions.confusion import accuracy, matrix
from fer_lib.training.run import PRETRAINED, load

RESULTS = Path(__file__).parents[2] / "book" / "results"
LARGEST = 4_000_000  # bytes that a network may add to the repository


@pytest.mark.parametrize("name", PRETRAINED)
def test_it_is_whole_and_small_and_tells_no_path(name):
    found = load(name)  # compares each hash
    files = list(found.path.iterdir())
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert "README.md" in {path.name for path in files}
    assert "/" not in found.recipe.data


@pytest.mark.parametrize("name", PRETRAINED)
def test_it_is_the_run_of_the_book_but_for_rounding(name):
    found = load(name)
    choices, seed = store.recipe_choices(found.recipe), found.recipe.seed
    (stored,) = [r for r in store.read_results(RESULTS) if (r.choices, r.seed) == (choices, seed)]
    m = matrix(found.predictions.labels, found.predictions.probabilities)
    assert float(accuracy(m)) == pytest.approx(float(accuracy(stored.matrix)), abs=0.002)
    assert (m.sum(1) == stored.matrix.sum(1)).all()


def test_a_folder_of_that_name_goes_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compact").mkdir()
    with pytest.raises(UserError, match="no finished run in compact"):
        load("compact")


def test_another_name_is_a_folder():
    with pytest.raises(UserError, match="no finished run in runs/compact"):
        load("runs/compact")
    with pytest.raises(UserError, match="no finished run in compcat"):
        load("compcat")
