"""The one form in which every data set reaches the rest: three splits of grey faces with labels."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from fer_lib.errors import UserError

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")  # FER2013's order
SIZE = 48  # pixels a side
UNLABELLED = -1
SPLITS = ("train", "validation", "test")
EMBEDDED = "embedded"  # the name of the faces that the library draws itself

# Fixed, not fitted: a map or a maximised pattern is then in the same units for every data set,
# and 0 is mid-grey, the baseline of occlusion and of integrated gradients.
GREY_MEAN, GREY_SCALE = 0.5, 0.25


@dataclass(frozen=True)
class Split:
    """Faces and their labels.

    Shapes: images (N, 48, 48) uint8; labels (N,) int64, indices into `classes`.
    `classes` are the seven of FER2013, or a set's own.
    `truth` is None for photographs; for drawn faces it holds one `drawn.faces.Face` an image,
    which knows its action units, their intensity and their pixels.
    `votes` (N, 10) float64 says how many people gave each answer of `data.votes.COLUMNS`, nan for
    faces without votes; None where there are none at all.
    """

    images: np.ndarray
    labels: np.ndarray
    truth: tuple[Any, ...] | None = None
    votes: np.ndarray | None = None
    classes: tuple[str, ...] = EXPRESSIONS

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of labels and pixels: equal exactly when the split holds the same faces."""
        digest = hashlib.sha256(np.ascontiguousarray(self.labels, dtype=np.int64).tobytes())
        digest.update(np.ascontiguousarray(self.images).reshape(-1).data)
        return digest.hexdigest()

    @property
    def votes_fingerprint(self) -> str:
        """SHA-256 of the votes; `fingerprint` leaves them out, for training does not use them."""
        return hashlib.sha256(b"" if self.votes is None else self.votes.tobytes()).hexdigest()

    def __getitem__(self, chosen: np.ndarray) -> "Split":
        """The faces at the indices `chosen`, (M,) int, with what is known about them."""
        truth = None if self.truth is None else tuple(self.truth[i] for i in chosen)
        votes = None if self.votes is None else self.votes[chosen]
        return Split(self.images[chosen], self.labels[chosen], truth, votes, self.classes)

    @property
    def counts(self) -> np.ndarray:
        """Faces a class, (K,) int64."""
        return np.bincount(self.labels, minlength=len(self.classes))


def no_faces() -> Split:
    """A split that holds nothing."""
    return Split(np.zeros((0, SIZE, SIZE), np.uint8), np.zeros(0, np.int64))


def joined(one: Split, other: Split) -> Split:
    """The faces of two splits, without what is known about drawn ones."""
    images = np.concatenate([one.images, other.images])
    labels = np.concatenate([one.labels, other.labels])
    known = one.votes is not None and other.votes is not None
    votes = np.concatenate([one.votes, other.votes]) if known else None
    return Split(images, labels, votes=votes, classes=one.classes)


@dataclass(frozen=True)
class FaceSet:
    """A data set: fitted on `train`, chosen on `validation`, scored once on `test`.

    `notes` says in words what reading changed (images resized, a validation split drawn); each
    note is shown to the user. `validation_drawn` tells that the data came without a validation
    split, so that a tenth of the training faces was taken for it.
    """

    name: str
    train: Split
    validation: Split
    test: Split = field(default_factory=no_faces)
    notes: tuple[str, ...] = ()
    validation_drawn: bool = False

    @property
    def kind(self) -> str:
        """What the faces are, as a sentence names them: drawn faces, or faces of a data set."""
        return f"faces of {self.name}" if self.train.truth is None else "drawn faces"

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the labels and of a network's outputs."""
        return self.train.classes

    @property
    def splits(self) -> dict[str, Split]:
        """The three splits by name."""
        return {name: getattr(self, name) for name in SPLITS}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what training and choosing see; the test split has no part in a run."""
        parts = self.train.fingerprint + self.validation.fingerprint
        # equal labels of other names are another set; FER2013's hashes are from before there were
        parts += "" if self.classes == EXPRESSIONS else ",".join(self.classes)
        return hashlib.sha256(parts.encode()).hexdigest()


def check_classes(count: int, classes: Sequence[str]) -> None:
    """Raises UserError where an array has another number of classes than there are names."""
    if count != len(classes):
        raise UserError(f"{count} classes and {len(classes)} names ({', '.join(classes)}); give as "
                        "many names as classes, in their order")  # fmt: skip


def to_input(images: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Grey levels 0..255 to what the networks take, about -2 to 2 with mid-grey at 0.

    Shapes: (N, 48, 48) uint8 → (N, 1, 48, 48) float32.
    """
    grey = torch.as_tensor(images).to(torch.float32)[:, None] / 255  # (N, 1, 48, 48)
    return (grey - GREY_MEAN) / GREY_SCALE
