"""Sliders without a browser: what the picture and the sentence hold after a slider moved."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from fer_lib import explore
from fer_lib.data.faceset import to_input
from fer_lib.networks.models import build


class Untrained:
    """Enough of a run for the widget: a network and what it predicts."""

    def __init__(self):
        torch.manual_seed(0)
        self.model = build("shallow").eval()

    @torch.no_grad()
    def predict(self, images):
        return self.model(to_input(images)).softmax(1).numpy()


@pytest.fixture
def box():
    return explore.convolution()


def parts(box):
    *controls, refusal, picture = box.children
    return {control.description: control for control in controls}, refusal, picture


def test_the_sliders_are_the_settings(box):
    controls, refusal, picture = parts(box)
    assert list(controls) == ["size", "kernel", "stride", "padding", "dilation"]
    assert refusal.value == ""
    assert bytes(picture.value[:4]) == b"\x89PNG"


def test_a_slider_moves_the_picture(box):
    controls, _, picture = parts(box)
    before = picture.value
    controls["stride"].value = 2
    assert picture.value != before
    controls["stride"].value = 3
    assert picture.value == before


def test_a_refused_setting_is_said_and_the_picture_stays(box):
    controls, refusal, picture = parts(box)
    controls["size"].value = 4
    before = picture.value
    controls["kernel"].value = 7
    assert "allowed is a size of at least 5" in refusal.value
    assert picture.value == before
    controls["kernel"].value = 6
    assert refusal.value == ""
    assert picture.value != before


def test_nothing_is_left_behind(box):
    defaults, figures = dict(mpl.rcParams), plt.get_fignums()
    controls, *_ = parts(box)
    controls["size"].value = 20
    controls["size"].value = 1  # refused
    assert plt.get_fignums() == figures
    assert dict(mpl.rcParams) == defaults


def test_a_unit_s_strength_moves_the_face_only_once_a_unit_is_chosen():
    controls, refusal, picture = parts(explore.faces(Untrained()))
    assert list(controls) == ["face", "expression", "method", "unit", "strength"]
    controls["method"].value = "gradient"
    before = picture.value
    controls["strength"].value = 0.3
    assert picture.value == before
    controls["unit"].value = 26  # jaw drop
    opened = picture.value
    assert opened != before
    controls["strength"].value = 1.0
    assert picture.value != opened
    assert refusal.value == ""


def test_every_face_class_and_method_can_be_chosen():
    controls, refusal, picture = parts(explore.faces(Untrained()))
    for name, value in {
        "face": controls["face"].max,
        "expression": "sad",
        "method": "Grad-CAM",
    }.items():
        before = picture.value
        controls[name].value = value
        assert picture.value != before
    assert refusal.value == ""
