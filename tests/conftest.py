"""What tests of several rooms share."""

import sys
from pathlib import Path

import pytest

from fer_lib import loading

sys.path.insert(0, str(Path(__file__).parent))  # for `small` and `tiny`, also in their processes
import tiny
from browsing import browser as browser


@pytest.fixture
def installed(monkeypatch):
    """The tiny network is a model, and the tiny faces are the data."""
    tiny.stand_in(monkeypatch)


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory):
    """The folders of two finished runs of the tiny network, of seeds 0 and 1."""
    with pytest.MonkeyPatch.context() as patch:
        tiny.stand_in(patch)
        runs = tmp_path_factory.mktemp("runs")
        return [loading.load_or_train(tiny.recipe(seed=seed), runs).path for seed in (0, 1)]
