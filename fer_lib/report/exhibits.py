"""What answers back on a page: the data with which a script takes the place of a picture.

A cell shows a picture and ends with an exhibit. The scripts, book/_static/exhibit*.js, need no
network; paper, JupyterLab and a browser without JavaScript show the picture.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from IPython.display import HTML
from PIL import Image

from fer_lib.data.faceset import EXPRESSIONS, GREY_MEAN
from fer_lib.plots.style import EXPRESSION_COLORS
from fer_lib.questions.saliency import Covered


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
        expressions=EXPRESSIONS,
        colors=[EXPRESSION_COLORS[name] for name in EXPRESSIONS],
        grey=round(255 * GREY_MEAN),
        patch=faces.patch,
        stride=faces.stride,
    )


def png(image: np.ndarray) -> str:
    """A grey picture, (48, 48) uint8, as an address that holds it."""
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"


def thousandths(values: np.ndarray) -> list[Any]:
    """Numbers as lists; three decimals of a logit are a quarter of a thousandth in probability."""
    return values.astype(float).round(3).tolist()
