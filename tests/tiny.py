"""A network and faces so small that a run takes a second, in this process or in one to be killed.

Children come from a fork server that has imported torch but computed nothing, so that each starts
at once and none inherits a thread pool.
"""

import contextlib
import multiprocessing
import os
import signal
import socket
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from fer_lib import loading
from fer_lib.data.faceset import FaceSet, Split
from fer_lib.networks import models
from fer_lib.training import checkpoint
from fer_lib.training import run as on_disk
from fer_lib.training import train as training
from fer_lib.training.recipe import Recipe

MODEL, WITHOUT_NORM = "tiny", "tiny-without-norm"
EPOCHS, STEPS = 3, 6
DROPOUT = 0.3


def network(classes: int = 7) -> nn.Module:
    features = nn.Sequential(
        *models.convolution(1, 8, 3),
        nn.MaxPool2d(4),
        nn.Dropout(DROPOUT),
        *models.convolution(8, 16, 3),
        nn.MaxPool2d(4),  # (N, 16, 3, 3)
    )
    head = nn.Sequential(
        nn.Flatten(), nn.Linear(144, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, classes)
    )
    return models.Network(features, head)


def without_norm(classes: int = 7) -> nn.Module:
    """What several processes compute as one does: each norm on a CPU sees its own faces alone."""
    return models.Network(
        nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(8)),
        nn.Sequential(nn.Flatten(), nn.Linear(8 * 25, classes)),
    )


def faces(train: int = 16 * STEPS, validation: int = 40) -> FaceSet:
    """Blobs whose place tells the class."""
    generator = np.random.default_rng(0)

    def split(n: int) -> Split:
        labels = np.arange(n) % 7
        images = generator.integers(0, 120, (n, 48, 48), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[6 * label : 6 * label + 8, 12:36] += 110
        return Split(images, labels)

    return FaceSet("tiny", split(train), split(validation))


def stand_in(patch) -> None:
    """Make `tiny` a model and a data set, until the monkeypatch is undone."""
    patch.setitem(models.NETWORKS, MODEL, network)
    patch.setattr(loading, "load_faces", lambda *_: faces())


def install() -> None:
    """Make `tiny` a model and a data set; a checkpoint is due after every second step."""
    torch.set_num_threads(1)
    models.NETWORKS[MODEL], models.NETWORKS[WITHOUT_NORM] = network, without_norm
    loading.load_faces = lambda *_: faces()
    training.AGREE, training.CHECKPOINT_MINUTES = 2, 0.0


def recipe(**choices) -> Recipe:
    defaults = {"data": "tiny", "model": MODEL, "epochs": EPOCHS, "batch_size": 16}
    return Recipe(**(defaults | {"precision": "fp32"} | choices))


def train(runs: Path, choices: dict, kill: tuple[str, int] | None = None) -> None:
    """Train in this process; `kill` ends it with SIGKILL in the n-th "step" or "checkpoint"."""
    install()
    if kill:
        KILLS[kill[0]](kill[1])
    loading.load_or_train(recipe(**choices), runs)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _in_step(count: int) -> None:
    """Die with the gradients computed and the weights as before."""
    calls = iter(range(1, 10_000))
    mixed_loss = training.mixed_loss

    def fatal(*arguments):
        loss = mixed_loss(*arguments)
        if next(calls) == count:
            loss.backward()
            _die()
        return loss

    training.mixed_loss = fatal


def _in_checkpoint(count: int) -> None:
    """Die with half a checkpoint's bytes on the disk."""
    calls = iter(range(1, 10_000))
    atomic_write = checkpoint.atomic_write

    @contextlib.contextmanager
    def fatal(path):
        with atomic_write(path) as temporary:
            yield temporary
            if next(calls) == count:
                os.truncate(temporary, temporary.stat().st_size // 2)
                _die()

    checkpoint.atomic_write = fatal


def _after_epoch(count: int) -> None:
    """Die between an epoch's row of the history and its checkpoint."""
    calls = iter(range(1, 10_000))
    close_epoch = training.Training.close_epoch

    def fatal(self):
        close_epoch(self)
        if next(calls) == count:
            _die()

    training.Training.close_epoch = fatal


def _in_finish(count: int) -> None:
    """Die with all written but the manifest."""
    del count
    on_disk.write_manifest = lambda *_: _die()


def _in_fit(count: int) -> None:
    """Die when there is anything to train."""
    del count
    training.Training.fit = lambda self, save: _die()


KILLS = {
    "fit": _in_fit,
    "step": _in_step,
    "checkpoint": _in_checkpoint,
    "epoch": _after_epoch,
    "finish": _in_finish,
}


def member(rank: int, size: int, port: int, dropout: float, *arguments) -> None:
    """`train(*arguments)` as one of `size` processes, as torchrun would start it."""
    global DROPOUT
    DROPOUT = dropout
    be(rank, size, port)
    train(*arguments)


def be(rank: int, size: int, port: int) -> None:
    """Set the environment that torchrun sets."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def job(size: int, dropout: float, *arguments) -> list[multiprocessing.Process]:
    """`train(*arguments)` in `size` processes that know of each other, started."""
    port = free_port()
    return [process(rank, size, port, dropout, *arguments, run=member) for rank in range(size)]


def process(*arguments, run=train) -> multiprocessing.Process:
    """`run(*arguments)` in a process of its own, started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch._dynamo", "pandas", "tiny"])
    child = context.Process(target=run, args=arguments)
    child.start()
    return child


def history(runs: Path) -> pd.DataFrame:
    """All but the seconds."""
    (path,) = runs.glob("*/history.csv")
    return pd.read_csv(path).drop(columns="seconds")


def files(runs: Path) -> dict[str, bytes]:
    """What a finished run's folder promises to be equal: all but the seconds."""
    (folder,) = [path.parent for path in runs.glob("*/manifest.json")]
    rows = (folder / "history.csv").read_text().splitlines()
    history = "\n".join(row.rsplit(",", 1)[0] for row in rows).encode()
    names = ("weights.safetensors", "predictions.npz", "recipe.json")
    left = sorted(path.name for path in folder.iterdir())
    return {name: (folder / name).read_bytes() for name in names} | {
        "history.csv": history,
        "names": "\n".join(left).encode(),
    }
