"""What the network goes by, found by changing the face and looking at the logit.

A drawn face gives one action unit back at a time: what the logit loses by it is that unit's part
in the decision, as FunnyBirds (Hesse et al. 2023) takes parts off a bird. A photograph gives
nothing back; there, a region is covered with the mean face's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, SIZE, to_input
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import Face, avoid_masks, render, revert
from fer_lib.networks.models import inference_copy
from fer_lib.questions.intervals import FEWEST, mean_interval
from fer_lib.questions.saliency import CHUNK
from fer_lib.studies.face_regions import REGIONS

CHANGED = 4  # grey levels: less than this is shading that nobody sees
MATTERS = 0.1  # of the face's largest drop: what costs less is no part of the truth


def logits(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """What a model says in eval mode: (N, 48, 48) uint8 → (N, K)."""
    device, own = next(model.parameters()).device, inference_copy(model)
    with torch.no_grad():
        chunks = [own(chunk.to(device)).cpu() for chunk in to_input(images).split(CHUNK)]
    return torch.cat(chunks).numpy()


@dataclass(frozen=True)
class Truth:
    """Drawn faces of which it is known what moved the network.

    Shapes: images (N, 48, 48) uint8, labels (N,), avoid (N, 48, 48) bool: what tells nothing of an
    expression. For each face, `masks` maps a unit to its pixels and `drops` to the logit lost, and
    `index` (N,) is its place among the faces that were asked.
    """

    images: np.ndarray
    labels: np.ndarray
    avoid: np.ndarray
    masks: tuple[dict[int, np.ndarray], ...]
    drops: tuple[dict[int, float], ...]
    index: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def decisive(self) -> np.ndarray:
        """The pixels of each face's units that matter: (N, 48, 48) bool.

        A network need not use all that was drawn for it (AttributionLab, Zhang et al. 2023), so a
        unit counts only if its drop is more than `MATTERS` of the face's largest.
        """
        decisive = np.zeros(self.images.shape, bool)
        for i, (masks, drops) in enumerate(zip(self.masks, self.drops, strict=True)):
            for unit, drop in drops.items():
                if drop > MATTERS * max(drops.values()):
                    decisive[i] |= masks[unit]
        return decisive


def truth(model: nn.Module, faces: Sequence[Face]) -> Truth:
    """Revert each unit of each face; faces of which no unit moves the logit are left out."""
    images, labels = render(faces), np.array([face.expression for face in faces], int)
    masks, drops = _reverted(model, faces, images, labels)
    index = [i for i in range(len(faces)) if max(drops[i].values(), default=0) > 0]
    avoid = np.zeros((len(index), SIZE, SIZE), bool)
    for row, i in zip(avoid, index, strict=True):
        # A dropped jaw moves the face's outline too: what a unit changes is never to be avoided.
        row |= np.logical_or.reduce(list(avoid_masks(faces[i]).values()))
        row &= ~np.logical_or.reduce(list(masks[i].values()))
    return Truth(
        images[index],
        labels[index],
        avoid,
        tuple(masks[i] for i in index),
        tuple(drops[i] for i in index),
        np.array(index, int),
    )


def _reverted(
    model: nn.Module, faces: Sequence[Face], images: np.ndarray, labels: np.ndarray
) -> tuple[list[dict[int, np.ndarray]], list[dict[int, float]]]:
    """For each face, what reverting each unit changes: its pixels, and the logit lost."""
    pairs = [(i, unit) for i, face in enumerate(faces) for unit in face.units]
    reverted = render([revert(faces[i], unit) for i, unit in pairs])
    before, after = logits(model, images), logits(model, reverted)
    masks: list[dict[int, np.ndarray]] = [{} for _ in faces]
    drops: list[dict[int, float]] = [{} for _ in faces]
    for (i, unit), image, without in zip(pairs, reverted, after, strict=True):
        # as int, for bytes wrap round below 0
        mask = np.abs(images[i].astype(int) - image) >= CHANGED
        # a unit of which nothing is seen cannot have moved the network
        if mask.any():
            masks[i][unit] = mask
            drops[i][unit] = float(before[i, labels[i]] - without[labels[i]])
    return masks, drops


def unit_falls(model: nn.Module, faces: Sequence[Face]) -> pd.DataFrame:
    """What each expression's logit loses by each of its units: a row per pair, the most first.

    Columns: expression, unit, faces (those that show the unit), fall (their mean), and low and
    high, its 95 % bootstrap interval over faces. Pairs of fewer than `FEWEST` faces are left out.
    """
    labels = np.array([face.expression for face in faces], int)
    _, drops = _reverted(model, faces, render(faces), labels) if len(faces) else ([], [])
    # a row a face, a column a unit, nan where the face does not show it; then a row of each value
    table = pd.DataFrame(drops, columns=list(UNITS)).assign(
        expression=[EXPRESSIONS[label] for label in labels]
    )
    lost = table.melt("expression").dropna().set_index(["expression", "variable"])["value"]
    rows = [
        (*pair, len(falls), *mean_interval(falls.to_numpy(float)))
        for pair, falls in lost.groupby(level=[0, 1])
        if len(falls) >= FEWEST
    ]
    columns = ["expression", "unit", "faces", "fall", "low", "high"]
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["expression", "fall"], ascending=[True, False], ignore_index=True
    )


def mean_covers(images: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The mean face, (48, 48), in the brightness and contrast of each of (N, 48, 48).

    A cover's edge then shows little.
    """
    grey = images.astype(float)
    centre, spread = grey.mean((1, 2), keepdims=True), grey.std((1, 2), keepdims=True)
    # or 1: a mean face of one grey level has no deviation to divide by
    scaled = np.clip((mean - mean.mean()) / (mean.std() or 1) * spread + centre, 0, 255)
    return scaled.round().astype(np.uint8)


def region_drops(
    model: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    regions: np.ndarray,
    covers: np.ndarray,
) -> np.ndarray:
    """The logit lost when a region is covered with that of another face: (N, 10).

    nan where the face lacks the region. Shapes: images, regions and covers (N, 48, 48), labels
    (N,).
    """
    each = np.arange(len(images))
    before = logits(model, images)[each, labels]
    # one region at a time: ten covered copies of every face at once would fill the memory
    drops = []
    for inside in (regions == index for index in range(len(REGIONS))):
        lost = before - logits(model, np.where(inside, covers, images))[each, labels]
        drops.append(np.where(inside.any((1, 2)), lost, np.nan))
    return np.stack(drops, axis=1)
