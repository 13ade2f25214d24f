import numpy as np
import torch
from torch import nn

from fer_lib.drawn.faces import face, render
from fer_lib.networks.models import ResidualCNN, ShallowCNN
from fer_lib.questions.feature_maps import feature_maps, strongest


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_maps_are_those_of_a_plain_forward_and_leave_no_trace():
    torch.manual_seed(0)
    model, image = ShallowCNN().train(), render([face(0, 1)])[0]
    before, generator = state(model), torch.get_rng_state()
    maps = feature_maps(model, image)
    assert all(module.training and not module._forward_hooks for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), generator)

    x = (torch.as_tensor(image)[None, None] / 255 - 0.5) / 0.25
    model.eval()
    with torch.no_grad():
        for layers, shown in zip((2, 6, 10), maps, strict=True):  # up to each activation function
            assert isinstance(model.features[layers - 1], nn.LeakyReLU)
            expected = model.features[:layers](x)[0].numpy()
            np.testing.assert_allclose(shown, expected, atol=1e-4)
    assert [m.shape for m in maps] == [(64, 48, 48), (128, 24, 24), (512, 12, 12)]


def test_a_layer_that_writes_in_place_changes_no_map():
    writes = nn.Sequential(nn.LeakyReLU(0.05), nn.Hardtanh(0, 0.1, inplace=True))
    model = ResidualCNN(8, (0, 1))
    model.features = nn.Sequential(nn.Conv2d(1, 4, 3), *writes)
    model.head = nn.Flatten()
    assert feature_maps(model, render([face(0, 1)])[0])[0].max() > 0.1


def test_the_strongest_answer_over_all_places():
    maps = np.zeros((3, 4, 4))
    maps[0, 0, 0] = 3  # highest, but at one place
    maps[1], maps[2] = 1, -2
    assert list(strongest(maps, 2)) == [2, 1]
