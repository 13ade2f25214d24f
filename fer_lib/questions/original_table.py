"""The architecture table that the original report prints, and its rows matched to ours."""

from itertools import zip_longest

import pandas as pd

from fer_lib.networks.models import DeepCNN
from fer_lib.questions.architecture import Shape, layers, times

# The original's names of layers, as Keras has them, and ours, as torch has them.
OURS = {
    "Conv2D": ("Conv2d",),
    "LeakyReLU": ("LeakyReLU",),
    "Batch Norm": ("BatchNorm2d", "BatchNorm1d"),
    "Max Pooling": ("MaxPool2d",),
    "Dropout": ("Dropout",),
    "Flatten": ("Flatten",),
    "Dense": ("Linear",),
    "ReLU": ("ReLU",),
}

Row = tuple[str, Shape]


def _block(channels: int, side: int, dropout: bool = True) -> list[Row]:
    shape, half = (channels, side, side), (channels, side // 2, side // 2)
    rows = [(name, shape) for name in ("Conv2D", "LeakyReLU", "Batch Norm")] * 3
    return [*rows, ("Max Pooling", half), *([("Dropout", half)] if dropout else [])]


# As printed; the page break falls among the nine rows of 512×12×12.
PRINTED: list[Row] = [
    *_block(32, 48),
    *_block(128, 24),
    *_block(512, 12, dropout=False),
    ("Flatten", (18432,)),
    ("Dense", (512,)),
    ("ReLU", (512,)),
    ("Batch Norm", (512,)),
    ("Dense", (7,)),
]


def matched(table: pd.DataFrame) -> pd.DataFrame:
    """The original's rows beside ours, as far as the longer goes; `same` says whether they agree.

    `table` is from `layers`. Columns: original, original_shape, ours, our_shape, same.
    """
    ours = zip(table["layer"], table["shape"], strict=True)
    rows = [
        (name, times(shape), layer, times(found), layer in OURS.get(name, ()) and shape == found)
        for (name, shape), (layer, found) in zip_longest(PRINTED, ours, fillvalue=("", ()))
    ]
    names = ["original", "original_shape", "ours", "our_shape", "same"]
    return pd.DataFrame(rows, columns=names, index=range(1, len(rows) + 1))


def readings() -> pd.DataFrame:
    """The third block read with two and with three convolutions: rows, parameters, work."""
    rows = []
    for convolutions in (2, 3):
        table = layers(DeepCNN(third_block=convolutions))
        third = sum(shape == (512, 12, 12) for shape in table["shape"])
        agrees = "yes" if matched(table)["same"].all() else "no"
        parameters = f"{table['parameters'].sum():,}"
        rows.append((third, parameters, f"{table['multiply_adds'].sum():,}", agrees))
    names = ["rows of 512×12×12", "parameters", "multiply-adds", "all rows match"]
    return pd.DataFrame(rows, columns=names, index=["two convolutions", "three convolutions"])
