"""What page 1 says in sentences that depend on the network."""

from itertools import pairwise
from math import prod

import pandas as pd

from fer_lib.data.faceset import SIZE
from fer_lib.formatting import listing, percent, plural
from fer_lib.questions.architecture import BYTES, fed_in_turn, is_chain, times, totals


def architecture_answer(name: str, table: pd.DataFrame) -> str:
    """What the network is made of, and where its weights and its work lie; `table` of `layers`."""
    total, dense = totals(table), (table["layer"] == "Linear").sum()
    shapes = table.loc[table["layer"] == "Conv2d", "shape"].map(times).value_counts(sort=False)
    form = f"{total.layers} layers in branches"
    if is_chain(table):
        form = f"a chain of {total.layers} layers, each feeding the next"
    kinds = [plural(total.convolutions, "convolution")]
    if total.convolutions:
        kinds[0] += f" ({listing(f'{n} of {shape}' for shape, n in shapes.items())})"
    kinds += [plural(dense, "dense layer")] if dense else []
    size, unit = (1e9, "billion") if total.multiply_adds >= 1e9 else (1e6, "million")
    held = f", {percent(total.dense_share, 0)} of them in the first dense layer" if dense else ""
    return (
        f"{name} is {form}: {listing(kinds)}. It has **{total.parameters:,} parameters**{held}. "
        f"A face takes {total.multiply_adds / size:.2f} {unit} multiply-adds, "
        f"{percent(total.convolution_share, 0)} of them in the convolutions."
    )


def connections(table: pd.DataFrame) -> str:
    """Which layers are fed by another than the one before."""
    if is_chain(table):
        return "Each layer feeds the next and no other."
    rows = zip(table["name"], table["takes"], ~fed_in_turn(table), strict=True)
    other = [f"`{name}` takes {listing(takes)}" for name, takes, odd in rows if odd]
    more = f", and {len(other) - 8} more are not fed by the one before" if len(other) > 8 else ""
    return f"Each layer feeds the next but for these: {'; '.join(other[:8])}{more}."


def memory_and_work(table: pd.DataFrame, batch: int) -> str:
    """What training keeps in memory, and which layers do most of the work."""
    total, work = totals(table), table["multiply_adds"]
    heaviest = table[work == work.max()]
    which = f"{len(heaviest)} heaviest layers" if len(heaviest) > 1 else "heaviest layer"
    text = (
        "Training keeps the outputs of all layers until the gradients have been computed. "
        f"For a batch of {batch} faces that is {batch * total.memory / 2**20:,.0f} MiB, "
        f"beside {BYTES * total.parameters / 2**20:,.0f} MiB of weights. The {which} "
        f"({heaviest['settings'].iloc[0] or heaviest['layer'].iloc[0]}) "
        f"{'do' if len(heaviest) > 1 else 'does'} "
        f"{percent(heaviest['multiply_adds'].sum() / total.multiply_adds, 0)} of the work."
    )
    shapes = table.loc[table["layer"] == "Conv2d", "shape"]
    ratios = {b[0] / a[0] for a, b in pairwise(shapes)}
    pooled = (table["layer"] == "MaxPool2d").any()
    if pooled and shapes.map(prod).nunique() == 1 and ratios in ({4}, {1, 4}):
        text += (
            " Pooling leaves a quarter of the pixels and the next block has four times the "
            "channels, so every convolution gives the same number of outputs."
        )
    return text


def beside(both: pd.DataFrame) -> str:
    """The first network of `totals`, a column each, beside the others; what each sees."""
    name, network = both.columns[0], both.iloc[:, 0]
    rest = [
        f"{network.multiply_adds / other.multiply_adds:.2g} times the multiply-adds and "
        f"{network.parameters / other.parameters:.2g} times the parameters of {title}"
        for title, other in both.iloc[:, 1:].items()
    ]
    least = network.sees_least
    sees = (
        f"{network.sees_all} of the {network.units} units of {name}'s last convolution see the "
        f"whole face; those at the corners see {least} × {least} pixels."
        if network.sees_all
        else f"A unit of {name}'s last convolution depends on at most {network.sees} × "
        f"{network.sees} of the face's {SIZE} × {SIZE} pixels."
    )
    return f"{name} has {listing(rest)}. {sees}"
