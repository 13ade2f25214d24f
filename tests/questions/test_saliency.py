"""Oracles: a linear network, whose maps are known in closed form, and captum."""

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.drawn.faces import render, validation_faces
from fer_lib.errors import UserError
from fer_lib.networks.models import Network, ShallowCNN
from fer_lib.networks.tracing import trace
from fer_lib.questions import saliency

CHEAP = {  # the same methods at settings that a test can pay
    "smoothgrad": lambda *a: saliency.smoothgrad(*a, samples=3),
    "integrated_gradients": lambda *a: saliency.integrated_gradients(*a, steps=4),
    "occlusion": lambda *a: saliency.occlusion(*a, patch=16, stride=16),
    "gradient": saliency.gradient,
    "gradient_x_input": saliency.gradient_x_input,
    "grad_cam": saliency.grad_cam,
}


@pytest.fixture
def linear():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))


def small(inplace: bool = False) -> Network:
    """A network of ShallowCNN's form, small; batch norm's statistics are not trivial."""
    torch.manual_seed(2)
    features = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(inplace),
        nn.BatchNorm2d(4),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.LeakyReLU(0.05, inplace),
        nn.MaxPool2d(2),
    )
    head = nn.Sequential(nn.Flatten(), nn.Linear(6 * 12 * 12, 7))
    network = Network(features, head)
    network.train()(torch.randn(8, 1, 48, 48))
    return network.eval()


@pytest.fixture
def faces():
    generator = torch.Generator().manual_seed(3)
    return torch.randn(5, 1, 48, 48, generator=generator), torch.tensor([3, 5, 0, 3, 6])


def test_linear_gradient_is_the_weights(linear, faces):
    x, target = faces
    weights = linear[1].weight[target].reshape(5, 1, 48, 48)
    torch.testing.assert_close(saliency.gradient(linear, x, target), weights)
    torch.testing.assert_close(saliency.gradient_x_input(linear, x, target), weights * x)


def test_arrays_are_taken_as_tensors_are(linear, faces):
    x, target = faces
    maps = saliency.gradient(linear, x.numpy(), target.numpy().astype("int32"))
    torch.testing.assert_close(maps, saliency.gradient(linear, x, target))


def test_integrated_gradients_complete(linear, faces):
    x, target = faces
    rise = saliency.logits_of(linear, x, target) - saliency.logits_of(linear, 0 * x, target)
    sums = saliency.integrated_gradients(linear, x, target, steps=2).sum((1, 2, 3))
    torch.testing.assert_close(sums, rise, atol=1e-5, rtol=1e-5)


def test_integrated_gradients_nearly_complete_on_a_bent_network(faces):
    x, target = faces
    model = small()
    rise = saliency.logits_of(model, x, target) - saliency.logits_of(model, 0 * x, target)
    sums = saliency.integrated_gradients(model, x, target).sum((1, 2, 3))
    torch.testing.assert_close(sums, rise, atol=0.02, rtol=0.02)


def test_linear_occlusion_is_the_patch_sum(linear, faces):
    x, target = faces
    product = linear[1].weight[target].reshape(5, 1, 48, 48) * x
    tiles = nn.functional.avg_pool2d(product, 8) * 64  # (5, 1, 6, 6)
    expected = tiles.repeat_interleave(8, 2).repeat_interleave(8, 3)
    actual = saliency.occlusion(linear, x, target, patch=8, stride=8)
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-4)


@pytest.fixture
def colors() -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A linear network of ten classes, images of three channels, (4, 3, 30, 41), and classes."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 30 * 41, 10))
    return model, torch.randn(4, 3, 30, 41), torch.tensor([9, 0, 4, 9])


def test_occlusion_of_any_size_ends_at_the_edge(colors):
    model, x, target = colors
    product = (model[1].weight.detach()[target].reshape(x.shape) * x).sum(1)
    total, count = torch.zeros(4, 30, 41), torch.zeros(4, 30, 41)
    for top in (0, 5, 10, 15, 20, 22):  # 5 does not divide 30 - 8, nor 41 - 8
        for left in (0, 5, 10, 15, 20, 25, 30, 33):
            window = np.s_[:, top : top + 8, left : left + 8]
            total[window] += product[window].sum((1, 2), keepdim=True)
            count[window] += 1
    actual = saliency.occlusion(model, x, target, patch=8, stride=5)
    torch.testing.assert_close(actual[:, 0], total / count, atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="a patch of 31 for an image of 30 pixels"):
        saliency.occlusion(model, x, target, patch=31)


def test_heat_of_colors_sums_their_channels(colors):
    model, x, target = colors
    weights = model[1].weight[target].reshape(x.shape)
    for name, expected in {
        "gradient": weights.abs().sum(1),
        "gradient × input": (weights * x).sum(1).clip(0),
    }.items():
        method = saliency.METHODS[name]
        heat = method.heat(method.explain(model, x, target).numpy())
        np.testing.assert_allclose(heat, expected.detach(), atol=1e-6)


@pytest.mark.parametrize("name", saliency.METHODS)
def test_every_method_takes_any_image(name):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(3), nn.Flatten(),
        nn.Linear(72, 10),
    )  # fmt: skip
    method = saliency.METHODS[name]
    x = torch.randn(2, 3, 37, 50)
    heat = method.heat(method.explain(model, x, torch.tensor([9, 3])).numpy())
    assert heat.shape == (2, 37, 50)
    assert heat.max() > 0


def test_grad_cam_is_cam_where_a_mean_and_a_linear_layer_follow(faces):
    """CAM (Zhou et al. 2016) is the channels weighted by the class's weights, here over 24 × 24."""
    x, target = faces
    features = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1, stride=2), nn.ReLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 7))
    model = Network(features, head)
    weights = head[2].weight[target][:, :, None, None]  # (5, 6, 1, 1)
    cam = (weights * features(x)).sum(1, keepdim=True).relu() / 24**2
    cam = nn.functional.interpolate(cam, (48, 48), mode="bilinear")
    torch.testing.assert_close(saliency.grad_cam(model, x, target), cam)


class Free(nn.Module):
    """`small` in free code: without `features` and `head`, and with functions for layers."""

    def __init__(self, inplace):
        super().__init__()
        self.conv, _, self.norm, _, self.last, *_ = small().features
        self.dense, self.inplace = small().head[1], inplace

    def forward(self, x):
        x = F.max_pool2d(self.norm(F.relu(self.conv(x))), 2)
        x = F.leaky_relu(self.last(x), 0.05, inplace=self.inplace)
        return self.dense(F.max_pool2d(x, 2).flatten(1))


@pytest.mark.parametrize("inplace", [False, True])
def test_grad_cam_of_any_code_is_captums(faces, inplace):
    x, target = faces
    model, oracle = Free(inplace).eval(), Free(False).eval()
    for layer in (None, "last", "conv", "norm"):
        captums = captum.attr.LayerGradCam(oracle, getattr(oracle, layer or "last"))
        expected = captums.attribute(x, target=target, relu_attributions=True)
        expected = F.interpolate(expected, (48, 48), mode="bilinear")
        torch.testing.assert_close(saliency.grad_cam(model, x, target, layer=layer), expected)


def test_captum_agrees(faces):
    x, target = faces
    model = small()
    last = model.features[5]
    oracles = {
        saliency.gradient: captum.attr.Saliency(model).attribute(
            x.clone().requires_grad_(), target=target, abs=False
        ),
        saliency.gradient_x_input: captum.attr.InputXGradient(model).attribute(
            x.clone().requires_grad_(), target=target
        ),
        saliency.integrated_gradients: captum.attr.IntegratedGradients(model).attribute(
            x, target=target, method="riemann_middle", n_steps=100
        ),
        saliency.occlusion: captum.attr.Occlusion(model).attribute(
            x, sliding_window_shapes=(1, 8, 8), strides=(1, 4, 4), target=target
        ),
        saliency.grad_cam: captum.attr.LayerAttribution.interpolate(
            captum.attr.LayerGradCam(model, last).attribute(
                x, target=target, relu_attributions=True
            ),
            (48, 48),
            "bilinear",
        ),
    }
    for method, expected in oracles.items():
        torch.testing.assert_close(method(model, x, target), expected, atol=1e-6, rtol=1e-4)


def test_the_gradient_of_the_real_network_equals_captums(faces):
    x, target = faces
    torch.manual_seed(4)
    model = ShallowCNN().eval()
    # In one layout, for rounding otherwise turns a near-tie of max pooling the other way.
    model.to(memory_format=torch.channels_last)
    expected = captum.attr.Saliency(model).attribute(
        x.clone().requires_grad_(), target=target, abs=False
    )
    torch.testing.assert_close(saliency.gradient(model, x, target), expected, atol=1e-6, rtol=1e-5)


def test_smoothgrad_without_noise_is_the_gradient(faces):
    x, target = faces
    model = small()
    smooth = saliency.smoothgrad(model, x, target, samples=2, noise=0)
    torch.testing.assert_close(smooth, saliency.gradient(model, x, target))


def test_smoothgrad_is_the_mean_over_noises_of_15_per_cent(faces):
    x, target = faces
    model = small()
    generator = torch.Generator().manual_seed(7)
    maps = []
    for _ in range(3):
        noise = torch.randn(1, 48, 48, generator=generator)
        spread = x.flatten(1).max(1).values - x.flatten(1).min(1).values
        maps.append(
            saliency.gradient(model, x + 0.15 * spread[:, None, None, None] * noise, target)
        )
    actual = saliency.smoothgrad(model, x, target, samples=3, seed=7)
    torch.testing.assert_close(actual, torch.stack(maps).mean(0))


@pytest.mark.parametrize("name", CHEAP)
def test_a_map_leaves_no_trace(name, faces):
    x, target = faces
    model = small()
    model.train()
    model.features[2].eval()  # a mixed state must come back as it was
    weight = model.head[1].weight
    weight.grad = torch.ones_like(weight)
    x.requires_grad_()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    torch.manual_seed(5)
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()

    actual = CHEAP[name](model, x, target)

    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(weight.grad, torch.ones_like(weight))
    assert model.head[1].bias.grad is None
    assert x.grad is None
    assert x.requires_grad
    assert not actual.requires_grad
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])


@pytest.mark.parametrize("name", CHEAP)
def test_a_face_alone_or_in_a_batch_has_the_same_map(name, faces, monkeypatch):
    monkeypatch.setattr(saliency, "CHUNK", 3)  # so that five faces are more than one chunk
    x, target = faces
    model = small()
    model.train()  # batch norm would couple the faces if it were left so
    together = CHEAP[name](model, x, target)
    assert together.shape == x.shape
    for i in range(len(x)):
        alone = CHEAP[name](model, x[i : i + 1], target[i : i + 1])
        torch.testing.assert_close(alone[0], together[i], atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", CHEAP)
def test_an_in_place_relu_changes_nothing(name, faces):
    x, target = faces
    plain, inplace = CHEAP[name](small(), x, target), CHEAP[name](small(inplace=True), x, target)
    torch.testing.assert_close(plain, inplace)


def test_the_logit_is_explained_where_the_softmax_is_flat(linear, faces):
    x, target = faces
    with torch.no_grad():
        linear[1].weight *= 1000  # so sure that the softmax's gradient underflows
    assert (saliency.gradient(linear, x, target).abs().amax((1, 2, 3)) > 1).all()


def test_maps_are_signed_and_heat_is_not(faces):
    x, target = faces
    model = small()
    for method in ("gradient", "gradient × input"):
        maps = saliency.METHODS[method].explain(model, x, target)[:, 0].numpy()
        heat = saliency.METHODS[method].heat(maps)
        assert maps.min() < 0 < maps.max()
        assert heat.shape == (5, 48, 48)
        assert heat.min() >= 0


def test_the_maps_of_many_faces_are_those_of_each():
    images = render(validation_faces()[:3])
    model = small()
    together = saliency.maps(model, images, np.array([3, 5, 0]))
    for i, name in enumerate(("happy", "surprise", "angry")):
        alone = saliency.explain(model, images[i], name).maps
        assert list(alone) == list(together) == list(saliency.METHODS)
        np.testing.assert_allclose(together["occlusion"][i], alone["occlusion"], atol=1e-5)
        np.testing.assert_allclose(together["gradient"][i], alone["gradient"], atol=1e-5)


def test_a_network_without_a_convolution_is_told(linear, faces):
    model = Network(nn.Sequential(nn.Flatten()), nn.Sequential(linear[1]))
    with pytest.raises(UserError, match="no convolution"):
        saliency.grad_cam(model, *faces)


def test_targets_must_be_as_many_as_faces(linear, faces):
    with pytest.raises(ValueError, match="5 faces but 2 targets"):
        saliency.gradient(linear, faces[0], torch.tensor([1, 2]))


def test_no_faces_give_no_maps(faces):
    x, target = faces
    assert saliency.gradient(small(), x[:0], target[:0]).shape == (0, 1, 48, 48)


def test_grad_cam_looks_for_the_layer_once(faces, monkeypatch):
    counted = []
    monkeypatch.setattr(saliency, "CHUNK", 1)
    monkeypatch.setattr(saliency, "trace", lambda *a: counted.append(a) or trace(*a))
    saliency.grad_cam(small(), *faces)
    assert len(counted) == 1
