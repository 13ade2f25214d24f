"""Find out which image of Kaggle's FER2013 is which of FER+, for `fer_lib/data/ferplus_names.npz`.

    python experiments/ferplus_names.py --images fer2013.zip --csv fer2013.csv \\
        --votes fer2013new.csv

Kaggle's JPEGs are named by numbers of their own; FER+ names the rows of fer2013.csv. An image is
the row of its split and label whose pixels are the nearest. Stored are numbers alone: those in the
names of Kaggle's images, split by split in the order of FER+'s numbers, 0 where there is none.
Of images that are equal pixel by pixel any may stand for any; a name of two images is left out.
"""

import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import tyro
from PIL import Image

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.readers import read_faces
from fer_lib.data.votes import NAMES

LOSS = 4.0  # grey levels of root mean square: JPEG loses 2 at most, another photograph is far off
Matched = tuple[np.ndarray, np.ndarray]  # numbers in Kaggle's names, and FER+'s


def pairs(images: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images and the rows that are one picture, each once: (N, 2304), (M, 2304) floats."""
    squares = (images**2).sum(1)[:, None] + (rows**2).sum(1) - 2 * images @ rows.T
    i, j = np.nonzero(squares < images.shape[1] * LOSS**2)
    nearest = np.argsort(squares[i, j], kind="stable")
    partner: dict[int, int] = {}
    for a, b in zip(i[nearest], j[nearest], strict=True):  # a copy takes the row that is left
        if a not in partner and b not in partner.values():
            partner[a] = b
    return np.array(list(partner), int), np.array(list(partner.values()), int)


def store(matched: dict[str, Matched], path: Path) -> Path:
    """Write the table; the splits in the order in which FER+ counts through them."""
    ids, end = {}, 0
    for usage, (kaggle, number) in matched.items():
        ids[usage] = np.zeros(number.max() + 1 - end, np.uint32)
        ids[usage][number - end] = kaggle
        end = number.max() + 1
    np.savez_compressed(path, allow_pickle=False, **ids)
    return path


def main(images: Path, csv: Path, votes: Path, path: Path = NAMES) -> None:
    """Match the images of each split and store the table."""
    faces, table, matched = read_faces(csv), pd.read_csv(votes), {}
    splits = {"Training": faces.train, "PublicTest": faces.validation, "PrivateTest": faces.test}
    with zipfile.ZipFile(images) as archive:
        count = Counter(Path(name).name for name in archive.namelist())
        for usage, split in splits.items():
            names = table.loc[table["Usage"] == usage, "Image name"].reset_index(drop=True)
            kaggle, number = [], []
            for k, expression in enumerate(EXPRESSIONS):
                rows = np.flatnonzero((split.labels == k) & names.notna())
                pattern = re.compile(rf".*\b{expression}/{usage}_(\d+)\.jpg")
                once = (name for name in archive.namelist() if count[Path(name).name] == 1)
                members = list(filter(None, map(pattern.fullmatch, once)))
                if not members:
                    continue
                pixels = [Image.open(io.BytesIO(archive.read(m[0]))) for m in members]
                both = pixels, split.images[rows]
                i, j = pairs(*(np.array(p, np.float32).reshape(len(p), -1) for p in both))
                kaggle += [int(members[a][1]) for a in i]
                number += names[rows[j]].str[3:10].astype(int).tolist()
            if kaggle:
                matched[usage] = np.array(kaggle), np.array(number)
                print(f"{usage}: {len(kaggle):,} images matched")
    print(store(matched, path))


if __name__ == "__main__":
    tyro.cli(main)
