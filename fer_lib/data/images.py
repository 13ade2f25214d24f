"""Png and jpg files → (N, 48, 48) uint8, with a note on each thing that had to be changed."""

import io
import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from fer_lib.data.faceset import SIZE
from fer_lib.data.sources import Source, reason
from fer_lib.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg")
WIDEST = 4096  # pixels a side; a file of a few kilobytes can claim a billion


def read_images(source: Source, members: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The images in the given order, (N, 48, 48) uint8, and the notes on what was changed."""
    images = np.empty((len(members), SIZE, SIZE), np.uint8)
    changes: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, on metadata; sizes are checked here
        for i, member in enumerate(members):
            try:
                images[i] = _grey(source.read(member), changes)
            except UserError:
                raise
            except Exception as error:  # Pillow raises nearly anything on a damaged file
                raise UserError(
                    f"{source.at(member)}: not an image that opens ({reason(error)}); "
                    f"png and jpg are allowed, up to {WIDEST} pixels a side"
                ) from error
    return images, tuple(f"{count:,} images {change}" for change, count in changes.items())


def _grey(data: bytes, changes: Counter[str]) -> np.ndarray:
    """One image's bytes → (48, 48) uint8."""
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
        if not 0 < min(image.size) <= max(image.size) <= WIDEST:
            raise ValueError(f"{image.width} × {image.height} pixels; 1 to {WIDEST} a side")
        grey = image
        if image.mode.startswith("I"):  # 16 bits
            changes["of 16 bits turned into 8"] += 1
            grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        elif image.mode != "L":
            changes["in colour turned into grey"] += 1
            grey = image.convert("L")
        if grey.size != (SIZE, SIZE):
            changes["cropped to the middle square and resized to 48 × 48"] += 1
            grey = ImageOps.fit(grey, (SIZE, SIZE))
        return np.asarray(grey)
