"""Question 6: the output shape of a convolution, said for a setting and checked against torch."""

from collections.abc import Callable, Iterable
from itertools import product

import pandas as pd
import torch
from torch import nn

from fer_lib.networks.shapes import conv_channel_last, conv_output, pool_output, unreached

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


def answer(width: int, kernel: int, stride: int, padding: int, c_out: int = 32) -> str:
    """The answer in words, for a square input with one channel."""
    setting = (width, kernel, stride, padding)
    _, n, m, _ = conv_channel_last((1, width, width, 1), c_out, *setting[1:])
    missed, padded = len(unreached(*setting)), width + 2 * padding
    unread = f"{missed} of the {padded} pixels" if missed else f"none of the {padded} pixels"
    return (
        "A convolution has one output for each window that fits into the padded input: "
        "n = ⌊(W + 2p₁ − k₁) / s₁⌋ + 1 along W, and m = ⌊(H + 2p₂ − k₂) / s₂⌋ + 1 along H. "
        f"An input of {width} × {width} pixels under a kernel of {kernel} with stride {stride} "
        f"and padding {padding} has {n} × {m} outputs: "
        f"(B, {width}, {width}, 1) → (B, {n}, {m}, {c_out}). "
        f"Its windows leave out {unread} of a padded row."
    )


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
            _compare("Conv2d", WINDOWS, conv_output, lambda *w: nn.Conv2d(1, 1, *w)),
            _compare("MaxPool2d", pools, pool_output, lambda *w: nn.MaxPool2d(*w[:4], False, w[4])),
        ]
    )


def _compare(
    name: str,
    windows: Iterable[tuple],
    formula: Callable[..., int],
    operator: Callable[..., nn.Module],
) -> dict[str, str | int]:
    ours = [[_or_none(formula, size, *window) for size in SIZES] for window in windows]
    theirs = [[_or_none(_side, operator(*window), size) for size in SIZES] for window in windows]
    pairs = [pair for rows in zip(ours, theirs, strict=True) for pair in zip(*rows, strict=True)]
    first = [[_first(sizes) for sizes in rows] for rows in (ours, theirs)]
    return {
        "operator": name,
        "settings": len(pairs),
        "same shape": sum(mine == torchs is not None for mine, torchs in pairs),
        "both refuse": sum(mine is torchs is None for mine, torchs in pairs),
        "differ": sum(mine != torchs for mine, torchs in pairs),
        "smallest size differs": sum(mine != torchs for mine, torchs in zip(*first, strict=True)),
    }


def _side(layer: nn.Module, size: int) -> int:
    with torch.inference_mode():
        return layer(torch.zeros(1, 1, size, size)).shape[-1]


def _or_none(function: Callable[..., int], *arguments: object) -> int | None:
    try:
        return function(*arguments)
    except (ValueError, RuntimeError):  # the formula's refusal, and torch's
        return None


def _first(outputs: list[int | None]) -> int | None:
    """The smallest of `SIZES` that was accepted."""
    accepted = (size for size, n in zip(SIZES, outputs, strict=True) if n is not None)
    return next(accepted, None)
