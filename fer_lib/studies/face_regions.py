"""Where in the face a map lies: the parts of the face, and the heat on them.

A drawn face knows its parts. A photograph does not: there, fixed parts of the mean face stand for
everybody's, for FER2013's faces are registered, to a few pixels.
"""

from collections.abc import Sequence

import numpy as np

from fer_lib.data.faceset import SIZE
from fer_lib.drawn.faces import Face, region_masks
from fer_lib.questions.intervals import share

# In the order in which they claim a pixel; what no part claims is skin between them.
PARTS = ("mouth", "eyes", "brows", "nose", "forehead", "cheeks", "hair", "shoulders", "background")
REGIONS = (*PARTS, "other skin")

# Read off the mean of FER2013's Training faces: (top, bottom, left, right), mirrored at column 24.
BOXES = {
    "mouth": (33, 44, 14, 24),
    "eyes": (15, 21, 8, 21),
    "brows": (9, 15, 7, 24),
    "nose": (15, 32, 20, 24),
    "cheeks": (21, 33, 6, 20),
    "forehead": (0, 9, 8, 24),
}
HEAD = (22, 27, 17.5)  # the head's ellipse: middle row, half its height, half its width


def fixed_regions() -> np.ndarray:
    """The parts of the mean face: (48, 48) int, an index into `REGIONS`."""
    # pixels' middles, so that none lies on the edge of a box
    row, column = np.mgrid[:SIZE, :SIZE] + 0.5
    middle, height, width = HEAD
    head = ((row - middle) / height) ** 2 + ((column - SIZE / 2) / width) ** 2 <= 1
    side = np.minimum(column, SIZE - column)  # from the nearer edge: both halves at once
    masks = {
        name: head & (row > top) & (row < bottom) & (side > left) & (side < right)
        for name, (top, bottom, left, right) in BOXES.items()
    }
    # outside the head a row decides: hair above, shoulders below
    masks |= {"hair": ~head & (row < 21), "shoulders": ~head & (row > 38), "background": ~head}
    return _labelled(masks)


def drawn_regions(faces: Sequence[Face]) -> np.ndarray:
    """The parts of each drawn face: (N, 48, 48) int, indices into `REGIONS`."""
    labels = [_labelled(region_masks(face)) for face in faces]
    return np.array(labels, dtype=int).reshape(-1, SIZE, SIZE)


def _labelled(masks: dict[str, np.ndarray]) -> np.ndarray:
    # where parts overlap, the first of them claims the pixel
    return np.select([masks[name] for name in PARTS], list(range(len(PARTS))), len(PARTS))


def sums(values: np.ndarray | int, regions: np.ndarray) -> np.ndarray:
    """The sum of values on each region, its pixels where they are 1: (N, 48, 48) → (N, 10)."""
    each = [(values * (regions == index)).sum((1, 2)) for index in range(len(REGIONS))]
    return np.stack(each, axis=1)


def densities(heat: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Heat per pixel on each region; 1 is the image's average, nan a region the face lacks.

    A share of the heat would favour large regions. nan for a dead map.
    Shapes: heat (N, 48, 48) ≥ 0, regions (48, 48) or (N, 48, 48) → (N, 10).
    """
    regions = np.broadcast_to(regions, heat.shape)
    # heat a pixel there, over heat a pixel of the whole image
    return share(share(sums(heat, regions), sums(1, regions)), heat.mean((1, 2))[:, None])
