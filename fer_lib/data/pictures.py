"""Image files → (48, 48) uint8, with a note on each thing that had to be changed.

Training, evaluation, prediction and explanation read a picture by the one function `to_face`.
"""

import io
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer_lib.data.archives import Source, foreign_kind, opened, reason
from fer_lib.data.faceset import SIZE
from fer_lib.errors import UserError
from fer_lib.formatting import plural

SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".tif", ".tiff", ".gif")
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF")  # no EPS, which Ghostscript would run
ALLOWED = "png, jpg, bmp, webp, tiff and gif are read"
MOST = 64_000_000  # pixels: a file of a few kilobytes can claim a billion


def read_images(source: Source, members: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """A data set's pictures in the given order, (N, 48, 48) uint8, and notes on the changes."""
    images = np.empty((len(members), SIZE, SIZE), np.uint8)
    total: Counter[str] = Counter()
    for i, member in enumerate(members):
        images[i], changes = _decode(source.read(member), source.at(member))
        total.update(changes)
    return images, tuple(f"{plural(n, 'picture')} {change}" for change, n in total.items())


def read_picture(path: str | Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The middle square of a picture as a grey face: (48, 48) uint8, and notes in words.

    The face should fill the square, as FER2013's do: nothing here looks for it.
    Raises UserError for a file that is absent or no picture.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; give a picture of a face")
    with opened(path) as source:
        image, changes = _decode(source.read(path.name), str(path))
    return image, tuple(changes)


def _decode(data: bytes, where: str) -> tuple[np.ndarray, list[str]]:
    """A picture file's bytes → (48, 48) uint8 and what was changed; any error is the file's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on metadata; sizes are checked here
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if not 0 < image.width * image.height <= MOST:
                    raise ValueError(f"{image.width} × {image.height} pixels; up to 64 megapixels")
                return to_face(image)
    except UnidentifiedImageError:
        why = foreign_kind(data[:64]) or ("an unknown kind of file" if data else "empty")
    except Exception as error:  # Pillow raises nearly anything on a damaged file
        why = reason(error)
    raise UserError(f"{where}: not a picture that opens ({why}); {ALLOWED}")


def to_face(image: Image.Image) -> tuple[np.ndarray, list[str]]:
    """A picture of any size and mode → (48, 48) uint8, and what had to be changed, in words."""
    changes = []
    size = image.size
    if getattr(image, "n_frames", 1) > 1:
        changes.append("of several frames, of which the first is read")
    if image.getexif().get(0x0112, 1) != 1:
        changes.append("turned upright")
        image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        grey, change = _to_bytes(np.asarray(image))
        changes.append(change)
        image = Image.fromarray(grey)
    if image.has_transparency_data:
        # on black, hair and shadows would vanish
        changes.append("with transparency laid on white")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode not in ("L", "1"):
        changes.append("in color turned into grey")
    image = image.convert("L")
    if size != (SIZE, SIZE):
        changes.append(f"cropped to the middle square and resized to {SIZE} × {SIZE}")
        image = ImageOps.fit(image, (SIZE, SIZE))
    return np.array(image), changes


def _to_bytes(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Whole numbers of 16 bits, or fractions, to 0..255; a file does not say which range it uses.

    Cameras save 12 bits, and numpy's users 8, in files of 16: then all values are that small.
    """
    low, high = float(values.min()), float(values.max())
    if not 0 <= low <= high < 65_536:
        raise ValueError(f"grey levels from {low:g} to {high:g}; 0 to 65535 are allowed")
    if values.dtype.kind == "f":
        if high > 255:
            raise ValueError(f"fractions up to {high:g}; 0 to 1 or 0 to 255 are allowed")
        scale = 255 if high <= 1 else 1
        return np.rint(values * scale).astype(np.uint8), "of fractions scaled to 0 to 255"
    bits = 8 if high < 256 else 12 if high < 4096 else 16
    return (values >> (bits - 8)).astype(np.uint8), f"of {bits} bits in 16 turned into 8"
