"""Question 1: every layer of a network, predicted by formula, then measured."""

from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from fer_lib.data.faceset import SIZE
from fer_lib.networks.models import inference_copy
from fer_lib.networks.receptive_fields import layers_of, receptive_field
from fer_lib.networks.shapes import conv_output, pool_output

Shape = tuple[int, ...]  # of one face, without the batch
INPUT: Shape = (1, SIZE, SIZE)
BYTES = 4  # of a float32
# the homework's printed table: a line a layer, its settings as torch prints them, a tab, its shape
HOMEWORK = Path(__file__).with_name("homework_table.txt")


def layers(model: nn.Module, shape: Shape = INPUT) -> pd.DataFrame:
    """A row a layer, in the order of the forward pass.

    Columns: name, layer, printed (as torch prints it), settings (in words), shape (predicted by
    the formula of answer 6, and measured), parameters, multiply_adds a face, memory (bytes of one
    face's output, float32), and what one output depends on: sees_least and sees, the pixels a
    side at the corner and in the middle, and sees_all, how many units see the whole face.

    Raises ValueError where a prediction misses the measurement, or a layer has no formula here.
    """
    rows, passed, predicted, size = [], [], shape, shape[1]
    for name, layer, measured in measured_shapes(model, shape):
        predicted = predict(layer, predicted)
        if predicted != measured:
            raise ValueError(f"{name} ({layer}): {predicted} by the formula, {measured} measured")
        passed.append(layer)
        weights = layer.weight[0].numel() if isinstance(layer, nn.Conv2d | nn.Linear) else 0
        # after flattening, every unit may see everything
        sides = visible_sides(passed, measured[1], size) if len(measured) > 1 else np.array([size])
        rows.append(
            {
                "name": name,
                "layer": type(layer).__name__,
                # newer torch prints one setting of batch norms more than the homework's did
                "printed": repr(layer).replace("affine=True, bias=True", "affine=True"),
                "settings": settings(layer),
                "shape": measured,
                "parameters": sum(p.numel() for p in layer.parameters()),
                # an output sums over one row of weights; biases and the rest count nothing
                "multiply_adds": weights * prod(measured),
                "memory": BYTES * prod(measured),
                "sees_least": sides.min(),
                "sees": sides.max(),
                "sees_all": (sides == size).sum() ** 2,  # faces are square
            }
        )
    return pd.DataFrame(rows)


def measured_shapes(model: nn.Module, shape: Shape) -> list[tuple[str, nn.Module, Shape]]:
    """Pass one face through and note (name, layer, output shape) of every layer as it is called."""
    calls: list[tuple[str, nn.Module, Shape]] = []
    copy = inference_copy(model)  # the model itself gets no hook and keeps its modes
    names = {layer: name for name, layer in copy.named_modules() if not list(layer.children())}
    for leaf in names:
        leaf.register_forward_hook(
            lambda layer, _, output: calls.append((names[layer], layer, tuple(output.shape[1:])))
        )
    # zeros do: a shape does not depend on what the picture shows
    copy(torch.zeros(1, *shape, device=next(copy.parameters()).device))
    return calls


def predict(layer: nn.Module, shape: Shape) -> Shape:
    """The output shape of one face by integer arithmetic alone, as derived in answer 6."""
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
    raise ValueError(f"no formula for {type(layer).__name__}; add it to `predict`")


def _axes(layer: nn.Module, shape: Shape) -> list[tuple[int, int, int, int, int]]:
    """Size, then the settings, along height and along width."""
    return [(size, *layers_of([layer], axis)[0]) for axis, size in enumerate(shape[1:])]


def visible_sides(passed: list[nn.Module], units: int, size: int) -> np.ndarray:
    """Pixels of the face along one axis that each unit depends on: (units,).

    At the border a unit's receptive field lies partly in the padding, which is no face.
    """
    field = receptive_field(layers_of(passed))
    first = field.start + field.jump * np.arange(units)
    return np.minimum(first + field.size, size) - np.maximum(first, 0)


def settings(layer: nn.Module) -> str:
    """What is to be known to build the layer again, in words."""
    match layer:
        case nn.Conv2d():
            (k, _), (s, _), p = layer.kernel_size, layer.stride, layer.padding[0]
            sizes = f"{layer.in_channels}→{layer.out_channels}"
            return f"{k}×{k}, {sizes}, stride {s}, padding {p}"
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
    joined = table["layer"].str.contains("ReLU|BatchNorm")
    return table.groupby((~joined).cumsum()).agg(
        layer=("layer", " → ".join),
        settings=("settings", "first"),
        shape=("shape", "last"),
        parameters=("parameters", "sum"),
    )


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
    last = convolutions.iloc[-1]
    return pd.Series(
        {
            "layers": len(table),
            "convolutions": len(convolutions),
            "parameters": parameters,
            "dense_share": dense["parameters"].iloc[0] / parameters,
            "multiply_adds": work,
            "convolution_share": convolutions["multiply_adds"].sum() / work,
            "memory": table["memory"].sum(),
            **last[["sees_least", "sees", "sees_all"]],
            "units": prod(last["shape"][1:]),
        },
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
