"""Several processes train one network, and two that were killed go on as two that were not."""

import signal

import pytest
import tiny
import torch
from safetensors.torch import load_file

from fer_lib.errors import UserError
from fer_lib.training.acceleration.engine import accelerated

PLAIN = {"flip": False, "shift": 0.0, "rotate": 0.0, "scale": 0.0, "light": 0.0}
# AdamW makes a step of a rounding near 0; long steps carry one over a kink of ReLU or of pooling
SGD = {"optimizer": "sgd", "learning_rate": 0.002, "batch_size": 32}


def weights(runs):
    (path,) = runs.glob("*/weights.safetensors")
    return load_file(path)


def done(children):
    for child in children:
        child.join(120)  # the other of one that failed waits half an hour for it
    return [child.exitcode for child in children]


@pytest.mark.parametrize("others", [PLAIN, {"erase": 0.5, "mixup": 0.2, "ema": 0.5}])
def test_two_processes_equal_one_where_nothing_normalises(tmp_path, others):
    choices = SGD | others | {"model": tiny.WITHOUT_NORM}
    one = tiny.job(1, 0.0, tmp_path / "one", choices)
    two = tiny.job(2, 0.0, tmp_path / "two", choices)
    assert done(one + two) == [0, 0, 0]
    ours, theirs = weights(tmp_path / "one"), weights(tmp_path / "two")
    for name, value in ours.items():
        torch.testing.assert_close(
            theirs[name], value, rtol=1e-4, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert tiny.history(tmp_path / "one").to_numpy() == pytest.approx(
        tiny.history(tmp_path / "two").to_numpy(), abs=1e-4
    )


def test_two_processes_learn_as_well_as_one(tmp_path):
    one = tiny.job(1, 0.0, tmp_path / "one", SGD | PLAIN)
    two = tiny.job(2, 0.0, tmp_path / "two", SGD | PLAIN)
    assert done(one + two) == [0, 0, 0]
    losses = [tiny.history(tmp_path / name)["train_loss"].iloc[-1] for name in ("one", "two")]
    assert losses[1] == pytest.approx(losses[0], abs=0.2)


@pytest.mark.parametrize(
    "environment",
    [{"WORLD_SIZE": "x"}, {"WORLD_SIZE": "0"}, {"WORLD_SIZE": "2"}, {"RANK": "1"}],
)
def test_a_job_that_is_none_is_refused(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="unset"), accelerated():
        pass


def test_a_job_that_lost_a_process_goes_on_to_the_same_bytes(tmp_path):
    assert done(tiny.job(2, 0.3, tmp_path / "whole", {})) == [0, 0]
    children = tiny.job(2, 0.3, tmp_path / "broken", {}, ("step", 9))
    assert done(children) == [-signal.SIGKILL] * 2
    assert done(tiny.job(2, 0.3, tmp_path / "broken", {})) == [0, 0]
    assert tiny.files(tmp_path / "broken") == tiny.files(tmp_path / "whole")
