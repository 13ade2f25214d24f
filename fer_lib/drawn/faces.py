"""The embedded faces: stylised EMFACS stimuli, each a function of (seed, index) alone.

FER2013 may not be redistributed, so the report's default data is drawn. A drawn face knows what no
photograph tells: which action units are at work, how strongly, and which pixels each one changed.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS, SIZE, FaceSet, Split
from fer_lib.drawn.action_units import PROTOTYPES, UNITS
from fer_lib.drawn.canvas import TRAITS
from fer_lib.drawn.painting import paint
from fer_lib.errors import UserError

TRAIN, VALIDATION = 2560, 640  # faces of `embedded()`
FAINTEST = 0.1  # intensity runs from here to 1, alike in every class
NOISE = (4, SIZE, SIZE)  # random bytes of a face: four a pixel, so that their sum is near normal
CHUNK = 32  # faces painted at a time: their fields stay in a core's cache


@dataclass(frozen=True)
class Face:
    """One face: who it is (`traits`), what it does (`units`), and its label.

    `expression` is the label, 0 to 6 in the order of `EXPRESSIONS`; `intensity` is 0 to 1 for the
    whole expression, and `units` maps an action unit's number to its own intensity, 0 to 1.
    """

    seed: int
    index: int
    expression: int
    intensity: float
    units: dict[int, float]
    traits: dict[str, float]

    @property
    def name(self) -> str:
        """The label in words."""
        return EXPRESSIONS[self.expression]


def face(seed: int, index: int, expression: str | None = None) -> Face:
    """Face `index` of `seed`; `expression` gives the same person another expression.

    >>> face(0, 7) == face(0, 7)
    True
    """
    if index < 0 or seed < 0:
        raise UserError(f"no face {index} of seed {seed}: both are 0 or more")
    if expression is not None and expression not in EXPRESSIONS:
        raise UserError(f"no expression {expression!r}; there are {', '.join(EXPRESSIONS)}")
    # Every number is drawn whatever the expression: the same person then wears each of them.
    draws = _generator(seed, index, 0).random(4 + len(UNITS) + len(TRAITS))
    # one of the four is spare: without it all later numbers, and so the faces, would change
    choice, jitter, share = np.split(draws, [4, 4 + len(UNITS)])
    label = int(choice[0] * 7) if expression is None else EXPRESSIONS.index(expression)
    variants = PROTOTYPES[EXPRESSIONS[label]]
    variant = variants[int(choice[1] * len(variants))]
    # The square root makes strong expressions the more frequent ones.
    intensity = FAINTEST + (1 - FAINTEST) * float(np.sqrt(choice[2]))
    # nobody poses by the book: each unit is up to a quarter stronger or weaker
    factor = dict(zip(UNITS, 0.75 + 0.5 * jitter, strict=True))
    units = {u: min(1.0, float(factor[u]) * full * intensity) for u, full in variant.items()}
    ranges = zip(TRAITS.items(), share, strict=True)
    traits = {name: low + (high - low) * float(s) for (name, (low, high)), s in ranges}
    return Face(seed, index, label, intensity, units, traits)


def _generator(seed: int, index: int, stream: int) -> np.random.Generator:
    """Numbers of one face: a counter-based generator needs no history (Salmon et al. 2011)."""
    # the stream is part of the counter: traits and noise never meet
    return np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 0, stream]))


def with_units(original: Face, units: dict[int, float]) -> Face:
    """The same face with some units set anew, each 0 (taken back) to 1 (full)."""
    for unit, strength in units.items():
        if unit not in UNITS:
            raise UserError(f"no action unit {unit}; there are {', '.join(map(str, UNITS))}")
        if not 0 <= strength <= 1:
            raise UserError(f"action unit {unit} at {strength}: the intensity is 0 to 1")
    merged = {**original.units, **units}
    return replace(original, units={u: s for u, s in merged.items() if s > 0})


def full(original: Face) -> Face:
    """The same face with its expression at full strength."""
    # what the intensity took comes back; what the person does more or less of stays
    units = {u: min(1.0, s / original.intensity) for u, s in original.units.items()}
    return replace(original, intensity=1.0, units=units)


def revert(original: Face, unit: int) -> Face:
    """The same face with one action unit taken back."""
    return with_units(original, {unit: 0.0})


def render(faces: Sequence[Face]) -> np.ndarray:
    """Draw faces: (N, 48, 48) uint8."""
    images = np.empty((len(faces), SIZE, SIZE), np.uint8)

    # A face depends on no other, so the chunks may end in any order.
    def draw(start: int) -> None:
        chunk = slice(start, start + CHUNK)
        images[chunk] = _painted(faces[chunk])[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy lets go of the interpreter's lock
        list(pool.map(draw, range(0, len(faces), CHUNK)))
    return images


def _painted(faces: Sequence[Face]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Images (N, 48, 48) uint8, and what lies where, name → (N, 48, 48) bool."""
    units = {u: _column([f.units.get(u, 0.0) for f in faces]) for u in UNITS}
    traits = {t: _column([f.traits[t] for f in faces]) for t in TRAITS}
    noise = [_generator(f.seed, f.index, 1).integers(0, 256, NOISE, np.uint8) for f in faces]
    return paint(units, traits, np.stack(noise))


def _column(values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)[:, None, None]  # (N, 1, 1)


def unit_masks(original: Face) -> dict[int, np.ndarray]:
    """For each unit at work, the pixels that change when it alone is taken back: (48, 48) bool."""
    # the noise is the face's own, so two versions differ only where the unit acts
    versions = render([original, *(revert(original, unit) for unit in original.units)])
    return {u: versions[0] != v for u, v in zip(original.units, versions[1:], strict=True)}


def expression_mask(original: Face) -> np.ndarray:
    """The pixels that any of the face's units changed: (48, 48) bool, the masks' union."""
    nothing = np.zeros((SIZE, SIZE), bool)  # a neutral face has no unit at work
    return np.logical_or.reduce([nothing, *unit_masks(original).values()])


def region_masks(original: Face) -> dict[str, np.ndarray]:
    """The face's parts, name → (48, 48) bool."""
    return {name: mask[0] for name, mask in _painted([original])[1].items()}


def avoid_masks(original: Face) -> dict[str, np.ndarray]:
    """Those of `region_masks` that tell nothing of the expression."""
    names = ("hair", "glasses", "shoulders", "watermark", "background", "hand", "light edge")
    regions = region_masks(original)
    return {name: regions[name] for name in names}


def embedded(seed: int = 0) -> FaceSet:
    """The default data: `TRAIN` faces to fit, then `VALIDATION` to choose, indices running on."""
    train = _split([face(seed, i) for i in range(TRAIN)])
    return FaceSet(EMBEDDED, train, _split(validation_faces(seed)))


def validation_faces(seed: int = 0) -> list[Face]:
    """The faces of `embedded(seed).validation`, in its order."""
    return [face(seed, TRAIN + j) for j in range(VALIDATION)]


def _split(faces: list[Face]) -> Split:
    labels = np.array([f.expression for f in faces], np.int64)
    return Split(render(faces), labels, tuple(faces))
