"""Every layer of a network, made from the network itself: predicted by formula, then measured."""

from math import prod

import pandas as pd
import torch
from torch import nn

from fer_lib.data.faceset import SIZE
from fer_lib.formatting import listing, percent, plural
from fer_lib.networks.inference import inference_copy
from fer_lib.networks.receptive_fields import layers_of, receptive_field
from fer_lib.networks.shapes import conv_output, pool_output

Shape = tuple[int, ...]  # of one face, without the batch
INPUT: Shape = (1, SIZE, SIZE)
BYTES = 4  # of a float32


def layers(model: nn.Module, shape: Shape = INPUT) -> pd.DataFrame:
    """A row a layer, in the order of the forward pass.

    Columns: name, layer, settings, predicted (by the formula of answer 6) and shape (measured),
    parameters, multiply_adds a face, sees (pixels a side that one output depends on), and
    memory (bytes of the output of one face, float32).

    Raises ValueError where a prediction misses the measurement, or a layer has no formula here.
    """
    rows, passed, predicted, whole = [], [], shape, max(shape[1:])
    for name, layer, found in measured(model, shape):
        predicted = predict(layer, predicted)
        if predicted != found:
            raise ValueError(f"{name} ({layer}): {predicted} by the formula, {found} measured")
        passed.append(layer)
        field = receptive_field(layers_of(passed))
        rows.append(
            {
                "name": name,
                "layer": type(layer).__name__,
                "settings": settings(layer),
                "predicted": predicted,
                "shape": found,
                "parameters": sum(p.numel() for p in layer.parameters()),
                "multiply_adds": multiply_adds(layer, found),
                # a flattened face is seen whole
                "sees": whole if len(found) == 1 else min(whole, field.size),
                "memory": BYTES * prod(found),
            }
        )
    return pd.DataFrame(rows)


def measured(model: nn.Module, shape: Shape = INPUT) -> list[tuple[str, nn.Module, Shape]]:
    """Pass one face through and note (name, layer, output shape) of every layer as it is called."""
    noted: list[tuple[str, nn.Module, Shape]] = []
    own = inference_copy(model)  # the model itself gets no hook and keeps its modes
    names = {layer: name for name, layer in own.named_modules() if not list(layer.children())}
    for leaf in names:
        leaf.register_forward_hook(
            lambda layer, _, output: noted.append((names[layer], layer, tuple(output.shape[1:])))
        )
    own(torch.zeros(1, *shape, device=next(own.parameters()).device))
    return noted


def predict(layer: nn.Module, shape: Shape) -> Shape:
    """The output shape of one face by integer arithmetic alone, as derived in answer 6."""
    match layer:
        case nn.Conv2d():
            return (layer.out_channels, *(conv_output(*along) for along in _axes(layer, shape)))
        case nn.MaxPool2d():
            return (shape[0], *(pool_output(*along) for along in _axes(layer, shape)))
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


def multiply_adds(layer: nn.Module, output: Shape) -> int:
    """Multiplications, each with its addition, for one face; biases and the rest count nothing."""
    if isinstance(layer, nn.Conv2d):
        return layer.weight[0].numel() * prod(output)
    if isinstance(layer, nn.Linear):
        return layer.in_features * prod(output)
    return 0


def settings(layer: nn.Module) -> str:
    """What is to be known to build the layer again, in words."""
    match layer:
        case nn.Conv2d():
            k, p = layer.kernel_size, layer.padding
            return f"{k[0]}×{k[1]}, {layer.in_channels}→{layer.out_channels}, padding {p[0]}"
        case nn.MaxPool2d():
            return f"{layer.kernel_size}×{layer.kernel_size}"
        case nn.Linear():
            return f"{layer.in_features}→{layer.out_features}"
        case nn.LeakyReLU():
            return f"slope {layer.negative_slope} below 0"
        case nn.Dropout():
            return f"p = {layer.p}"
    return ""


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """`layers`, written out, with a row of totals."""
    counted = table[["parameters", "multiply_adds", "memory"]]
    counted = pd.concat([counted, counted.sum().to_frame("total").T])
    text = pd.DataFrame(
        {
            "layer": table["layer"],
            "settings": table["settings"],
            "predicted": table["predicted"].map(times),
            "measured": table["shape"].map(times),
            "parameters": counted["parameters"].map("{:,}".format).replace("0", ""),
            "multiply-adds": counted["multiply_adds"].map("{:,}".format).replace("0", ""),
            "sees": [*(f"{side}×{side}" for side in table["sees"]), ""],
            "KiB a face": [f"{size / 1024:,.1f}" for size in counted["memory"]],
        },
        index=counted.index,
    )
    return text.fillna("").set_axis([*range(1, len(table) + 1), "total"])


def times(shape: Shape) -> str:
    """(512, 6, 6) → '512×6×6'."""
    return "×".join(map(str, shape))


def totals(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The networks side by side: a column each, from their `layers`."""
    columns = {}
    for name, table in tables.items():
        convolutions, dense, work = _convolutions(table), *_shares(table)
        columns[name] = {
            "layers": str(len(table)),
            "convolutions": str(len(convolutions)),
            "parameters": f"{table['parameters'].sum():,}",
            "of these in the first dense layer": percent(dense),
            "multiply-adds a face": f"{table['multiply_adds'].sum():,}",
            "of these in convolutions": percent(work),
            "the last convolution sees": f"{convolutions['sees'].iloc[-1]} pixels a side",
            "outputs of all layers": f"{table['memory'].sum() / 2**20:.1f} MiB a face",
        }
    return pd.DataFrame(columns)


def _convolutions(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["layer"] == "Conv2d"]


def _shares(table: pd.DataFrame) -> tuple[float, float]:
    """Of the parameters in the first dense layer, of the multiply-adds in convolutions."""
    parts = table.groupby("layer")
    dense = parts["parameters"].first()["Linear"] / table["parameters"].sum()
    return dense, parts["multiply_adds"].sum()["Conv2d"] / table["multiply_adds"].sum()


def answer(table: pd.DataFrame) -> str:
    """The page's answer in three sentences, from DeepCNN's `layers`."""
    convolutions, dense, work = _convolutions(table), *_shares(table)
    blocks = convolutions.groupby(convolutions["shape"].map(times), sort=False).size()
    counts = listing(f"{n} of {shape}" for shape, n in blocks.items())
    return (
        f"DeepCNN has {len(table)} layers in one line, each feeding the next: "
        f"{len(convolutions)} convolutions ({counts}), then two dense layers. "
        f"It has **{table['parameters'].sum():,} parameters**, {percent(dense, 0)} of them in the "
        f"first dense layer, and needs {table['multiply_adds'].sum() / 1e9:.2f} billion "
        f"multiply-adds a face, {percent(work, 0)} of them in the convolutions. "
        "Every output shape below is predicted by answer 6's formula and measured; they agree."
    )


def reading(table: pd.DataFrame, batch: int) -> str:
    """What the table tells at a second look: where memory and work go, from `layers`."""
    convolutions = _convolutions(table)
    heaviest = convolutions[convolutions["multiply_adds"] == convolutions["multiply_adds"].max()]
    share = heaviest["multiply_adds"].sum() / table["multiply_adds"].sum()
    outputs = {prod(shape) for shape in convolutions["shape"]}
    text = (
        f"To learn from a batch of {batch} faces, all outputs are kept for the way back: "
        f"{batch * table['memory'].sum() / 2**20:,.0f} MiB, beside "
        f"{BYTES * table['parameters'].sum() / 2**20:,.0f} MiB of weights. "
        f"The heaviest layers are the {plural(len(heaviest), 'convolution')} of "
        f"{heaviest['settings'].iloc[0]}, with {percent(share, 0)} of the work. "
    )
    if len(outputs) == 1:
        text += (
            f"Every convolution gives {outputs.pop():,} numbers: pooling quarters the pixels, and "
            "the next block has four times the channels."
        )
    return text


def reading_both(deep: pd.DataFrame, shallow: pd.DataFrame) -> str:
    """What the second network saves, and what it loses, from the `layers` of both."""
    work = deep["multiply_adds"].sum() / shallow["multiply_adds"].sum()
    saved = 1 - shallow["parameters"].sum() / deep["parameters"].sum()
    sees = [_convolutions(table)["sees"].iloc[-1] for table in (deep, shallow)]
    return (
        f"ShallowCNN needs {work:.1f} times less work with {percent(saved, 0)} fewer parameters, "
        "for both have the same first dense layer. What it loses is sight: an output of its last "
        f"convolution sees {sees[1]} pixels a side where DeepCNN's sees {sees[0]}, which is "
        f"{'the whole face' if sees[0] == SIZE else 'more of the face'}."
    )
