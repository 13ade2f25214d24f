"""How long the recipe `fast` takes to human level, beside the plain loop's first epoch.

    python benchmarks/fast.py ../fer2013.zip            # seed 0; about ten minutes on two cores
    python benchmarks/fast.py ../fer2013.zip --seed 1

Both in one sitting: the plain loop's steps of DeepCNN are timed before and after the training and
their median is multiplied to an epoch, which would itself take as long as all the rest.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import plain_loop
import tyro

from fer_lib.answers.confusion import accuracy, matrix
from fer_lib.data.cache import load_faces
from fer_lib.training.recipes import named
from fer_lib.training.run import load_or_train

BATCH, TIMED = 128, 4


def timed(step: Callable[[], None]) -> list[float]:
    """Seconds of TIMED steps, after one that does not count."""
    step()
    seconds = []
    for _ in range(TIMED):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    return seconds


def main(
    data: tyro.conf.Positional[str] = "embedded", seed: int = 0, runs: Path = Path("runs")
) -> None:
    """Train `fast` from nothing on `data`, a path to FER2013; without one, on the drawn faces."""
    train = load_faces(data).train.labelled
    plain = plain_loop.elsewhere("deep", train.images, train.labels, BATCH)
    seconds = timed(plain)
    began = time.perf_counter()
    run = load_or_train(named("fast", data=data, seed=seed), runs)
    took = time.perf_counter() - began
    if took < run.provenance["seconds"]:
        sys.exit(f"{run.path} was there already; delete it to time its training")
    faces = run.faces.validation.labelled
    right = {
        name: float(accuracy(matrix(faces.labels, run.predict(faces.images, ten))))
        for name, ten in (("plain", False), ("ten views", True))
    }
    epoch = statistics.median(seconds + timed(plain)) * (len(train) // BATCH)
    print(run.history[["epoch", "validation_accuracy", "seconds"]].to_string(index=False))
    print(f"validation: {right['plain']:.2%}, ten views {right['ten views']:.2%}")
    print(f"fast: {took / 60:.1f} min; the plain loop's epoch of DeepCNN: {epoch / 60:.1f} min")
    print(f"ratio: {took / epoch:.3f} of an epoch (1/{epoch / took:.1f})")


if __name__ == "__main__":
    tyro.cli(main)
