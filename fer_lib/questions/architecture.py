"""Question 1: every layer of a network, predicted by formula, then measured."""

from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from fer_lib.networks.receptive_fields import layers_of
from fer_lib.networks.shapes import conv_output, pool_output
from fer_lib.networks.tracing import FACE, INPUT, Shape, extents, last_convolution, trace, visible

BYTES = 4  # of a float32
# the homework's printed table: a line a layer, its settings as torch prints them, a tab, its shape
HOMEWORK = Path(__file__).with_name("homework_table.txt")


def layers(model: nn.Module, shape: Shape = FACE) -> pd.DataFrame:
    """A row a layer, in the order of the forward pass.

    Columns: name, layer, takes (names of the layers that feed it), last (whether it is the last
    convolution), printed (as torch prints it), settings (in words), shape (measured), predicted (by
    the formula of answer 6; None for a layer without one), parameters, multiply_adds a face, memory
    (bytes of one face's output, float32), and what one output depends on: sees_least and sees, the
    pixels a side at the corner and in the middle, and sees_all, how many units see the whole face.

    Raises ValueError where a prediction misses the measurement.
    """
    rows, size, calls = [], shape[1], trace(model, shape)
    has_convolution = any(isinstance(call.layer, nn.Conv2d) for call in calls)
    last = calls[last_convolution(calls)] if has_convolution else None
    for call, depends in zip(calls, visible(model, shape), strict=True):
        if not call.is_layer:
            continue
        predicted = predict(call.layer, call.given)
        if predicted not in (None, call.shape):
            row = f"{call.name} ({call.layer})"
            raise ValueError(f"{row}: {predicted} by the formula, {call.shape} measured")
        # after flattening, every unit may see everything
        reach = extents(depends)[1] if len(depends) else np.array([size])
        rows.append(
            {
                "name": call.name or type(call.layer).__name__,
                "layer": type(call.layer).__name__,
                "takes": call.takes,
                "last": call is last,
                # newer torch prints one setting of batch norms more than the homework's did
                "printed": repr(call.layer).replace("affine=True, bias=True", "affine=True"),
                "settings": settings(call.layer),
                "shape": call.shape,
                "predicted": predicted,
                "parameters": call.parameters,
                "multiply_adds": call.multiply_adds,
                "memory": BYTES * prod(call.shape),
                "sees_least": reach.min(),
                "sees": reach.max(),
                "sees_all": (reach == size).sum() ** 2,  # faces are square
            }
        )
    return pd.DataFrame(rows)


def is_chain(table: pd.DataFrame) -> bool:
    """Whether each of the `layers` feeds the next and no other."""
    return bool(fed_in_turn(table).all())


def fed_in_turn(table: pd.DataFrame) -> np.ndarray:
    """Of each of the `layers`, whether it takes the one before and no other: (L,) bool."""
    before = [INPUT, *table["name"]][:-1]
    takes = zip(table["takes"], before, strict=True)
    return np.array([names == (name,) for names, name in takes], bool)


def predict(layer: nn.Module, shape: Shape) -> Shape | None:
    """The output shape of one face by integer arithmetic alone, as derived in answer 6.

    None for a layer that has no formula here.
    """
    match layer:
        case nn.Conv2d():
            return (layer.out_channels, *(conv_output(*axis) for axis in _axes(layer, shape)))
        case nn.MaxPool2d():
            return (shape[0], *(pool_output(*axis) for axis in _axes(layer, shape)))
        case nn.Flatten():
            return (prod(shape),)
        case nn.Linear():
            return (*shape[:-1], layer.out_features)
        case nn.LeakyReLU() | nn.ReLU() | nn.BatchNorm2d() | nn.BatchNorm1d() | nn.Dropout():
            return shape
    return None


def _axes(layer: nn.Module, shape: Shape) -> list[tuple[int, int, int, int, int]]:
    """Size, then the settings, along height and along width."""
    return [(size, *layers_of([layer], axis)[0]) for axis, size in enumerate(shape[1:])]


def settings(layer: nn.Module) -> str:
    """What is to be known to build the layer again, in words."""
    match layer:
        case nn.Conv2d():
            (k, s, p, d), across = layers_of([layer])[0], layers_of([layer], 1)[0].kernel
            sizes = f"{layer.in_channels}→{layer.out_channels}"
            more = f", dilation {d}" * (d > 1) + f", groups {layer.groups}" * (layer.groups > 1)
            return f"{k}×{across}, {sizes}, stride {s}, padding {p}{more}"
        case nn.MaxPool2d():
            return f"{layer.kernel_size}×{layer.kernel_size}, stride {layer.stride}"
        case nn.Linear():
            return f"{layer.in_features}→{layer.out_features}"
        case nn.LeakyReLU():
            return f"slope {layer.negative_slope} below 0"
        case nn.BatchNorm2d() | nn.BatchNorm1d():
            return f"ε {layer.eps:g}, momentum {layer.momentum}"
        case nn.Dropout():
            return f"p = {layer.p}"
    return ""


def blocks(table: pd.DataFrame) -> pd.DataFrame:
    """`layers` with activations and batch norms joined to the layer that they follow.

    The settings are that layer's alone: those of the others are the same everywhere.
    """
    # the running count of layers that are not joined numbers the blocks
    joined = table["layer"].str.contains("ReLU|BatchNorm")
    grouped = table.groupby((~joined).cumsum()).agg(
        layer=("layer", " → ".join),
        settings=("settings", "first"),
        shape=("shape", "last"),
        parameters=("parameters", "sum"),
    )
    return grouped.rename_axis(None)


def times(shape: Shape) -> str:
    """(512, 6, 6) → '512×6×6'."""
    return "×".join(map(str, shape))


def totals(table: pd.DataFrame) -> pd.Series:
    """The network as a whole, from its `layers`.

    layers, convolutions, parameters, dense_share (of these, in the first dense layer),
    multiply_adds, convolution_share (of these, in convolutions), memory, and of the last
    convolution: sees_least, sees, sees_all and units (places of its output).
    """
    convolutions, dense = (table[table["layer"] == kind] for kind in ("Conv2d", "Linear"))
    parameters, work = table["parameters"].sum(), table["multiply_adds"].sum()
    maps = table[table["shape"].map(len) == 3]
    # where nothing convolves, the last map stands in its place
    last = (table[table["last"]] if len(convolutions) else maps).iloc[-1]
    return pd.Series(
        {
            "layers": len(table),
            "convolutions": len(convolutions),
            "parameters": parameters,
            # 0 where there is no dense layer
            "dense_share": dense["parameters"].head(1).sum() / parameters,
            "multiply_adds": work,
            "convolution_share": convolutions["multiply_adds"].sum() / work,
            "memory": table["memory"].sum(),
            **last[["sees_least", "sees", "sees_all"]],
            "units": prod(last["shape"][1:]),
        },
        # else whole numbers would become floats beside the shares
        dtype=object,
    )


def beside_homework(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that the homework prints beside ours, as far as the longer goes.

    `table` is from `layers`; the homework prints no Flatten. Columns: homework, homework_shape,
    ours, our_shape, same (layer, all its settings, and shape).
    """
    theirs = pd.read_csv(HOMEWORK, sep="\t", names=["homework", "homework_shape"])
    # row by row, not aligned: after a missing layer no row of the homework's matches any more
    ours = table[table["layer"] != "Flatten"].reset_index()
    ours = pd.DataFrame({"ours": ours["printed"], "our_shape": ours["shape"].map(times)})
    beside = pd.concat([theirs, ours], axis=1).fillna("")
    same_shape = beside["homework_shape"] == beside["our_shape"]
    beside["same"] = (beside["homework"] == beside["ours"]) & same_shape
    return beside.set_axis(range(1, len(beside) + 1))
