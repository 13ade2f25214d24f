"""Labelled faces, each with what tells its split → the three splits, with a note on each.

Nothing is guessed in silence: a note says for each split where its faces are from.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fer_lib.data.faceset import SPLITS, UNLABELLED, FaceSet, Split
from fer_lib.data.labelled import Labelled
from fer_lib.data.names import TRAIN, VALIDATION, Origin, is_negated
from fer_lib.data.near_duplicates import unique_images
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing, plural

VALIDATION_SEED = 0
# a split called so may be for choosing or for testing
DOUBTFUL = re.compile("(?<![A-Za-z])(?i:eval|holdout)|(?<=[a-z])(Eval|Holdout)")


def assemble(
    where: str, faces: Labelled, notes: list[str], classes: tuple[str, ...], dropped: Sequence[str]
) -> FaceSet:
    """The set at the path `where` without the classes `dropped`, whose faces have no label.

    Raises UserError where a face's split is not told, and where no face is left.
    """
    targets, origins = np.array(faces.labels, np.int64), faces.origins
    everything = Split(faces.images, targets, votes=faces.votes, classes=classes)
    if dropped:
        left = np.flatnonzero(targets != UNLABELLED)
        note = f"{plural(len(everything) - len(left), 'face')} of {listing(dropped)} left out"
        if not len(left):
            raise UserError(f"{note}, and none is left; give fewer classes to --drop")
        everything, origins, notes = everything[left], [origins[i] for i in left], [*notes, note]
    counts = Counter(origins)
    _check_told(where, counts)
    parts = np.array([split or TRAIN for _, split in origins])
    # one image in two splits would be learned and then scored
    nodes, first = unique_images(everything.images)
    _check_apart(where, nodes, parts)
    split_notes = []
    for part, name in enumerate(SPLITS):
        if places := [printable(origin) for origin, split in counts if (split or TRAIN) == part]:
            named = places if len(places) < 4 else [*places[:2], f"{len(places) - 2} more"]
            size = plural(int((parts == part).sum()), "face")
            split_notes.append(f"{name}: {size} from {listing(named)}")
    # A test split stays out of this: to choose on it would spoil its score.
    unsplit = TRAIN in parts and VALIDATION not in parts
    if unsplit:
        # of an image that stands there more than once the first is drawn, and the copies follow it
        train = np.flatnonzero(parts == TRAIN)
        one_each = train[np.sort(np.unique(nodes[train], return_index=True)[1])]
        chosen = one_each[draw_validation(everything.labels[one_each])]
        parts[train[np.isin(nodes[train], nodes[chosen])]] = VALIDATION
        tenth = f"a stratified tenth of train, drawn with seed {VALIDATION_SEED}"
        split_notes.append(f"validation: {tenth}")
    if copies := len(everything) - len(first):
        notes = [*notes, f"{plural(copies, 'face')} exactly like another, pixel for pixel"]
    for part, count in _shared(nodes, parts):
        be = "face is" if count == 1 else "faces are"
        notes = [*notes, f"{count:,} {SPLITS[part]} {be} also in {' or '.join(SPLITS[:part])}"]
    splits = [everything[np.flatnonzero(parts == part)] for part in range(3)]
    return FaceSet(Path(where).resolve().name, *splits, (*split_notes, *notes), unsplit)


def _check_told(where: str, counts: Counter[Origin]) -> None:
    """Raises UserError where the names of some places tell no split, or leave two open."""
    unknown = [origin for origin, split in counts if split is None]
    if unknown and (len(counts) > 1 or any(map(is_negated, re.split("/|, ", unknown[0])))):
        others = [origin for origin, split in counts if split is not None]
        beside = f", beside {listing(others)}" if others else ""
        raise UserError(f"{where}: is {' or '.join(unknown)} for training or for "
                        f"testing{beside}? name each train, validation or test")  # fmt: skip
    chosen_on = [origin for origin, split in counts if split == VALIDATION]
    doubtful = [origin for origin in chosen_on if DOUBTFUL.search(origin)]
    if 0 < len(doubtful) < len(chosen_on):
        others = [origin for origin in chosen_on if origin not in doubtful]
        raise UserError(f"{where}: is {' or '.join(doubtful)} for choosing or for testing, beside "
                        f"{listing(others)}? name it validation or test")  # fmt: skip


def _check_apart(where: str, nodes: np.ndarray, parts: np.ndarray) -> None:
    """Raises UserError where most faces of a split are in one before it too."""
    for part, count in _shared(nodes, parts):
        if count > 9 and 2 * count > (size := int((parts == part).sum())):
            raise UserError(f"{where}: {count:,} of {plural(size, f'{SPLITS[part]} face')} are also"
                            f" in {' or '.join(SPLITS[:part])}; remove the copies, or give one fold"
                            " of several")  # fmt: skip


def _shared(nodes: np.ndarray, parts: np.ndarray) -> list[tuple[int, int]]:
    """Splits after the first, and how many of their faces are in one before; (N,), (N,)."""
    counts = [int(np.isin(nodes[parts == p], nodes[parts < p]).sum()) for p in range(len(SPLITS))]
    return [(part, count) for part, count in enumerate(counts) if count]


def draw_validation(labels: np.ndarray, seed: int = VALIDATION_SEED) -> np.ndarray:
    """A stratified tenth, at least one of each class with two: (N,) bool."""
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        count = max(round(len(members) / 10), min(1, len(members) // 2))
        chosen[members[:count]] = True
    return chosen
