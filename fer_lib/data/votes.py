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
# how many faces tell whether votes and labels belong together, and what kappa they must reach:
# FER2013's own labels reach 0.47, exchanged ones 0
ENOUGH, AGREEMENT = 30, 0.2


def files_of_votes(path: Path, given: Path | None = None) -> list[Path]:
    """FER+'s table at `given`, else in the folder `path` or beside the file; none where none is.

    Of a folder that has no whole table, FER+'s own, they are the label.csv files.
    """
    if given and not given.is_dir():
        return [given]
    folder = given or (path if path.is_dir() else path.parent)
    if (folder / TABLE).is_file():
        return [folder / TABLE]
    parts = sorted(folder.glob(f"*/{LABELS}")) if given or path.is_dir() else []
    return parts or ([folder / TABLE] if given else [])


def read_votes(files: Sequence[Path]) -> pd.DataFrame:
    """A row an image: COLUMNS, nan where nobody voted, and Usage if there is one; names as index.

    A name is nan where FER+ left the image out. Raises UserError for what is no table of votes.
    """
    table = pd.concat([_read(file) for file in files])
    table.attrs["path"] = files[0] if len(files) == 1 else files[0].parents[1]
    return table


def plurality(votes: np.ndarray) -> np.ndarray:
    """The answer with most votes, (N, 10) → (N,); -1 where two share the first place, or none."""
    top = votes.max(1, keepdims=True)
    return np.where((votes == top).sum(1) == 1, votes.argmax(1), -1)


def votes_by_name(table: pd.DataFrame, members: Iterable[str]) -> np.ndarray:
    """Votes (N, 10) of pictures, by their own names or by Kaggle's; nan for those without any.

    `table` is that of `read_votes`. Of two pictures of one name neither has votes, nor has a name
    that stands twice in the table. Raises UserError where it has no such picture.
    """
    known = table[table.index.notna() & ~table.index.duplicated(keep=False)]
    names = [PurePosixPath(member).name for member in members]
    shared = {name for name, count in Counter(names).items() if count > 1}
    if not known.index.isin(names).any():
        ferplus = _ferplus_names()
        names = [
            name if name in shared else ferplus.get(PurePosixPath(name).stem) for name in names
        ]
    votes = known.drop(shared, errors="ignore").reindex(names)[list(COLUMNS)].to_numpy()
    if np.isnan(votes).all():
        raise UserError(f"{table.attrs['path']}: no votes for pictures of these names; give "
                        "Kaggle's images of FER2013 as they are, or fer2013.csv")  # fmt: skip
    return votes


def votes_by_row(table: pd.DataFrame, splits: Sequence[int | None]) -> np.ndarray:
    """Votes (N, 10) of the rows of fer2013.csv, whose splits are given; nan where there are none.

    `table` is that of `read_votes`. Raises UserError where it is not of these rows.
    """
    path = table.attrs["path"]
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
    """Raises UserError where people see the labels hardly more often than if faces were exchanged.

    Shapes: (N, 10), (N,); faces without votes or without a label do not count.
    """
    known = ~np.isnan(votes[:, 0]) & (labels >= 0)
    if known.sum() < ENOUGH or len(set(labels[known])) == 1:  # one class has no order
        return
    shares = votes[known] / votes[known].sum(1, keepdims=True)
    own = np.eye(votes.shape[1])[labels[known]]
    by_chance = shares.mean(0) @ own.mean(0)
    agreement = ((shares * own).sum(1).mean() - by_chance) / (1 - by_chance)  # Cohen's kappa
    if agreement < AGREEMENT:
        raise UserError(f"{path}: people see the labels no more often than by chance, so these are "
                        "votes for other faces; give fer2013.csv in its own order")  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    columns = ["Image name", "box", *FERPLUS] if path.name == LABELS else None
    try:
        table = pd.read_csv(path, names=columns)
    except (OSError, ValueError) as error:
        why = f"{path}: no table of votes that opens ({reason(error)})"
        raise UserError(f"{why}; give FER+'s {TABLE}") from error
    other = {"member": "Image name", "not_a_face": "NF"}
    table = table.rename(columns={k: name for k, name in other.items() if name not in table})
    if absent := [name for name in ("Image name", *COLUMNS) if name not in table]:
        raise UserError(f"{path}: no column {absent[0]}; give FER+'s {TABLE} as it is")
    votes = table[list(COLUMNS)].apply(pd.to_numeric, errors="coerce")
    values = votes.to_numpy(float, copy=True)
    for row, column in np.argwhere(~(values >= 0) | (values % 1 != 0))[:1]:
        word = table[list(COLUMNS)].iloc[row, column]
        line = row + (1 if columns else 2)  # label.csv has no header
        raise UserError(f"{path}, line {line}: {votes.columns[column]} has {word} votes; whole "
                        f"numbers of 0 or more are allowed, so download {TABLE} again")  # fmt: skip
    values[values.sum(1) == 0] = np.nan
    table[list(COLUMNS)] = values
    names = table["Image name"].map(lambda n: PurePosixPath(str(n)).name, na_action="ignore")
    return table.set_index(names)


def _ferplus_names() -> dict[str, str]:
    """Kaggle's name of an image, without its ending → FER+'s; 0 stands for one without a name."""
    with np.load(NAMES) as ids:
        kaggle = [(usage, number) for usage in ids for number in ids[usage]]
    return {f"{use}_{n}": f"fer{i:07d}.png" for i, (use, n) in enumerate(kaggle) if n}
