"""How fast FER2013 is read and audited: each number from a process of its own, on a fresh cache.

    python benchmarks/data.py ../shared/data/fer2013.zip   # or without: as many images of noise

The bars, for 32,298 images: first reading of the csv 10 s, 1.5 GB and 4 times faster than pandas
with one `np.fromstring` a row (a rarer way, with `dtype=int`, is told beside it); of the zip 10 s;
second reading 0.2 s; the audit 30 s.
Times are of the call alone, without imports; memory is the process's peak, torch included.
"""

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.loading import load_faces
from fer_lib.studies.audit import audit

TRAIN, VALIDATION = 28_709, 3_589
ROUNDS = 3  # the median is told


def plain(path: str, dtype: type = float) -> tuple[np.ndarray, np.ndarray]:
    """What peers do: `np.fromstring(row, sep=" ")`, some of them with `dtype=int`."""
    table = pd.read_csv(path)
    pixels = [np.fromstring(row, dtype, sep=" ") for row in table["pixels"]]
    return np.stack(pixels).reshape(-1, 48, 48), table["emotion"].to_numpy()


TASKS = {
    "plain": plain,
    "plain, int": lambda path: plain(path, int),
    "read": load_faces,
    "audit": lambda path: audit(load_faces(path)),
}


def measure(task: str, path: Path, home: Path) -> tuple[float, float]:
    """Seconds and peak gigabytes of a task in a process of its own."""
    command = [sys.executable, __file__, "--task", task, str(path)]
    said = subprocess.run(
        command, env=os.environ | {"XDG_CACHE_HOME": str(home)}, check=True, capture_output=True
    ).stdout
    return tuple(json.loads(said))


def perform(task: str, path: str) -> None:
    start = time.perf_counter()
    TASKS[task](path)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))


def noise() -> FaceSet:
    generator = np.random.default_rng(0)
    splits = [
        Split(generator.integers(0, 256, (n, 48, 48), np.uint8), generator.integers(0, 7, n))
        for n in (TRAIN, VALIDATION)
    ]
    return FaceSet("noise", *splits)


def write_csv(faces: FaceSet, path: Path) -> None:
    with path.open("w") as handle:
        handle.write("emotion,pixels,Usage\n")
        for usage, split in (("Training", faces.train), ("PublicTest", faces.validation)):
            for label, image in zip(split.labels, split.images, strict=True):
                handle.write(f"{label},{' '.join(map(str, image.ravel()))},{usage}\n")


def write_zip(faces: FaceSet, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for part, split in (("train", faces.train), ("validation", faces.validation)):
            for i, (label, image) in enumerate(zip(split.labels, split.images, strict=True)):
                data = io.BytesIO()
                Image.fromarray(image).save(data, "JPEG")
                archive.writestr(f"{part}/{EXPRESSIONS[label]}/{i:05}.jpg", data.getvalue())


def tell(what: str, bar: float, values: list[float], unit: str, at_least: bool = False) -> None:
    value = float(np.median(values))
    spread = f"{min(values):.2f} to {max(values):.2f}"
    verdict = "met" if (value >= bar if at_least else value <= bar) else "MISSED"
    sign = "≥" if at_least else "≤"
    print(f"{what:<36}{value:8.2f} {unit:<3} ({spread}); bar {sign} {bar:g}: {verdict}")


def main(given: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        csv, archive = Path(folder) / "fer2013.csv", Path(folder) / "fer2013.zip"
        if given:
            archive.symlink_to(Path(given).resolve())
        faces = load_faces(given) if given else noise()
        if not given:
            write_zip(faces, archive)
        write_csv(faces, csv)
        times: dict[str, list[float]] = {}
        memory = []
        for i in range(ROUNDS):
            home = Path(folder) / f"cache{i}"
            for task in ("plain", "plain, int"):
                times.setdefault(task, []).append(measure(task, csv, home)[0])
            for name, path in (("csv", csv), ("zip", archive)):
                seconds, peak = measure("read", path, home)
                times.setdefault(f"{name}, first", []).append(seconds)
                times.setdefault(f"{name}, again", []).append(measure("read", path, home)[0])
                memory += [peak] if name == "csv" else []
        audits = [measure("audit", csv, home)[0] for _ in range(ROUNDS)]
    print(f"{len(faces.train) + len(faces.validation):,} images, {ROUNDS} rounds, median (range)")
    tell("csv, first reading", 10, times["csv, first"], "s")
    tell("csv, first reading, memory", 1.5, memory, "GB")
    for task, bar in (("plain", 4), ("plain, int", 1)):
        ratios = [a / b for a, b in zip(times[task], times["csv, first"], strict=True)]
        tell(f"csv, times faster than {task}", bar, ratios, "×", at_least=True)
    tell("zip, first reading", 10, times["zip, first"], "s")
    tell("csv, second reading", 0.2, times["csv, again"], "s")
    tell("zip, second reading", 0.2, times["zip, again"], "s")
    tell("audit", 30, audits, "s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        perform(*sys.argv[2:])
    else:
        main(sys.argv[1] if sys.argv[1:] else os.environ.get("FER2013"))
