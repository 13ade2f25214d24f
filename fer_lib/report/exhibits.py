"""What answers back on a page: the data with which a script takes the place of a picture.

A cell shows a picture and ends with an exhibit. The scripts, book/_static/exhibit*.js, need no
network; paper, JupyterLab and a browser without JavaScript show the picture.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from IPython.display import HTML
from PIL import Image
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, GREY_MEAN, GREY_SCALE
from fer_lib.drawn.action_units import UNITS
from fer_lib.networks.models import Residual, ResidualCNN
from fer_lib.plots import style
from fer_lib.questions import filters
from fer_lib.questions.feature_maps import strongest
from fer_lib.questions.maximisation import Maximised
from fer_lib.questions.occlusion import Covered
from fer_lib.questions.turned_units import STRENGTHS, Turned

LEVELS = 15  # of a map's color to each side of nothing: a page holds no more, an eye tells no more
# from white to the darkest, (16, 3) uint8
BLUES = mpl.colormaps[style.SEQUENTIAL](np.linspace(0, 1, 16), bytes=True)[:, :3]
CHANNELS = 12  # of each layer: they fill rows of six, of four and of three


def exhibit(name: str, /, **data: Any) -> HTML:
    """The data of the exhibit in `exhibit_<name>.js`, whatever json can hold, for its page."""
    # no text within can end the script
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return HTML(f'<script type="application/json" data-exhibit="{name}">{text}</script>')


def named(classes: Sequence[str] = EXPRESSIONS) -> dict[str, Any]:
    """The classes and their colors, as the scripts draw bars of them."""
    return {"expressions": classes, "colors": list(style.colors(classes).values())}


def cover(
    faces: Covered,
    names: Sequence[str],
    maps: Mapping[str, np.ndarray],
    classes: Sequence[str] = EXPRESSIONS,
) -> HTML:
    """Faces to cover by hand, each with its name, and what the network says at each place.

    `maps` are what `saliency.maps` has of the same faces: method → (N, 48, 48) signed.
    """
    shown = [
        {"name": name, "image": png(faces.images[i]), "label": int(faces.labels[i])}
        | {"logits": thousandths(faces.logits[i]), "covered": thousandths(faces.covered[i])}
        | {"maps": {method: map_png(m[i] / style.map_limit(m[i])) for method, m in maps.items()}}
        for i, name in enumerate(names)
    ]
    return exhibit(
        "cover",
        faces=shown,
        **named(classes),
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
    return exhibit("unit", faces=faces, units=names, first=at, strengths=STRENGTHS, **named())


def inside(
    images: np.ndarray,
    names: Sequence[str],
    maps: Sequence[Sequence[np.ndarray]],
    best: Maximised,
    rows: pd.DataFrame,
    windows: np.ndarray,
) -> HTML:
    """Faces, what each layer makes of them, and what the last layer's filters look for.

    Shapes: images (N, 48, 48) uint8; maps N faces' layers of (C, H, W); `filters.windows`,
    (F, k, S, S) uint8. Of each layer there are the `CHANNELS` that answer most strongly, each on
    its own scale. `rows` are those of `filters.describe`; a filter that was not climbed has no
    pattern.
    """
    faces, last = [], set()
    for name, image, layers in zip(names, images, maps, strict=True):
        chosen = [strongest(layer, CHANNELS).tolist() for layer in layers]
        shown = [
            [[c, round(style.map_limit(layer[c]), 2), blues(layer[c])] for c in channels]
            for layer, channels in zip(layers, chosen, strict=True)
        ]
        faces.append({"name": name, "image": png(image), "layers": shown})
        last |= {*chosen[-1]}
    shapes, side = [layer.shape for layer in maps[0]], best.patterns.shape[-1]
    looks_for = {
        f: _looks_for(f, best, rows) | {"windows": png(np.concatenate(windows[f], axis=1))}
        for f in sorted(last)
    }
    return exhibit(
        "inside",
        faces=faces,
        filters=looks_for,
        shapes=shapes,
        side=side,
        windows=windows.shape[1],
    )


def _looks_for(f: int, best: Maximised, rows: pd.DataFrame) -> dict[str, Any]:
    meaning = filters.meaning(rows, f)._asdict()
    facts: dict[str, Any] = {"label": filters.label(rows, f)} | meaning
    if f in best.filters:
        facts["pattern"] = png((255 * best.of([f])[0]).round().astype(np.uint8))
    return facts


def try_it(
    model: ResidualCNN, images: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> HTML:
    """Faces, (N, 48, 48) uint8, and how a network's layers follow one another, to run it there.

    Its weights are not among the data: the page loads them as a script when it is asked to.
    """
    steps = convolutions(model.features, "features.")
    kinds = ["block" if isinstance(step, list) else "convolution" for step in steps]
    parts = zip(images, labels, names, strict=True)
    return exhibit(
        "try",
        faces=[
            {"pixels": image.ravel().tolist(), "label": int(label), "name": name}
            for image, label, name in parts
        ],
        steps=steps,
        names=[f"{kind} {kinds[: i + 1].count(kind)}" for i, kind in enumerate(kinds)],
        linear=f"head.{len(model.head) - 1}",
        size=images.shape[-1],
        grey=round(255 * GREY_MEAN),
        mean=GREY_MEAN,
        deviation=GREY_SCALE,
        patch=8,
        stride=4,
        blues=BLUES.tolist(),
        channels=CHANNELS,
        **named(),
    )


def convolutions(layers: nn.Sequential, prefix: str) -> list[Any]:
    """Conv → BatchNorm → ReLU by the names of their tensors; a residual block is a list of them."""
    steps: list[Any] = []
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            step = {"convolution": f"{prefix}{i}", "norm": f"{prefix}{i + 1}"}
            shape = {"side": layer.kernel_size[0], "stride": layer.stride[0]}
            steps.append(step | shape | {"epsilon": layers[i + 1].eps})
        elif isinstance(layer, Residual):
            steps.append(convolutions(layer.body, f"{prefix}{i}.body."))
    return steps


def blues(values: np.ndarray) -> str:
    """A map, (H, W), as a picture in 16 blues: white is 0, the darkest `map_limit`."""
    levels = (15 * np.clip(values / style.map_limit(values), 0, 1)).round().astype(np.uint8)
    picture = Image.fromarray(levels)
    picture.putpalette(BLUES.tobytes())
    return address(picture, bits=4)


def png(image: np.ndarray) -> str:
    """A grey picture, (h, w) uint8, as an address that holds it."""
    return address(Image.fromarray(image))


def address(picture: Image.Image, **options: Any) -> str:
    """A picture as an address that holds it."""
    buffer = BytesIO()
    picture.save(buffer, "png", **options)
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"


def map_png(scaled: np.ndarray) -> str:
    """Signed maps (h, w), ±1 where the colors end, to lie over a face: opaque where large."""
    shares = np.arange(-LEVELS, LEVELS + 1) / LEVELS
    colors = mpl.colormaps[style.DIVERGING]((1 + shares) / 2)
    colors[:, 3] = 0.85 * abs(shares)  # not quite opaque, so that the face stays to be seen
    levels = LEVELS + np.rint(LEVELS * scaled.clip(-1, 1))
    picture = Image.fromarray(levels.astype(np.uint8))
    red_green_blue, opaque = np.split(np.rint(255 * colors).astype(np.uint8), [3], axis=1)
    picture.putpalette(red_green_blue.tobytes())
    return address(picture, transparency=opaque.tobytes())


def thousandths(values: np.ndarray) -> list[Any]:
    """Numbers as lists; three decimals of a logit are a quarter of a thousandth in probability."""
    return values.astype(float).round(3).tolist()
