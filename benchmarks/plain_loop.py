"""The yardstick: the loop that most FER2013 repositories hold, in fp32 and NCHW.

One face at a time is read, turned, shifted and lit by PIL in a `Dataset`; a `DataLoader` stacks
them; autograd and SGD do the rest. Nothing in it is slow on purpose.

    python benchmarks/plain_loop.py    # its faces a second
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import nn
from torch.utils.data import DataLoader, Dataset

from fer_lib.networks.models import build


class Faces(Dataset):
    """Faces as PIL images, augmented one by one."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(self.images[index])
        if random.random() < 0.5:
            image = ImageOps.mirror(image)
        shift = (random.randint(-4, 4), random.randint(-4, 4))
        image = image.rotate(random.uniform(-10, 10), Image.Resampling.BILINEAR, translate=shift)
        image = ImageEnhance.Brightness(image).enhance(random.uniform(0.7, 1.3))
        image = ImageEnhance.Contrast(image).enhance(random.uniform(0.7, 1.3))
        pixels = torch.from_numpy(np.array(image, dtype=np.float32))[None]
        return (pixels / 255 - 0.5) / 0.5, int(self.labels[index])


def steps(model: nn.Module, images: np.ndarray, labels: np.ndarray, batch: int) -> Iterator[float]:
    """Train for ever, giving back each step's loss."""
    loader = DataLoader(Faces(images, labels), batch, shuffle=True, drop_last=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    criterion = nn.CrossEntropyLoss()
    model.train()
    while True:
        for x, target in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), target)
            loss.backward()
            optimizer.step()
            yield loss.item()


def elsewhere(model: str, images: np.ndarray, labels: np.ndarray, batch: int) -> Callable[[], None]:
    """A call that waits for one step in a process of its own, where nothing of the engine's is set.

    The process ends with the one that asked for it.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (theirs, model, images, labels, batch)
    context.Process(target=_serve, args=arguments, daemon=True).start()

    def step() -> None:
        ours.send(None)
        ours.recv()

    return step


def _serve(asked: Connection, model: str, *arguments: Any) -> None:
    loop = steps(build(model), *arguments)
    with suppress(EOFError):  # the one who asks has gone
        while True:
            asked.recv()
            asked.send(next(loop))


def main() -> None:
    """Print the yardstick's own speed for both networks, the best of three steps."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (1024, 48, 48), dtype=np.uint8)
    labels = generator.integers(0, 7, 1024)
    for name in ("shallow", "deep"):
        loop, best = steps(build(name), images, labels, 128), float("inf")
        for _ in range(3):
            began = time.perf_counter()
            next(loop)
            best = min(best, time.perf_counter() - began)
        print(f"plain loop, {name}: {128 / best:.1f} faces/s")


if __name__ == "__main__":
    main()
