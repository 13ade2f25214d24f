"""Image files → (48, 48) uint8, with a note on each thing that had to be changed."""

import io
import warnings
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from fer_lib.data.archives import Source, reason
from fer_lib.data.faceset import SIZE
from fer_lib.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg")
WIDEST = 4096  # pixels a side of a set's image; a file of a few kilobytes can claim a billion
MOST = 200_000_000  # pixels of a picture


def read_images(source: Source, members: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """A data set's png and jpg in the given order, (N, 48, 48) uint8, and notes on the changes."""
    images = np.empty((len(members), SIZE, SIZE), np.uint8)
    changes: Counter[str] = Counter()
    allowed = f"png and jpg are allowed, up to {WIDEST} pixels a side"
    for i, member in enumerate(members):
        with _refusing(f"{source.at(member)}: not an image that opens", allowed):
            data = io.BytesIO(source.read(member))
            with Image.open(data, formats=("PNG", "JPEG")) as image:
                if not 0 < min(image.size) <= max(image.size) <= WIDEST:
                    raise ValueError(f"{image.width} × {image.height} pixels; 1 to {WIDEST} a side")
                images[i] = _grey(image, changes)
    return images, tuple(f"{count:,} images {change}" for change, count in changes.items())


def read_picture(path: str | Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The middle square of a picture as a grey face: (48, 48) uint8, and notes in words.

    Any format that Pillow knows, of any size and mode; a camera's turn is undone. The face should
    fill the square, as FER2013's do: nothing here looks for it.
    Raises UserError for a file that is absent or no picture.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file; give a picture of a face")
    changes: Counter[str] = Counter()
    told = f"{path}: not a picture that opens", "give a png or jpg of a face"
    with _refusing(*told), Image.open(path) as image:
        if image.width * image.height > MOST:
            raise ValueError(f"{image.width} × {image.height} pixels")
        if image.size != (SIZE, SIZE):
            changes[f"of {image.width} × {image.height} pixels"] += 1
        image.draft("L", (4 * SIZE, 4 * SIZE))  # a huge JPEG is read small
        upright = ImageOps.exif_transpose(image)
        if upright.has_transparency_data and not upright.mode.startswith("I"):
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright.convert("RGBA"))
        return _grey(upright, changes), tuple(changes)


@contextmanager
def _refusing(what: str, allowed: str) -> Generator[None]:
    """Any error inside is the file's: Pillow raises nearly anything on a damaged one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on metadata; sizes are checked here
            yield
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{what} ({reason(error)}); {allowed}") from error


def _grey(image: Image.Image, changes: Counter[str]) -> np.ndarray:
    """An image of any size and mode → (48, 48) uint8."""
    if image.mode.startswith("I"):
        changes["of 16 bits turned into 8"] += 1
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))  # `convert` would clip
    elif image.mode != "L":
        changes["in colour turned into grey"] += 1
        image = image.convert("L")
    if image.size != (SIZE, SIZE):
        changes["cropped to the middle square and resized to 48 × 48"] += 1
        image = ImageOps.fit(image, (SIZE, SIZE))
    return np.array(image)
