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

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF")  # no EPS, which Ghostscript would run
ALLOWED = "png, jpg, bmp, webp, tiff and gif are read"
Square = tuple[int, int, int]  # left, top, side, in pixels of the picture as it is seen, upright
MOST = 64_000_000  # pixels: a file of a few kilobytes can claim a billion


def read_images(source: Source, members: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """A data set's pictures in the given order, (N, 48, 48) uint8, and notes on the changes."""
    images = np.empty((len(members), SIZE, SIZE), np.uint8)
    total: Counter[str] = Counter()
    for i, member in enumerate(members):
        images[i], changes = decode(source.read(member), source.at(member))
        total.update(changes)
    return images, change_notes(total)


def change_notes(total: Counter[str]) -> tuple[str, ...]:
    """A note on each thing that was changed in pictures, counted by what it was."""
    return tuple(f"{plural(n, 'picture')} {change}" for change, n in total.items())


def parse_square(text: str) -> Square:
    """The square "x,y,side"; UserError where the text is another.

    >>> parse_square("120,40,300")
    (120, 40, 300)
    """
    numbers = [int(word) for word in text.split(",") if word.strip().isdecimal()]
    if len(numbers) != 3 or text.count(",") != 2 or not numbers[2]:
        raise UserError(f"crop {text!r}; give x,y,side: the square's left, top and side in pixels, "
                        "as 120,40,300")  # fmt: skip
    return numbers[0], numbers[1], numbers[2]


def read_picture(
    path: str | Path, crop: Square | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The middle square of a picture as a grey face, (48, 48) uint8, and notes in words.

    `crop` is another square.
    The face should fill the square, as FER2013's do: nothing here looks for it.
    Raises UserError for a file that is absent or no picture, and for a square beyond its edge.
    """
    path = Path(path)
    if not path.is_file():
        problem = "a folder" if path.is_dir() else "no such file"
        raise UserError(f"{path}: {problem}; give one picture of a face")
    with opened(path) as source:
        image, changes = decode(source.read(path.name), str(path), crop)
    return image, tuple(changes)


def decode(data: bytes, where: str, crop: Square | None = None) -> tuple[np.ndarray, list[str]]:
    """A picture file's bytes → (48, 48) uint8 and what was changed; any error is the file's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on metadata; sizes are checked here
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if not 0 < image.width * image.height <= MOST:
                    raise ValueError(f"{image.width} × {image.height} pixels; up to 64 megapixels")
                return to_face(image, crop)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    except UnidentifiedImageError:
        why = foreign_kind(data[:64]) or ("an unknown kind of file" if data else "empty")
    except Exception as error:  # Pillow raises nearly anything on a damaged file
        why = reason(error)
    raise UserError(f"{where}: not a picture that opens ({why}); {ALLOWED}")


def to_face(image: Image.Image, crop: Square | None = None) -> tuple[np.ndarray, list[str]]:
    """A picture of any size and mode → (48, 48) uint8, and what had to be changed, in words."""
    changes = []
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
    if crop:
        left, top, side = crop
        if left + side > image.width or top + side > image.height:
            raise UserError(f"the square {left},{top},{side} goes beyond the picture, which has "
                            f"{image.width} × {image.height} pixels")  # fmt: skip
        changes.append(f"cropped to the square {left},{top},{side}")
        image = image.crop((left, top, left + side, top + side))
    if image.size != (SIZE, SIZE):
        cropped = "" if image.width == image.height else "cropped to the middle square and "
        changes.append(f"{cropped}resized to {SIZE} × {SIZE}")
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
