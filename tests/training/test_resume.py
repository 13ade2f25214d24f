"""Killed anywhere and started again, a run ends with the bytes of one that was never stopped."""

import random
import signal

import pytest
import tiny

CHOICES = {"ema": 0.9, "erase": 0.5, "mixup": 0.2}  # every part that has a state or a draw


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    runs = tmp_path_factory.mktemp("whole")
    child = tiny.process(runs, CHOICES)
    child.join()
    assert child.exitcode == 0
    return tiny.files(runs)


def killed(runs, kill, choices=CHOICES) -> None:
    child = tiny.process(runs, choices, kill)
    child.join()
    assert child.exitcode == -signal.SIGKILL


def finished(runs, choices=CHOICES):
    child = tiny.process(runs, choices)
    child.join()
    assert child.exitcode == 0
    return tiny.files(runs)


@pytest.mark.parametrize(
    "kills",
    [
        [("step", 9)],  # in the second epoch, with a checkpoint inside it
        [("checkpoint", 5)],
        [("epoch", 2)],
        [("step", 2), ("checkpoint", 3), ("step", 5), ("finish", 1)],  # again and again
    ],
)
def test_killed_and_resumed_gives_the_same_bytes(whole, tmp_path, kills):
    for kill in kills:
        killed(tmp_path, kill)
    assert finished(tmp_path) == whole


@pytest.mark.parametrize("optimizer", ["sgd", "muon"])
def test_the_others_go_on_as_adamw_does(tmp_path, optimizer):
    choices = {"optimizer": optimizer}
    killed(tmp_path / "broken", ("step", 9), choices)
    assert finished(tmp_path / "broken", choices) == finished(tmp_path / "whole", choices)


@pytest.mark.slow
def test_killed_at_random_points(whole, tmp_path):
    chance = random.Random(0)
    for round_ in range(20):
        runs = tmp_path / str(round_)
        for _ in range(chance.randint(1, 3)):
            kind = chance.choice(["step", "checkpoint", "epoch"])
            killed(runs, (kind, chance.randint(1, 2 if kind == "epoch" else 5)))
        assert finished(runs) == whole


@pytest.mark.slow
def test_killed_by_the_clock(whole, tmp_path):
    chance = random.Random(1)
    for round_ in range(10):
        runs = tmp_path / str(round_)
        child = tiny.process(runs, CHOICES)
        child.join(chance.uniform(0.05, 1.5))
        child.kill()
        child.join()
        assert finished(runs) == whole
