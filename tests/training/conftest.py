import pytest

from fer_lib.training import run


@pytest.fixture
def trained(installed, two_runs):
    """A finished run of the tiny network."""
    return run.load(two_runs[0])
