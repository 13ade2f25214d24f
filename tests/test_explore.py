"""Sliders without a browser: what the picture and the sentence hold after a slider moved."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from fer_lib import explore


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
    defaults = dict(mpl.rcParams)
    controls, *_ = parts(box)
    controls["size"].value = 20
    controls["size"].value = 1  # refused
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == defaults
