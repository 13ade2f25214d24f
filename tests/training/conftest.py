import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `tiny`, also in the processes that it starts
import tiny

from fer_lib.networks import models
from fer_lib.training import run


@pytest.fixture
def installed(monkeypatch):
    """The tiny network is a model, and the tiny faces are the data."""
    monkeypatch.setitem(models.NETWORKS, tiny.MODEL, tiny.network)
    monkeypatch.setattr(run, "load_faces", lambda data: tiny.faces())


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A finished run of the tiny network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models.NETWORKS, tiny.MODEL, tiny.network)
        patch.setattr(run, "load_faces", lambda data: tiny.faces())
        return run.load_or_train(tiny.recipe(), tmp_path_factory.mktemp("runs"))
