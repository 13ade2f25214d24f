"""Question 6: the output shape of a convolution, checked against torch."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from fer_lib.networks.shapes import conv_output, pool_output, unreached

# (size, kernel, stride, padding) of layers that a reader has met elsewhere
CLASSICS = {
    "LeNet-5, first layer": (32, 5, 1, 0),
    "AlexNet, first layer": (227, 11, 4, 0),
    "VGG, first block": (224, 3, 1, 1),
    "ResNet, stem": (224, 7, 2, 3),
    "DeepCNN, first block": (48, 5, 1, 2),
    "DeepCNN, second block": (24, 3, 1, 1),
    "DeepCNN, third block": (12, 3, 1, 1),
}

# The grid of the proof: small enough for seconds, and every branch of both formulas is in it.
SIZES = range(1, 15)
WINDOWS = list(product(range(1, 6), range(1, 5), range(4), range(1, 4)))  # k, s, p, d


def classics() -> pd.DataFrame:
    """Classic layers along one axis: settings, n, and the pixels that no window reads."""
    rows = [
        (name, *setting, conv_output(*setting), len(unreached(*setting)))
        for name, setting in CLASSICS.items()
    ]
    return pd.DataFrame(rows, columns=["layer", "W", "k", "s", "p", "n", "unread"])


def agreement() -> pd.DataFrame:
    """The formulas against torch's operators on square inputs, every setting of a grid.

    A row an operator: settings tried; those where both give the same shape; where both refuse;
    where they differ; and windows whose smallest accepted size is not the formula's.
    """
    pools = [(*window, ceil_mode) for ceil_mode in (False, True) for window in WINDOWS]
    return pd.DataFrame(
        [
            _compare("Conv2d", WINDOWS, conv_output, _conv2d),
            _compare("MaxPool2d", pools, pool_output, _max_pool2d),
        ]
    )


def _compare(
    name: str, windows: list[tuple], formula: Callable[..., int], operator: Callable[..., int]
) -> dict[str, str | int]:
    ours, theirs = (
        np.array([[_or_nan(output, size, *window) for size in SIZES] for window in windows])
        for output in (formula, operator)
    )  # (windows, sizes) each
    # nan equals nothing, so a refusal counts as the same only where both refuse
    same, refused = ours == theirs, np.isnan(ours) & np.isnan(theirs)
    # inf where every size is refused
    least, torchs_least = (np.where(np.isnan(n), np.inf, SIZES).min(1) for n in (ours, theirs))
    return {
        "operator": name,
        "settings": ours.size,
        "same shape": int(same.sum()),
        "both refuse": int(refused.sum()),
        "differ": int((~same & ~refused).sum()),
        "smallest size differs": int((least != torchs_least).sum()),
    }


def _conv2d(size: int, kernel: int, *window: int) -> int:
    weight = torch.zeros(1, 1, kernel, kernel)
    return F.conv2d(torch.zeros(1, 1, size, size), weight, None, *window).shape[-1]


def _max_pool2d(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    image = torch.zeros(1, 1, size, size)
    return F.max_pool2d(image, kernel, stride, padding, dilation, ceil_mode).shape[-1]


def _or_nan(function: Callable[..., int], *arguments: int) -> float:
    try:
        return function(*arguments)
    except (ValueError, RuntimeError):  # the formula's refusal, and torch's
        return np.nan
