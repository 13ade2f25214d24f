"""Two processes train as one does, and two that were killed go on as two that were not."""

import signal

import pytest
import tiny
import torch
from safetensors.torch import load_file

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


@pytest.mark.parametrize(
    "others",
    [
        PLAIN,
        {"erase": 0.5, "mixup": 0.2, "ema": 0.5},
        {"optimizer": "muon"},
        {"batch_size": 16},  # so small that the dense layer's inputs are sent, not its gradient
    ],
)
def test_two_processes_equal_one(tmp_path, others):
    choices = SGD | others
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


def test_a_job_that_lost_a_process_goes_on_to_the_same_bytes(tmp_path):
    assert done(tiny.job(2, 0.3, tmp_path / "whole", {})) == [0, 0]
    children = tiny.job(2, 0.3, tmp_path / "broken", {}, ("step", 9))
    assert done(children) == [-signal.SIGKILL] * 2
    assert done(tiny.job(2, 0.3, tmp_path / "broken", {})) == [0, 0]
    assert tiny.files(tmp_path / "broken") == tiny.files(tmp_path / "whole")
