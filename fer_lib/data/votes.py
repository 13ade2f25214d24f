"""What ten people saw in each face of FER2013: the votes of FER+.

Barsoum et al. 2016, https://arxiv.org/abs/1608.01041; the votes are at
https://github.com/microsoft/FERPlus (MIT licence). Its `fer2013new.csv` has a row for each row of
`fer2013.csv`, in that order, and a name for each image that it keeps. Its folders of images have
the same votes by these names, each in a `label.csv`. Kaggle's images have names of their own:
`ferplus_names.npz` tells which image is which (made by experiments/ferplus_names.py).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from fer_lib.data.archives import reason
from fer_lib.data.names import split_of
from fer_lib.errors import UserError

TABLE, LABELS = "fer2013new.csv", "label.csv"
FERPLUS = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
    "unknown", "NF",
)  # fmt: skip
# FER+'s columns, ours first in the order of EXPRESSIONS; the last three are no expression of ours
COLUMNS = {
    "anger": "angry", "disgust": "disgust", "fear": "fear", "happiness": "happy",
    "sadness": "sad", "surprise": "surprise", "neutral": "neutral",
    "contempt": "contempt", "unknown": "unknown", "NF": "not a face",
}  # fmt: skip
NAMES = Path(__file__).with_name("ferplus_names.npz")
ENOUGH = 100  # faces that tell whether votes and labels belong together


def beside(path: Path) -> Path | None:
    """FER+'s table in the folder `path`, or beside the file; the folder, if it is FER+'s own."""
    folder = path if path.is_dir() else path.parent
    if (folder / TABLE).is_file():
        return folder / TABLE
    return folder if path.is_dir() and any(folder.glob(f"*/{LABELS}")) else None


def plurality(votes: np.ndarray) -> np.ndarray:
    """The answer with most votes, (N, 10) → (N,); -1 where two share the first place, or none."""
    top = votes.max(1, keepdims=True)
    return np.where((votes == top).sum(1) == 1, votes.argmax(1), -1)


def votes_by_name(path: Path, members: Iterable[str]) -> np.ndarray:
    """Votes (N, 10) of pictures, by their own names or by Kaggle's; nan for those without any.

    Raises UserError where the table at `path` is none of votes, or has no such picture.
    """
    table = _read(path)
    known = table[table.index.notna() & ~table.index.duplicated()]
    names = [PurePosixPath(member).name for member in members]
    shared = {name for name, count in Counter(names).items() if count > 1}  # two of Kaggle's names
    if not known.index.isin(names).any():
        ferplus = _ferplus_names()
        names = [
            name if name in shared else ferplus.get(PurePosixPath(name).stem) for name in names
        ]
    votes = known.drop(shared, errors="ignore").reindex(names)[list(COLUMNS)].to_numpy()
    if np.isnan(votes).all():
        raise UserError(f"{path}: no votes for pictures of these names; give Kaggle's images of "
                        "FER2013 as they are, or fer2013.csv")  # fmt: skip
    return votes


def votes_by_row(path: Path, splits: Sequence[int | None]) -> np.ndarray:
    """Votes (N, 10) of the rows of fer2013.csv, whose splits are given; nan where there are none.

    Raises UserError where the table at `path` is none of votes, or not of these rows.
    """
    table = _read(path)
    if len(table) != len(splits):
        raise UserError(f"{path}: votes for {len(table):,} rows, but the faces have "
                        f"{len(splits):,}; give all of fer2013.csv and FER+'s {TABLE}")  # fmt: skip
    usages = table["Usage"].astype(str) if "Usage" in table else []
    for i, (usage, split) in enumerate(zip(usages, splits, strict=False)):
        if split not in (None, split_of(usage)):
            raise UserError(f"{path}, line {i + 2}: Usage {usage} is not that of the face; give "
                            "fer2013.csv in its own order")  # fmt: skip
    votes = table[list(COLUMNS)].to_numpy(copy=True)
    votes[table.index.isna()] = np.nan
    return votes


def check_order(path: Path, votes: np.ndarray, labels: np.ndarray) -> None:
    """Raises UserError where people see the labels no more often than if faces were exchanged.

    Shapes: (N, 10), (N,).
    """
    known = ~np.isnan(votes[:, 0])
    shares = votes[known] / votes[known].sum(1, keepdims=True)
    own = np.eye(votes.shape[1])[labels[known]]
    if known.sum() >= ENOUGH and (shares * own).sum(1).mean() < 1.5 * shares.mean(0) @ own.mean(0):
        raise UserError(f"{path}: people see the labels no more often than by chance, so these are "
                        "votes for other faces; give fer2013.csv in its own order")  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    """A row an image: COLUMNS, nan where nobody voted, and Usage if there is one; names as index.

    A name is nan where FER+ left the image out. A folder's label.csv files are read together.
    """
    if path.is_dir():
        files = sorted(path.glob(f"*/{LABELS}")) or [path / TABLE]
        return pd.concat([_read(file) for file in files])
    columns = ["Image name", "box", *FERPLUS] if path.name == LABELS else None
    try:
        table = pd.read_csv(path, names=columns)
    except (OSError, ValueError) as error:
        why = f"{path}: no table of votes that opens ({reason(error)})"
        raise UserError(f"{why}; give FER+'s {TABLE}") from error
    table = table.rename(columns={"member": "Image name", "not_a_face": "NF"})
    if absent := [name for name in ("Image name", *COLUMNS) if name not in table]:
        raise UserError(f"{path}: no column {absent[0]}; give FER+'s {TABLE} as it is")
    votes = table[list(COLUMNS)].apply(pd.to_numeric, errors="coerce")
    values = votes.to_numpy(float, copy=True)
    for row, column in np.argwhere(~(values >= 0) | (values % 1 != 0))[:1]:
        word = table[list(COLUMNS)].iloc[row, column]
        raise UserError(f"{path}, row {row + 1}: {votes.columns[column]} has {word} votes; whole "
                        f"numbers of 0 or more are allowed, so download {TABLE} again")  # fmt: skip
    values[values.sum(1) == 0] = np.nan
    table[list(COLUMNS)] = values
    return table.set_index(table["Image name"].str.rsplit("/").str[-1])


def _ferplus_names() -> dict[str, str]:
    """Kaggle's name of an image, without its ending → FER+'s."""
    with np.load(NAMES) as ids:
        kaggle = [f"{usage}_{number}" for usage in ids for number in ids[usage]]
    return {name: f"fer{i:07d}.png" for i, name in enumerate(kaggle)}
