"""The data of the exhibits: what the scripts are given is what the network says."""

import json
import re
from base64 import b64decode
from io import BytesIO

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from fer_lib.data.faceset import to_input
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import render, validation_faces, with_units
from fer_lib.networks.models import DeepCNN, ShallowCNN
from fer_lib.questions import filters, occlusion, saliency
from fer_lib.questions.feature_maps import feature_maps
from fer_lib.questions.maximisation import Maximised, maximise
from fer_lib.questions.turned_units import turn
from fer_lib.report.exhibits import CHANNELS, LEVELS, cover, exhibit, inside, unit


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
    covered = occlusion.cover(model, images, labels, stride=20)
    signed = np.linspace(-2, 2, 48 * 48).reshape(48, 48)
    methods = {"gradient": np.stack([signed, -signed])}
    html = cover(covered, ["one", "</script>"], methods).data
    data = data_of(html)
    for face, sign in zip(data["faces"], (1, -1), strict=True):
        red, _, blue, opaque = np.asarray(stored(face["maps"]["gradient"]).convert("RGBA")).T
        assert (sign * (red.astype(int) - blue)[opaque > 50][[0, -1]] * [-1, 1] > 0).all()
        np.testing.assert_allclose(opaque.T / 255, 0.85 * abs(signed / 2).clip(0, 1), atol=0.04)
    with torch.no_grad():
        for image, face in zip(images, data["faces"], strict=True):
            x = to_input(image[None])
            np.testing.assert_allclose(face["logits"], model(x)[0], atol=0.001)
            x[..., 20:28, 40:48] = 0
            np.testing.assert_allclose(face["covered"][1][2], model(x)[0], atol=0.001)
            np.testing.assert_array_equal(np.asarray(stored(face["image"])), image)
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
    (face_data,) = data["faces"]
    number, step = 4, 7
    assert data["units"][data["first"]] == "12 lip corner puller"
    face = render([with_units(original, {number: data["strengths"][step]})])
    at = list(UNITS).index(number), step
    frame = at[0] * 11 + step
    frames, maps = stored(face_data["frames"]), stored(face_data["maps"]).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(frames)[48 * frame :][:48], face[0])
    said = run.predict(face)
    np.testing.assert_allclose(face_data["now"][at[0]][step], said[0], atol=0.0006)
    np.testing.assert_allclose(face_data["before"], run.predict(render([original]))[0], atol=0.0006)
    target = torch.as_tensor(said.argmax(1))
    pixels = saliency.gradient(run.model, to_input(face), target)
    cells = torch.nn.functional.avg_pool2d(pixels, 2)[0, 0].numpy()
    shares = (cells / face_data["ends"][at[0]]).clip(-1, 1)
    colors = np.asarray(maps)[24 * frame :][:24].astype(float) / 255
    half = 0.5 / LEVELS + 0.01  # of a level: no color is farther off
    np.testing.assert_allclose(colors[..., 3] / 0.85, abs(shares), atol=half)
    expected = mpl.colormaps["RdBu_r"]((1 + shares) / 2)[..., :3]
    np.testing.assert_allclose(colors[..., :3], expected, atol=0.06)


def test_inside_holds_each_layer_s_strongest_channels_as_blues():
    torch.manual_seed(0)
    model = ShallowCNN().eval()
    images = render(validation_faces()[:2])
    maps = [feature_maps(model, image) for image in images]
    patterns = np.random.default_rng(0).random((512, 18, 18))
    best = Maximised(patterns, np.zeros(512), np.arange(512))
    facts = {"expression": "happy", "selectivity": 0.6, "unit": 12, "effect": -1.0}
    rows = pd.DataFrame(facts, index=range(512))
    windows = np.random.default_rng(1).integers(0, 256, (512, 5, 18, 18), np.uint8)
    data = data_of(inside(images, ["one", "two"], maps, best, rows, windows).data)
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
            told = data["filters"][str(channel)]
            drawn = np.asarray(stored(told["pattern"])) / 255
            np.testing.assert_allclose(drawn, patterns[channel], atol=0.002)
            assert told["label"] == f"{channel}\nhappy −AU12"
            beside = np.asarray(stored(told["windows"]))
            np.testing.assert_array_equal(beside[:, 36:54], windows[channel, 2])
            assert [told[k] for k in ("expression", "unit", "lowered")] == ["happy", 12, True]


class Own(nn.Module):
    """A network of the user's: without `features`, of few channels."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 4, 3, stride=2), nn.Conv2d(4, 8, 3, stride=2)
        self.fc = nn.Linear(8, 7)

    def forward(self, x):
        return self.fc(self.two(self.one(x).relu()).relu().mean((2, 3)))


@pytest.mark.parametrize(("network", "chosen"), [(Own, [1, 6]), (DeepCNN, [1, 300])])
def test_inside_of_any_network_shows_the_patterns_of_what_was_climbed(network, chosen):
    torch.manual_seed(0)
    model, drawn = network().eval(), validation_faces()[:14]
    images, labels = render(drawn), np.arange(14) % 7
    maps = [feature_maps(model, image) for image in images[:7]]
    best = maximise(model, chosen, starts=1, steps=2)
    answers = filters.responses(model, images)
    rows = filters.describe(best, answers, labels)
    size = best.patterns.shape[-1]
    windows = filters.windows(answers.highest, answers.highest_at, images, size)
    data = data_of(inside(images[:7], list("abcdefg"), maps, best, rows, windows).data)
    assert [len(data["shapes"]), data["side"]] == [len(maps[0]), size]
    shown = {c for face in data["faces"] for c, _, _ in face["layers"][-1]}
    assert {int(f) for f in data["filters"]} == shown
    assert {int(f) for f, told in data["filters"].items() if "pattern" in told} == shown & {*chosen}
    assert all(told["unit"] is None for told in data["filters"].values())
