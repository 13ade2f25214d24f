"""The data of the exhibits: what the scripts are given is what the network says."""

import json
import re
from base64 import b64decode
from io import BytesIO

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image

from fer_lib.data.faceset import to_input
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import render, validation_faces, with_units
from fer_lib.networks.models import ShallowCNN
from fer_lib.questions import saliency
from fer_lib.questions.turned_units import turn
from fer_lib.report.exhibits import LEVELS, cover, exhibit, unit


def data_of(html: str) -> dict:
    return json.loads(re.fullmatch(r"<script [^>]*>(.*)</script>", html)[1])


def picture(address: str) -> Image.Image:
    return Image.open(BytesIO(b64decode(address.split(",")[1])))


def test_no_text_ends_the_script():
    html = exhibit("x", name="</script><b>").data
    assert html.count("<") == 2


def test_a_page_s_data_are_what_the_network_says():
    """Of any network and any faces, as in a report on a user's own."""
    torch.manual_seed(0)
    model = ShallowCNN().eval()
    images, labels = render(validation_faces()[:2]), np.array([3, 0])
    covered = saliency.cover(model, images, labels, stride=20)
    html = cover(covered, ["one", "</script>"]).data
    data = data_of(html)
    with torch.no_grad():
        for image, face in zip(images, data["faces"], strict=True):
            x = to_input(image[None])
            np.testing.assert_allclose(face["logits"], model(x)[0], atol=0.001)
            x[..., 20:28, 40:48] = 0
            np.testing.assert_allclose(face["covered"][1][2], model(x)[0], atol=0.001)
            np.testing.assert_array_equal(picture(face["image"]), image)
    maps = saliency.occlusion(model, to_input(images), torch.tensor(labels), stride=20)[:, 0]
    np.testing.assert_allclose(covered.maps, maps, atol=1e-5)


class Untrained:
    """Enough of a run: a network and what it predicts."""

    def __init__(self):
        torch.manual_seed(0)
        self.model = ShallowCNN().eval()

    @torch.no_grad()
    def predict(self, images):
        return (50 * self.model(to_input(images))).softmax(1).numpy()  # else all are near 1/7


def test_a_turned_unit_s_data_are_what_the_network_says():
    run, original = Untrained(), validation_faces()[6]
    data = data_of(unit(turn(run, [original]), 12).data)
    (stored,) = data["faces"]
    number, step = 4, 7
    assert data["units"][data["first"]] == "12 lip corner puller"
    face = render([with_units(original, {number: data["strengths"][step]})])
    at = list(UNITS).index(number), step
    frame = at[0] * 11 + step
    frames, maps = picture(stored["frames"]), picture(stored["maps"]).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(frames)[48 * frame :][:48], face[0])
    said = run.predict(face)
    np.testing.assert_allclose(stored["now"][at[0]][step], said[0], atol=0.0006)
    np.testing.assert_allclose(stored["before"], run.predict(render([original]))[0], atol=0.0006)
    target = torch.as_tensor(said.argmax(1))
    pixels = saliency.gradient(run.model, to_input(face), target)
    cells = torch.nn.functional.avg_pool2d(pixels, 2)[0, 0].numpy()
    shares = (cells / stored["ends"][at[0]]).clip(-1, 1)
    colors = np.asarray(maps)[24 * frame :][:24].astype(float) / 255
    half = 0.5 / LEVELS + 0.01  # of a level: no color is farther off
    np.testing.assert_allclose(colors[..., 3] / 0.85, abs(shares), atol=half)
    expected = mpl.colormaps["RdBu_r"]((1 + shares) / 2)[..., :3]
    np.testing.assert_allclose(colors[..., :3], expected, atol=0.06)
