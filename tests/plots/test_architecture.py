from itertools import pairwise

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from fer_lib.networks.models import DeepCNN, ShallowCNN, build
from fer_lib.plots.architecture import CHANNELS, COLORS, networks
from fer_lib.questions.architecture import layers


@pytest.fixture
def figure():
    return networks({"DeepCNN": layers(DeepCNN()), "ShallowCNN": layers(ShallowCNN())})


def boxes(ax, kind):
    color = to_hex(COLORS[kind])
    patches = [p for p in ax.patches if isinstance(p, Rectangle)]
    return [p for p in patches if to_hex(p.get_facecolor()) == color]


def test_every_convolution_is_a_box_to_scale(figure):
    deep, shallow = figure.axes
    sizes = [(p.get_width() * CHANNELS, p.get_height()) for p in boxes(deep, "Conv2d")]
    assert sizes == 3 * [(32, 48)] + 3 * [(128, 24)] + 3 * [(512, 12)]
    sizes = [(p.get_width() * CHANNELS, p.get_height()) for p in boxes(shallow, "Conv2d")]
    assert sizes == [(64, 48), (128, 24), (512, 12)]


def test_boxes_stand_apart_inside_the_picture(figure):
    for ax in figure.axes:
        patches = [p for p in ax.patches if isinstance(p, Rectangle)]
        edges = [(p.get_x(), p.get_x() + p.get_width()) for p in patches]
        assert all(a[1] < b[0] for a, b in pairwise(edges))
        assert ax.get_xlim()[0] < edges[0][0] < edges[-1][1] < ax.get_xlim()[1]


def test_shapes_stand_at_the_joints(figure):
    texts = [text.get_text() for text in figure.axes[0].texts if text.get_text()]
    words = [text.replace("\n", "") for text in texts]
    joints = ["1×48×48", "32×24×24", "128×12×12", "512×6×6", "18432", "512", "7"]
    assert [w for w in words if w in joints] == joints
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()  # one scale


def test_a_way_around_a_block_is_an_arc():
    arrows = {}
    for name in ("residual", "shallow"):
        (ax,) = networks({name: layers(build(name))}).axes
        ways = [t.arrow_patch for t in ax.texts if getattr(t, "arrow_patch", None)]
        arrows[name] = (len(ways), sum(w.get_connectionstyle().rad != 0 for w in ways))
    # eight convolutions, the mean, Flatten and the dense layer; two sums
    assert arrows == {"residual": (13, 2), "shallow": (9, 0)}
