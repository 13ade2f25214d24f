"""One picture from anywhere → one 48 × 48 grey face, with a note on what had to be changed."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from fer_lib.data.faceset import SIZE
from fer_lib.data.sources import reason
from fer_lib.errors import UserError

MOST = 200_000_000  # pixels; a file of a few kilobytes can claim a billion


def read_picture(path: str | Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The middle square of a picture as a grey face: (48, 48) uint8, and notes in words.

    Any format that Pillow knows, of any size and mode; a camera's turn is undone. The face should
    fill the square, as FER2013's do: nothing here looks for it.
    Raises UserError for a file that is absent or no picture.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, on metadata and size; checked here
            with Image.open(path) as image:
                if image.width * image.height > MOST:
                    raise ValueError(f"{image.width} × {image.height} pixels")
                size = image.size
                image.draft("L", (4 * SIZE, 4 * SIZE))  # a huge JPEG is read small
                return _face(image, size)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; give a picture of a face") from error
    except Exception as error:  # Pillow raises nearly anything on a damaged file
        raise UserError(
            f"{path}: not a picture that opens ({reason(error)}); give a png or jpg of a face"
        ) from error


def _face(image: Image.Image, size: tuple[int, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    notes = []
    upright = ImageOps.exif_transpose(image)
    if upright.mode != "L":
        notes.append("turned into 8 bits of grey")
        upright = _grey(upright)
    if upright.width != upright.height:
        notes.append(f"cropped to the middle square of {size[0]} × {size[1]} pixels")
    if upright.size != (SIZE, SIZE):
        notes.append(f"resized to {SIZE} × {SIZE}")
        upright = ImageOps.fit(upright, (SIZE, SIZE))
    return np.array(upright), tuple(notes)


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits, which `convert` would clip at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L")
