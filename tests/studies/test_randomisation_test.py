"""Oracle: an edge detector, which no randomisation can change, and a network's own weights."""

import numpy as np
import torch
from torch import nn

from fer_lib.networks.models import Network
from fer_lib.questions import saliency
from fer_lib.questions.saliency import METHODS, Method
from fer_lib.studies import randomisation_test


def network() -> Network:
    torch.manual_seed(0)
    features = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(3))
    return Network(features, nn.Sequential(nn.Flatten(), nn.Linear(3 * 48 * 48, 7))).eval()


def test_stages_go_from_the_output_down():
    model = network()
    linear, norm, convolution = model.head[1], model.features[2], model.features[0]
    assert randomisation_test.stages(model) == [[linear], [norm, convolution]]


def test_an_edge_detector_fails_and_a_gradient_passes(monkeypatch):
    def edges(model, x, target):
        return torch.diff(x, dim=3, prepend=x[..., :1])

    methods = {"gradient": METHODS["gradient"], "edges": Method(edges, sensitivity=True)}
    monkeypatch.setattr(saliency, "METHODS", methods)
    model = network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    images = np.random.default_rng(0).integers(0, 256, (4, 48, 48)).astype(np.uint8)

    actual = randomisation_test.cascade(model, images, np.array([0, 3, 5, 6]))

    assert len(actual) == 3
    assert (actual.iloc[0] == 1).all()
    np.testing.assert_allclose(actual["edges"], 1)
    assert actual["gradient"].iloc[-1] < randomisation_test.PASS
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_dead_map_is_like_nothing():
    dead = {"method": np.zeros((1, 3, 3))}
    assert randomisation_test._correlations({"method": np.eye(3)[None]}, dead)["method"] == [0]


def test_a_map_that_ignores_the_class_is_like_itself(monkeypatch):
    def edges(model, x, target):
        return torch.diff(x, dim=3, prepend=x[..., :1])

    def class_alone(model, x, target):
        made = [
            torch.rand(1, 48, 48, generator=torch.Generator().manual_seed(int(k))) for k in target
        ]
        return torch.stack(made)

    methods = {"edges": Method(edges), "class": Method(class_alone)}
    monkeypatch.setattr(saliency, "METHODS", methods)
    images = np.random.default_rng(0).integers(0, 256, (20, 48, 48)).astype(np.uint8)
    own = saliency.heats(network(), images, np.arange(20) % 7)
    found = randomisation_test.random_logit(network(), images, np.arange(20) % 7, own)
    np.testing.assert_allclose(found["edges"], 1)
    assert abs(found["class"]).max() < 0.1  # never the same class


def test_faint_noise_leaves_a_smooth_map_and_not_a_noisy_one(monkeypatch):
    def light(model, x, target):
        return x

    def last_digits(model, x, target):
        return (1000 * x) % 1

    methods = {"light": Method(light), "last digits": Method(last_digits)}
    monkeypatch.setattr(saliency, "METHODS", methods)
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 48)).astype(np.uint8)
    own = saliency.heats(network(), images, np.zeros(5, int))
    found = randomisation_test.faint_noise(network(), images, np.zeros(5, int), own)
    assert found["light"].min() > 0.98
    assert abs(found["last digits"]).max() < 0.2
