"""How fast the faces are drawn, how hard they are, and what they teach of real ones.

    python experiments/drawn_faces.py                      # speed, softmax regression
    python experiments/drawn_faces.py --fer2013 fer2013.zip  # and the transfer, minutes

The bars: 10,000 faces in 10 s on two cores and 500 MB; softmax regression on the pixels below 50 %;
ShallowCNN, trained on drawn faces alone, at a balanced accuracy of 28 % on FER2013's PublicTest
(chance is 14.3 %). The drawing was tuned on FER2013's Training only. Numbers go to
book/results/faces.json; a transfer stays there as long as the drawing is the same.
"""

import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from parts import write_part
from sklearn.linear_model import LogisticRegression

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.drawn.faces import VALIDATION, embedded, face, render
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions.confusion import balanced_accuracy, matrix, recall
from fer_lib.store import write_json
from fer_lib.training.recipe import Recipe

SEED = 1  # of the faces for the transfer: others than the embedded ones


def speed(faces: int = 10_000) -> dict:
    """Seconds to sample and draw, and the whole process's peak of memory, torch included."""
    start, busy = time.perf_counter(), time.process_time()
    render([face(SEED, i) for i in range(faces)])
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "faces": faces,
        "seconds": round(seconds, 2),
        "core_seconds": round(busy, 2),  # of all cores together: a busy machine changes it little
        "cores": os.cpu_count(),
        "peak_mib": round(peak),
    }


def softmax(faces: FaceSet) -> dict:
    """A linear classifier on the pixels: what needs no idea of a face."""
    pixels = [
        split.images.reshape(len(split), -1) / 255 - 0.5
        for split in (faces.train, faces.validation)
    ]
    fitted = LogisticRegression(C=1e-3, max_iter=300).fit(pixels[0], faces.train.labels)
    return {"accuracy": float((fitted.predict(pixels[1]) == faces.validation.labels).mean())}


def transfer(photographs: Split, faces: int, epochs: int, runs: Path) -> dict:
    """ShallowCNN trained on drawn faces alone, scored on photographs."""
    people = [face(SEED, i) for i in range(faces + VALIDATION)]
    images, labels = render(people), np.array([person.expression for person in people])
    drawn = FaceSet(
        "drawn", Split(images[:faces], labels[:faces]), Split(images[faces:], labels[faces:])
    )
    path = runs / "parts" / f"drawn-{drawn.fingerprint[:10]}.csv"
    if not path.exists():
        write_part(drawn, np.arange(len(drawn.train)), path)
    recipe = Recipe(
        data=str(path),
        model="shallow",
        epochs=epochs,
        # heavy augmentation, towards any photograph
        erase=0.5,
        light=0.4,
        rotate=15.0,
        scale=0.15,
    )
    run = load_or_train(recipe, runs)
    m = matrix(photographs.labels, run.predict(photographs.images))
    return {
        "faces": faces,
        "epochs": epochs,
        "scored": len(photographs),
        "balanced_accuracy": float(balanced_accuracy(m)),
        "recall": dict(zip(EXPRESSIONS, recall(m).round(4).tolist(), strict=True)),
    }


def main(
    fer2013: str | None = None,
    faces: int = 12_800,
    epochs: int = 3,
    runs: Path = Path("runs"),
    out: Path = Path("book/results/faces.json"),
) -> None:
    """Measure, print, and store."""
    numbers: dict[str, Any] = {"speed": speed()}
    data = embedded()
    stored = json.loads(out.read_text()) if out.exists() else {}
    numbers |= {"softmax": softmax(data), "fingerprint": data.fingerprint}
    if fer2013:
        numbers["transfer"] = transfer(load_faces(fer2013).validation, faces, epochs, runs)
    elif stored.get("fingerprint") == data.fingerprint and "transfer" in stored:
        numbers["transfer"] = stored["transfer"]
    print(write_json(out, numbers, indent=2).read_text())


if __name__ == "__main__":
    tyro.cli(main)
