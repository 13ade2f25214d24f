"""What ten people saw in each face of FER2013: the votes of FER+.

Barsoum et al. 2016, https://arxiv.org/abs/1608.01041; the votes are at
https://github.com/microsoft/FERPlus (MIT licence), in `fer2013new.csv`: a row a row of
`fer2013.csv`, ten columns of votes. A table that names image files in a column `member` is read
too, for data sets that are a zip or a folder of images.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.errors import UserError

# FER+'s columns, ours first in the order of EXPRESSIONS; the last three are no expression of ours
COLUMNS = {
    "anger": "angry", "disgust": "disgust", "fear": "fear", "happiness": "happy",
    "sadness": "sad", "surprise": "surprise", "neutral": "neutral",
    "contempt": "contempt", "unknown": "unknown", "not_a_face": "not a face",
}  # fmt: skip
MISSING = -1


def read_votes(path: Path, names: Sequence[str] | str) -> np.ndarray:
    """Votes (N, 10) int64 in the order of COLUMNS, MISSING in the rows of faces without any.

    `names` are the N faces' image files; or, for FER+'s own table beside fer2013.csv, the usage
    (Training, PublicTest or PrivateTest) whose rows are wanted, in their order.
    Raises UserError for a table that is not one of votes.
    """
    try:
        table = pd.read_csv(path).rename(columns={"NF": "not_a_face"})
    except (OSError, ValueError) as error:
        why = f"{path}: no table of votes that opens ({error})"
        raise UserError(f"{why}; give FER+'s csv") from error
    if absent := [name for name in COLUMNS if name not in table]:
        raise UserError(f"{path}: no column {absent[0]}; FER+'s are {', '.join(COLUMNS)}")
    key = "Usage" if isinstance(names, str) else "member"
    if key not in table:
        raise UserError(f"{path}: no column {key}, which tells whose votes these are")
    votes = table[list(COLUMNS)]
    if not votes.map(lambda v: isinstance(v, int | np.integer) and v >= 0).to_numpy().all():
        raise UserError(f"{path}: votes that are not whole numbers of 0 or more")
    if isinstance(names, str):
        chosen = votes[table["Usage"] == names]
    else:
        chosen = votes.set_axis(table["member"]).reindex(names)
    known = chosen.fillna(MISSING).to_numpy(np.int64)
    known[known.sum(1) == 0] = MISSING  # nobody voted
    return known
