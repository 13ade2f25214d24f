"""What each filter of the last convolution stands for: its class, its action unit, its duplicate.

A filter's response to a face is its highest activation over the places of the face, taken before
the activation function, where it falls as well as it rises. Places at the rim, whose receptive
field hangs over the face's edge, see the padding's zeros and are left out; the others see the
whole face all the same. (A network whose units see more than a face has no such place: all count.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata
from torch import Tensor, nn

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import Face, render, revert
from fer_lib.questions.intervals import share
from fer_lib.questions.maximisation import LastConv, Maximised

BATCH = 64  # faces at a time
WITNESSES = 32  # faces on which a unit is tried: those in which it is strongest
DUPLICATE = 0.9  # correlation from which two filters say the same
FOLLOWS = 0.5  # deviations by which a unit must move its filter, and twice as far as any other
SELECTIVE = 0.5  # selectivity from which a filter speaks for a class
NOT_CLIMBED = Maximised(np.zeros(0), np.zeros(0), np.zeros(0, int))  # where no pattern is wanted


@dataclass(frozen=True)
class Responses:
    """What N faces do to F filters.

    Shapes: highest and lowest (N, F) float32; highest_at and lowest_at (N, F, 2) int, the row and
    the column of the face where the unit's receptive field begins; correlation (F, F), between
    filters over all places of all faces, 0 for a filter that never moves.
    """

    highest: np.ndarray
    lowest: np.ndarray
    highest_at: np.ndarray
    lowest_at: np.ndarray
    correlation: np.ndarray


@torch.no_grad()
def responses(model: nn.Module, images: np.ndarray, layer: str | None = None) -> Responses:
    """The filters' responses to faces (N, 48, 48) uint8; `layer` names another convolution.

    Raises ValueError for no face, UserError for no such convolution.
    """
    if not len(images):
        raise ValueError("no face to respond to; give at least one")
    conv = LastConv.of(model, layer)
    parts: list[list[Tensor]] = []
    width = conv.last.out_channels
    # Sums over all places, in double: single precision would lose the small variances.
    total, products = torch.zeros(width).double(), torch.zeros(width, width).double()
    for start in range(0, len(images), BATCH):
        maps = _maps(conv, images[start : start + BATCH])  # (n, F, places)
        parts.append([*maps.max(2), *maps.min(2)])
        rows = maps.transpose(1, 2).flatten(0, 1)  # (n · places, F)
        total += rows.sum(0).cpu()
        products += (rows.T @ rows).cpu()
    high, high_at, low, low_at = (torch.cat(p).cpu().numpy() for p in zip(*parts, strict=True))
    pixels = np.array([conv.field.window(unit).start for unit in conv.inside()])
    # a place is its row times their number plus its column
    high_at, low_at = (
        np.stack([pixels[i] for i in np.divmod(at, len(pixels))], -1) for at in (high_at, low_at)
    )
    count = len(images) * len(pixels) ** 2
    mean = total / count
    covariance = (products / count - torch.outer(mean, mean)).numpy()
    deviation = np.sqrt(np.maximum(covariance.diagonal(), 0))
    scale = np.where(deviation > 1e-6, deviation, np.inf)  # what never moves correlates with none
    correlation = np.clip(covariance / np.outer(scale, scale), -1, 1)
    np.fill_diagonal(correlation, 1)
    return Responses(high, low, high_at, low_at, correlation)


def _maps(conv: LastConv, images: np.ndarray) -> Tensor:
    """The activations at the places that count: (N, 48, 48) uint8 → (N, F, places)."""
    inside = slice(conv.inside().start, conv.inside().stop)
    return conv.maps(torch.as_tensor(images)[:, None] / 255)[:, :, inside, inside].flatten(2)


def windows(
    heights: np.ndarray, corners: np.ndarray, images: np.ndarray, size: int, k: int = 5
) -> np.ndarray:
    """What raises each filter most: a crop of k faces, the highest first, (F, k, size, size).

    `heights` (N, F) and `corners` (N, F, 2) are `highest` and `highest_at` of the `Responses` to
    `images` (N, 48, 48) uint8; with −`lowest` and `lowest_at` it is what lowers each filter most.
    Beyond the face is mid-grey.
    """
    top = np.argsort(-heights, axis=0, kind="stable")[:k].T  # (F, k)
    # padded by a whole window, so that no crop can leave the picture
    grey = np.pad(images, ((0, 0), (size, size), (size, size)), constant_values=128)
    row, column = np.moveaxis(corners[top, np.arange(len(top))[:, None]] + size, 2, 0)  # (F, k)
    return sliding_window_view(grey, (size, size), axis=(1, 2))[top, row, column]


def selectivity(
    highest: np.ndarray, labels: np.ndarray, classes: int = len(EXPRESSIONS)
) -> np.ndarray:
    """How surely a filter tells each class from the rest: (N, F), (N,) → (F, K).

    1: every face of the class raises it more than every other face; 0: as often more as less;
    −1: never. It is 2 · AUC − 1, the rank-biserial correlation; nan where a class or the rest has
    no face.
    """
    own = labels[:, None] == np.arange(classes)  # (N, K)
    # a class's ranks, less the least that they could add up to, count the faces that it beats
    n = own.sum(0)
    wins = rankdata(highest, axis=0).T @ own - n * (n + 1) / 2  # Mann & Whitney's U
    return 2 * share(wins, n * (len(own) - n)) - 1


@torch.no_grad()
def unit_effects(
    model: nn.Module, faces: Sequence[Face], responses: Responses, layer: str | None = None
) -> pd.DataFrame:
    """How far each action unit moves each filter: a row a filter, a column a unit.

    The unit is taken back from the faces in which it is strongest, and the filter's response is
    compared with and without: the mean difference, in deviations of the filter over `faces`, whose
    responses are `responses`. Positive: the unit raises the filter. A unit of no face is left out.
    """
    conv = LastConv.of(model, layer)
    deviation = np.maximum(responses.highest.std(0), 1e-6)
    effects = {}
    for unit in UNITS:
        # faces that show the unit weakly would hardly move, and only add noise
        strength = np.array([face.units.get(unit, 0.0) for face in faces])
        chosen = np.argsort(-strength, kind="stable")[:WITNESSES]
        chosen = chosen[strength[chosen] > 0]
        if len(chosen):
            without = render([revert(faces[i], unit) for i in chosen])
            reverted = _maps(conv, without).amax(2).cpu().numpy()  # (n, F)
            effects[unit] = (responses.highest[chosen] - reverted).mean(0) / deviation
    return pd.DataFrame(effects)


def describe(
    maximised: Maximised,
    responses: Responses,
    labels: np.ndarray,
    effects: pd.DataFrame | None = None,
    classes: Sequence[str] = EXPRESSIONS,
) -> pd.DataFrame:
    """A row a filter: what its pattern reaches, if it was climbed; if it lives; what it speaks for.

    A filter is dead that no face raises above 0: past the leaky activation it is next to nothing.
    `expression` is missing where one class has all the faces.
    `duplicate` is the filter whose activations follow its own most closely, missing below
    `DUPLICATE`. With `effects` of action units, `unit` is the one that it follows, missing where
    there is none, and `effect` is that of its strongest. All are of all filters.
    """
    own = selectivity(responses.highest, labels, len(classes))
    highest = responses.highest.max(0)
    pattern = np.full(len(own), np.nan)
    pattern[maximised.filters] = maximised.activations
    # nan, of a class without faces, must not win
    best = np.nan_to_num(own, nan=-1).argmax(1)
    selective = pd.Series(own[np.arange(len(own)), best])  # nan where all faces are of one class
    others = responses.correlation - 2 * np.eye(len(own))  # below any other: none is its own
    duplicate = pd.Series(others.argmax(1), dtype="Int64")
    rows = pd.DataFrame(
        {
            "pattern": pattern,
            "best_face": highest,
            "live": highest > 0,
            "expression": pd.Series(np.array(classes)[best]).where(selective.notna()),
            "selectivity": selective,
            "duplicate": duplicate.where(others.max(1) >= DUPLICATE),
        }
    ).rename_axis("filter")
    if effects is None:
        return rows
    sizes = effects.abs()
    # the unit must stand out: a filter that many units move follows none
    second, first = np.sort(sizes, axis=1)[:, -2:].T
    follows = (first >= FOLLOWS) & (first >= 2 * second)
    return rows.assign(
        unit=sizes.idxmax(axis=1).astype("Int64").where(follows),
        effect=effects.where(sizes.eq(first, axis=0)).max(axis=1),  # the largest, with its sign
    )


def shown(
    responses: Responses,
    labels: np.ndarray,
    count: int = 16,
    classes: Sequence[str] = EXPRESSIONS,
) -> np.ndarray:
    """The filters that a page shows: the most selective, and the most of each class; by number.

    For a network of which not all can be climbed.
    """
    rows = describe(NOT_CLIMBED, responses, labels, classes=classes)
    live = rows[rows["live"]].sort_values("selectivity", ascending=False)
    # sorted as page 5 sorts them, so that a tie has the same winner
    first = live.groupby("expression").head(1).index
    return np.union1d(most_selective(rows, count), first).astype(int)


def most_selective(rows: pd.DataFrame, count: int) -> np.ndarray:
    """The `count` most selective of the live filters, the first most."""
    live = rows[rows["live"]].sort_values("selectivity", ascending=False, kind="stable")
    return live.index.to_numpy()[:count]


def cluster_order(correlation: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """`chosen` filters in an order in which those that answer alike stand together.

    The leaves of an average-linkage tree over 1 − correlation, turned so that neighbours are as
    close as they can be (Bar-Joseph et al. 2001).
    """
    if len(chosen) < 3:
        return chosen
    distance = 1 - correlation[np.ix_(chosen, chosen)]
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    return chosen[leaves_list(tree)]


class FilterCounts(NamedTuple):
    """How many filters there are, answer to some face, have a duplicate.

    `beaten` of the `climbed` are those that their pattern excites more than any face does. `clear`
    counts the live filters that speak for each expression, `units` those that follow each action
    unit, None without units; the most first. `both` do both.
    """

    filters: int
    live: int
    duplicates: int
    beaten: int
    climbed: int
    clear: pd.Series
    units: pd.Series | None
    both: int = 0


def count_filters(rows: pd.DataFrame) -> FilterCounts:
    """Count what `describe` says of each filter."""
    live = rows[rows["live"]]
    clear = live[live["selectivity"] >= SELECTIVE]
    return FilterCounts(
        filters=len(rows),
        live=len(live),
        duplicates=int(rows["duplicate"].notna().sum()),
        beaten=int((live["pattern"] > live["best_face"]).sum()),
        climbed=int(live["pattern"].notna().sum()),
        clear=clear["expression"].value_counts(),
        units=live["unit"].dropna().value_counts() if "unit" in live else None,
        both=int(clear["unit"].notna().sum()) if "unit" in live else 0,
    )


class Meaning(NamedTuple):
    """The class that a filter speaks for, the unit that it follows, and whether that lowers it."""

    expression: str | None
    unit: int | None
    lowered: bool


def meaning(rows: pd.DataFrame, filter_: int) -> Meaning:
    """What a row of `describe` says clearly of a filter."""
    row = rows.loc[filter_]
    expression = row["expression"] if row["selectivity"] >= SELECTIVE else None
    if pd.isna(row.get("unit")):
        return Meaning(expression, None, False)
    return Meaning(expression, int(row["unit"]), bool(row["effect"] < 0))


def label(rows: pd.DataFrame, filter_: int) -> str:
    """A filter's number, the class it speaks for, the unit it follows; − where that lowers it."""
    expression, unit, lowered = meaning(rows, filter_)
    words = [expression] if expression else []
    if unit:
        words.append(f"{'−' if lowered else ''}AU{unit}")
    return f"{filter_}\n{' '.join(words)}".rstrip()
