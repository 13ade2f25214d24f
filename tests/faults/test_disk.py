"""A disk that is full, or that cannot be written: a real one of a few kilobytes, mounted here.

What was whole before stays whole, the message says what to do, and with more room (or another
folder) the same call goes on.
"""

import os
import shutil
from pathlib import Path

import pytest
import tiny
import torch
from nbformat.v4 import new_code_cell, new_notebook

from fer_lib import loading
from fer_lib.data import cache
from fer_lib.errors import UserError
from fer_lib.loading import load_faces
from fer_lib.report import pages
from fer_lib.training import checkpoint, fit, manifest

FREE = "free some, then the same command goes on"
ELSEWHERE = "give a folder that you may write to"


@pytest.fixture
def whole(trained):
    return tiny.files(trained.path.parent)


@pytest.mark.parametrize("size", ["60k", "120k", "200k"])
def test_full_while_a_run_is_written(installed, whole, disk, fault, size):
    """In the first checkpoint, in the second, in the third."""
    runs = disk(size)
    with pytest.raises(OSError, match="space") as error:
        loading.load_or_train(tiny.recipe(), runs)
    left = [path for path in runs.rglob("*") if ".tmp" in path.name]
    disk.set("size=10m")
    loading.load_or_train(tiny.recipe(), runs)
    same = tiny.files(runs) == whole
    fault("disk full: checkpoint and run", error.value, FREE, survived=same and not left)


@pytest.mark.parametrize("left", [0, 16, 32])
def test_full_while_a_run_is_finished(installed, whole, disk, fault, monkeypatch, left):
    """Somebody else fills the disk when the last epoch is done: `left` kilobytes are free."""
    runs, finish = disk("1m"), fit.store_run

    def late(*arguments):
        free = shutil.disk_usage(runs).free
        (runs / "theirs").write_bytes(bytes(free - left * 1024))
        finish(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(fit, "store_run", late)
        with pytest.raises(OSError, match="space") as error:
            loading.load_or_train(tiny.recipe(), runs)
    assert not list(runs.glob("*/manifest.json"))
    (runs / "theirs").unlink()
    loading.load_or_train(tiny.recipe(), runs)
    same = tiny.files(runs) == whole
    fault("disk full: checkpoint and run", error.value, FREE, survived=same)


def test_full_while_a_checkpoint_is_written(disk, tmp_path, fault, lost):
    folder = disk("100k")
    checkpoint.write(folder, {"weight": torch.zeros(10_000)}, {"epoch": 1, "step": 0})
    before = lost.before(folder)
    with pytest.raises(OSError, match="space") as error:
        checkpoint.write(folder, {"weight": torch.zeros(20_000)}, {"epoch": 2, "step": 0})
    fault("disk full: checkpoint and run", error.value, FREE, lost(before, folder))
    assert len(list(folder.iterdir())) == 1


def test_full_while_the_cache_is_written(disk, noise, fault, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk("64k")))
    monkeypatch.setattr(cache, "AT_REST", -1)  # a file just written would not be kept
    with pytest.raises(UserError) as error:
        load_faces(str(noise))
    left = list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.safetensors*"))
    disk.set("size=10m")
    faces = load_faces(str(noise))
    fix = "free 100 MB, or set XDG_CACHE_HOME"
    fault("disk full: cache", error.value, fix, survived=len(faces.train) == 35 and not left)


def test_full_while_a_notebook_is_written(disk, tmp_path, fault, lost):
    folder = disk("100k")
    (folder / "page.ipynb").write_text("the last good page")
    before = lost.before(folder)
    cells = [new_code_cell("print('x' * 200_000)", id="wordy")]
    with pytest.raises(OSError, match="space") as error:
        pages.execute(new_notebook(cells=cells), folder / "page.ipynb", {}, tmp_path)
    fault("disk full: notebook", error.value, FREE, lost(before, folder))
    assert len(list(folder.iterdir())) == 1


def test_a_finished_run_is_read_where_nothing_can_be_written(trained, disk, fault, lost):
    runs = disk("10m") / "runs"
    shutil.copytree(trained.path.parent, runs)
    disk.set("ro")
    before = lost.before(runs)
    again = loading.load_or_train(tiny.recipe(), runs)
    read = again.path.parent == runs and len(again.history) == tiny.EPOCHS
    fault("read-only: run folder", lost=lost(before, runs), survived=read)
    with pytest.raises(OSError, match="Read-only") as error:
        loading.load_or_train(tiny.recipe(seed=1), runs)
    fault("read-only: run folder", error.value, ELSEWHERE, lost(before, runs))


def test_a_damaged_run_where_nothing_can_be_written(trained, disk, fault, lost):
    runs = disk("10m") / "runs"
    shutil.copytree(trained.path.parent, runs)
    (runs / trained.path.name / "history.csv").write_text("")
    disk.set("ro")
    before = lost.before(runs)
    with pytest.raises(OSError, match="Read-only") as error:
        loading.load_or_train(tiny.recipe(), runs)
    fault("read-only: run folder", error.value, ELSEWHERE, lost(before, runs))
    assert manifest.verify(runs / trained.path.name)


def test_a_cache_that_cannot_be_written_is_done_without(disk, noise, fault, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk("10m")))
    disk.set("ro")
    faces = load_faces(str(noise))
    noted = any("read anew each time" in note for note in faces.notes)
    fault("read-only: cache", survived=noted and len(faces.train) == 35)


@pytest.mark.slow
def test_the_command_says_that_the_disk_is_full(command, disk, noise, fault, tmp_path):
    """ShallowCNN's weights have 40 MB; then with more room the same command."""
    runs = disk("20m")
    train = ["train", "--data", noise, "--model", "shallow", "--epochs", "1", "--runs", runs]
    done = command(*train)
    disk.set("size=400m")
    again = command(*train)
    survived = done.returncode == 1 and done.stdout == "" and again.returncode == 0
    fault("disk full: checkpoint and run", done.stderr, FREE, survived=survived)
    assert Path(again.stdout.strip(), "weights.safetensors").exists()


@pytest.mark.slow
def test_a_checkout_that_cannot_be_written(command, disk, noise, fault, tmp_path):
    """The library and the pages lie on a read-only disk; what is made goes elsewhere."""
    root = Path(__file__).parents[2]
    checkout = disk("100m") / "a checkout"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("fer_lib", "book"):
        shutil.copytree(root / name, checkout / name, ignore=ignored)
    shutil.copy(root / "_config.yml", checkout)
    disk.set("ro")
    env = {"PYTHONPATH": str(checkout)}
    inside = command("report", "--data", noise, "--epochs", "1", cwd=checkout, env=env)
    fault("read-only: checkout", inside.stderr, ELSEWHERE, survived=inside.returncode == 2)
    outside = ["--model", "shallow", "--runs", tmp_path / "runs"]
    done = command("train", "--data", noise, "--epochs", "1", *outside, cwd=checkout, env=env)
    fault("read-only: checkout", done.stderr, survived=done.returncode == 0)


def test_a_full_standard_output_is_told(command, noise, fault):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = command("data", noise, stdout=full)
    fault("disk full: standard output", done.stderr, FREE, survived=done.returncode == 1)
