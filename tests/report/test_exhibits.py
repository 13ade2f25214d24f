"""The data of the exhibits: what the scripts are given is what the network says."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from fer_lib.data.faceset import to_input
from fer_lib.drawn.faces import render, validation_faces
from fer_lib.networks.models import ShallowCNN
from fer_lib.questions import saliency
from fer_lib.questions.feature_maps import feature_maps
from fer_lib.report.exhibits import CHANNELS, cover, exhibit, inside


def test_no_text_ends_the_script():
    html = exhibit("x", name="</script><b>").data
    assert html.count("<") == 2


def data_of(html: str) -> dict:
    return json.loads(re.fullmatch(r"<script [^>]*>(.*)</script>", html)[1])


def stored(address: str) -> Image.Image:
    return Image.open(BytesIO(b64decode(address.split(",")[1])))


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
            np.testing.assert_array_equal(np.asarray(stored(face["image"])), image)
    maps = saliency.occlusion(model, to_input(images), torch.tensor(labels), stride=20)[:, 0]
    np.testing.assert_allclose(covered.maps, maps, atol=1e-5)


def test_inside_holds_each_layer_s_strongest_channels_as_blues():
    torch.manual_seed(0)
    model = ShallowCNN().eval()
    images = render(validation_faces()[:2])
    maps = [feature_maps(model, image) for image in images]
    patterns = np.random.default_rng(0).random((512, 18, 18))
    html = inside(images, ["one", "two"], maps, patterns, [f"{f}\nhappy" for f in range(512)]).data
    data = data_of(html)
    assert data["shapes"] == [[64, 48, 48], [128, 24, 24], [512, 12, 12]]
    darkness = np.linspace(0, 1, 16)
    for face, own in zip(data["faces"], maps, strict=True):
        for shown, layer in zip(face["layers"], own, strict=True):
            strength = (layer**2).mean((1, 2))
            expected = np.sort(strength)[::-1][:CHANNELS]
            np.testing.assert_allclose(strength[[c for c, _, _ in shown]], expected)
            for channel, end, address in shown:
                np.testing.assert_allclose(end, np.quantile(abs(layer[channel]), 0.99), atol=0.006)
                picture = stored(address)
                levels = darkness[np.asarray(picture)]
                share = layer[channel] / np.quantile(abs(layer[channel]), 0.99)
                np.testing.assert_allclose(levels, share.clip(0, 1), atol=0.5 / 15 + 1e-6)
                red = np.asarray(picture.convert("RGB"))[..., 0].astype(int)
                # white where nothing is, and the darker the more
                assert (np.diff(red.ravel()[levels.ravel().argsort()]) <= 0).all()
        for channel, _, _ in face["layers"][-1]:
            pattern, label = data["filters"][str(channel)]
            assert label == f"{channel}\nhappy"
            np.testing.assert_allclose(
                np.asarray(stored(pattern)) / 255, patterns[channel], atol=0.002
            )
