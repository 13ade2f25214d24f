"""What answers back on a page: the data with which a script takes the place of a picture.

A cell shows a picture and ends with an exhibit. The scripts, book/_static/exhibit*.js, need no
network; paper, JupyterLab and a browser without JavaScript show the picture.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from itertools import chain
from typing import Any

import matplotlib as mpl
import numpy as np
from IPython.display import HTML
from PIL import Image

from fer_lib.data.faceset import EXPRESSIONS, GREY_MEAN
from fer_lib.drawn.action_units import UNITS
from fer_lib.plots import style
from fer_lib.questions.saliency import Covered
from fer_lib.questions.turned_units import STRENGTHS, Turned

LEVELS = 15  # of a map's color to each side of nothing: a page holds no more, an eye tells no more
CLASSES = {"expressions": EXPRESSIONS, "colors": list(style.EXPRESSION_COLORS.values())}


def exhibit(name: str, /, **data: Any) -> HTML:
    """The data of the exhibit in `exhibit_<name>.js`, whatever json can hold, for its page."""
    # no text within can end the script
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return HTML(f'<script type="application/json" data-exhibit="{name}">{text}</script>')


def cover(faces: Covered, names: Sequence[str]) -> HTML:
    """Faces to cover by hand, each with its name, and what the network says at each place."""
    parts = zip(names, faces.images, faces.labels, faces.logits, faces.covered, strict=True)
    return exhibit(
        "cover",
        faces=[
            {"name": name, "image": png(image), "label": int(label)}
            | {"logits": thousandths(logits), "covered": thousandths(covered)}
            for name, image, label, logits, covered in parts
        ],
        **CLASSES,
        grey=round(255 * GREY_MEAN),
        patch=faces.patch,
        stride=faces.stride,
    )


def unit(turned: Turned, first: int) -> HTML:
    """Drawn faces whose action units are turned by hand, at first the unit of this number.

    A face's frames lie below one another in one picture: what two have in common is stored once.
    So do its maps; the colors of a unit's eleven end at the same value.
    """
    faces = []
    for i, face in enumerate(turned.faces):
        ends = np.array([style.map_limit(of_unit) for of_unit in turned.maps[i]])
        scaled = turned.maps[i] / ends[:, None, None, None]
        faces.append({
            "name": face.name,
            "image": png(turned.images[i]),
            "frames": png(np.concatenate([*chain(*turned.frames[i])])),
            "maps": map_png(np.concatenate([*chain(*scaled)])),
            "ends": ends.tolist(),
            "drawn": [face.units.get(unit, 0) for unit in UNITS],
            "before": thousandths(turned.before[i]),
            "now": thousandths(turned.now[i]),
        })  # fmt: skip
    names = [f"{number} {name}" for number, name in UNITS.items()]
    at = list(UNITS).index(first)
    return exhibit("unit", faces=faces, units=names, first=at, strengths=STRENGTHS, **CLASSES)


def png(image: np.ndarray, colors: np.ndarray | None = None) -> str:
    """A picture, (h, w) uint8, as an address that holds it.

    Grey, or numbers of `colors`: (n, 4) uint8, of red, green, blue and opacity.
    """
    picture, options = Image.fromarray(image), {}
    if colors is not None:
        picture = Image.frombytes("P", picture.size, image.tobytes())
        picture.putpalette(colors[:, :3].tobytes())
        options = {"transparency": colors[:, 3].tobytes()}
    buffer = BytesIO()
    picture.save(buffer, "png", optimize=True, **options)
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"


def map_png(scaled: np.ndarray) -> str:
    """Signed maps (h, w), ±1 where the colors end, to lie over a face: opaque where large."""
    shares = np.arange(-LEVELS, LEVELS + 1) / LEVELS
    colors = mpl.colormaps[style.DIVERGING]((1 + shares) / 2)
    colors[:, 3] = 0.85 * abs(shares)  # not quite opaque, so that the face stays to be seen
    levels = LEVELS + np.rint(LEVELS * scaled.clip(-1, 1))
    return png(levels.astype(np.uint8), np.rint(255 * colors).astype(np.uint8))


def thousandths(values: np.ndarray) -> list[Any]:
    """Numbers as lists; three decimals of a logit are a quarter of a thousandth in probability."""
    return values.astype(float).round(3).tolist()
