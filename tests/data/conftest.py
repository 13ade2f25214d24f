import numpy as np
import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    """No test touches the user's own cache."""
    home = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    return home / "fer-report"


@pytest.fixture
def drawn():
    """(labels, images): 28 images of noise, four of each class."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (28, 48, 48), dtype=np.uint8)
    return np.tile(np.arange(7), 4), images
