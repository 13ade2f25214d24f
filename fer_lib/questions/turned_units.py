"""What a network says of a drawn face as one of its action units is turned from nothing to full."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fer_lib.data.faceset import EXPRESSIONS, SIZE, to_input
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import Face, render, with_units
from fer_lib.questions.saliency import gradient
from fer_lib.training.run import Run

STRENGTHS = tuple(step / 10 for step in range(11))
CELL = 2  # pixels a side of a map's cell: its mean is steadier than a pixel, and a page holds it


@dataclass(frozen=True)
class Turned:
    """Faces, each with every unit at every strength, and what the network says of them.

    Shapes: images (N, 48, 48) uint8 of the faces as drawn, before (N, 7) the probabilities of
    these; frames (N, 18, 11, 48, 48) uint8, their probabilities now (N, 18, 11, 7), and maps
    (N, 18, 11, 24, 24): the gradient of the class with the highest, in logits per grey unit.
    """

    faces: tuple[Face, ...]
    images: np.ndarray
    before: np.ndarray
    frames: np.ndarray
    now: np.ndarray
    maps: np.ndarray


def turn(run: Run, faces: Sequence[Face]) -> Turned:
    """Turn each unit of each face: 198 drawn faces and as many gradients a face."""
    shape = len(faces), len(UNITS), len(STRENGTHS)
    images = render(faces)
    frames = render([with_units(f, {u: s}) for f in faces for u in UNITS for s in STRENGTHS])
    now = run.predict(frames)
    named = torch.as_tensor(now.argmax(1))
    maps = gradient(run.model, to_input(frames), named).numpy()
    # (N, units, strengths, 24, 2, 24, 2): the mean over both axes of two
    cells = maps.reshape(*shape, SIZE // CELL, CELL, SIZE // CELL, CELL).mean((4, 6))
    return Turned(
        tuple(faces),
        images,
        run.predict(images),
        frames.reshape(*shape, SIZE, SIZE),
        now.reshape(*shape, len(EXPRESSIONS)),
        cells,
    )
