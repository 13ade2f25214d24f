"""A part of a face set as a file, to train on it."""

from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.data.faceset import FaceSet
from fer_lib.files import atomic_write


def write_part(faces: FaceSet, chosen: np.ndarray, path: Path) -> None:
    """Write the training faces at `chosen` and all validation faces as a fer2013.csv."""
    images = np.concatenate([faces.train.images[chosen], faces.validation.images])
    labels = np.concatenate([faces.train.labels[chosen], faces.validation.labels])
    usage = np.repeat(["Training", "PublicTest"], [len(chosen), len(faces.validation)])
    pixels = [" ".join(map(str, image.ravel())) for image in images]
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame({"emotion": labels, "pixels": pixels, "Usage": usage})
    with atomic_write(path) as temporary:  # half a file would be taken for the whole later
        table.to_csv(temporary, index=False)
