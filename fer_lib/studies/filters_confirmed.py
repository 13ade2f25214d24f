"""Whether what is said of filters holds on other faces, and how often it is said without training.

Of hundreds of filters some look selective by chance on the faces on which they were chosen. So what
is named on one half of the faces is looked for again on the other; and the same is asked of
a network with random weights, in which nothing was learned.
"""

import numpy as np
import pandas as pd
import torch
from torch import nn

from fer_lib.data.faceset import Split
from fer_lib.networks.models import build
from fer_lib.questions import filters


def confirmed(model: nn.Module, faces: Split) -> pd.DataFrame:
    """How many filters are named on one half of the faces, and named so on the other half too.

    Rows: expression, that a filter speaks for, and, where faces have a truth, unit, that it
    follows; columns: named, confirmed. Raises ValueError for fewer than two faces.
    """
    # at random, for a set may lie class by class
    order = np.random.default_rng(0).permutation(len(faces))
    first, second = (_named(model, faces[order[start::2]]) for start in (0, 1))
    named = first.notna()
    return pd.DataFrame({"named": named.sum(), "confirmed": (first == second)[named].sum()})


def _named(model: nn.Module, faces: Split) -> pd.DataFrame:
    """The expression and the unit of each filter, missing where it has none: a row a filter."""
    responses = filters.responses(model, faces.images)
    effects = filters.unit_effects(model, faces.truth, responses) if faces.truth else None
    rows = filters.describe(filters.NOT_CLIMBED, responses, faces.labels, effects, faces.classes)
    clear = rows["live"] & (rows["selectivity"] >= filters.SELECTIVE)
    names = {"expression": rows["expression"].where(clear)}
    if effects is not None:
        names["unit"] = rows["unit"].where(rows["live"])
    return pd.DataFrame(names)


def untrained(name: str, faces: Split) -> pd.DataFrame:
    """The same of a network of this name with random weights, seed 0."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return confirmed(build(name, len(faces.classes)), faces)
