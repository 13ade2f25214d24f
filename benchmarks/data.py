"""How fast FER2013 is read and audited: each number from a process of its own, on a fresh cache.

    python benchmarks/data.py PATH/fer2013.zip   # or without: as many images of noise

The bars, for 32,298 images: first reading of the csv 10 s and 1.5 GB, of the zip 10 s; second
reading 0.2 s; the audit 60 s. Beside the csv stand the two ways of others: pandas, then one
`np.fromstring` a row, or one `row.split()`; ours checks every value, theirs none.
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
ROUNDS = 3  # the median is printed


def fromstring(path: str) -> np.ndarray:
    """Every row by numpy's own parser, as many programs for FER2013 do."""
    table = pd.read_csv(path)
    return np.stack([np.fromstring(row, float, sep=" ") for row in table["pixels"]])


def split(path: str) -> np.ndarray:
    """Every row cut at its blanks, as the others do."""
    table = pd.read_csv(path)
    return np.stack([np.array(row.split(), dtype="float32") for row in table["pixels"]])


TASKS = {
    "pandas and fromstring": fromstring,
    "pandas and split": split,
    "read": load_faces,
    "audit": lambda path: audit(load_faces(path)),
}


def measure(task: str, path: Path, home: Path) -> tuple[float, float]:
    """Seconds and peak gigabytes of a task in a process of its own."""
    command = [sys.executable, __file__, "--task", task, str(path)]
    output = subprocess.run(
        command, env=os.environ | {"XDG_CACHE_HOME": str(home)}, check=True, capture_output=True
    ).stdout
    return tuple(json.loads(output))


def perform(task: str, path: str) -> None:
    start = time.perf_counter()
    TASKS[task](path)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))


def noise() -> FaceSet:
    generator = np.random.default_rng(0)
    train, validation = (
        Split(generator.integers(0, 256, (n, 48, 48), np.uint8), generator.integers(0, 7, n))
        for n in (TRAIN, VALIDATION)
    )
    return FaceSet("noise", train, validation)


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


def compare(what: str, bar: float, values: list[float], unit: str) -> None:
    value = float(np.median(values))
    spread = f"{min(values):.2f} to {max(values):.2f}"
    verdict = "met" if value <= bar else "MISSED"
    print(f"{what:<36}{value:8.2f} {unit:<3} ({spread}); bar ≤ {bar:g}: {verdict}")


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
            for task in ("pandas and fromstring", "pandas and split"):
                times.setdefault(task, []).append(measure(task, csv, home)[0])
            for name, path in (("csv", csv), ("zip", archive)):
                seconds, peak = measure("read", path, home)
                times.setdefault(f"{name}, first", []).append(seconds)
                times.setdefault(f"{name}, again", []).append(measure("read", path, home)[0])
                memory += [peak] if name == "csv" else []
        audits = [measure("audit", csv, home)[0] for _ in range(ROUNDS)]
    print(f"{len(faces.train) + len(faces.validation):,} images, {ROUNDS} rounds, median (range)")
    compare("csv, first reading", 10, times["csv, first"], "s")
    compare("csv, first reading, memory", 1.5, memory, "GB")
    for task in ("pandas and fromstring", "pandas and split"):
        print(f"{'csv by ' + task:<36}{np.median(times[task]):8.2f} s")
    compare("zip, first reading", 10, times["zip, first"], "s")
    compare("csv, second reading", 0.2, times["csv, again"], "s")
    compare("zip, second reading", 0.2, times["zip, again"], "s")
    compare("audit", 60, audits, "s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        perform(*sys.argv[2:])
    else:
        main(sys.argv[1] if sys.argv[1:] else os.environ.get("FER2013"))
