import numpy as np
import torch
from torch import nn

from fer_lib.drawn.faces import face, render
from fer_lib.networks.models import DeepCNN, ResidualCNN, ShallowCNN
from fer_lib.questions.feature_maps import feature_maps, share_on, strongest


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


def test_of_any_network_the_map_of_each_convolution_on_the_way_to_the_last():
    class Own(nn.Module):
        """No `features`; an activation that is no module, a shortcut that is called last."""

        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1)
            self.skip, self.silu, self.fc = nn.Conv2d(1, 4, 1), nn.SiLU(), nn.Linear(4, 7)

        def forward(self, x):
            y = self.silu(self.two(self.one(x).relu()))
            return self.fc((y + self.skip(x)).mean((2, 3)))

    torch.manual_seed(0)
    model, image = Own().eval(), render([face(0, 1)])[0]
    x = (torch.as_tensor(image)[None, None] / 255 - 0.5) / 0.25
    with torch.no_grad():
        one = model.one(x)
        two = model.silu(model.two(one.relu()))
    for shown, expected in zip(feature_maps(model, image), (one, two), strict=True):
        np.testing.assert_allclose(shown, expected[0].numpy(), atol=1e-5)


def test_deep_s_nine_and_residual_s_inner_maps_are_activated():
    image = render([face(0, 1)])[0]
    deep = DeepCNN()
    assert [len(m) for m in feature_maps(deep, image)] == [32] * 3 + [128] * 3 + [512] * 3
    seen = feature_maps(ResidualCNN(8, (1, 1)), image)  # ends with ReLU, inside the blocks too
    assert [m.shape[0] for m in seen] == [8, 8, 8, 16, 16, 16]
    assert all(m.min() == 0 < m.max() for m in seen)


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


def test_the_share_on_a_part_counts_positive_answers_and_cells_half_covered():
    mask = np.zeros((48, 48), bool)
    mask[:, :12] = True  # a quarter: one cell of a map of four, half of one of a map of two
    maps = np.zeros((4, 4, 4))
    maps[0], maps[1, :, 0], maps[2, :, 1], maps[2, :, 0] = 1, 3, 2, -5
    np.testing.assert_allclose(share_on(maps, mask), [0.25, 1, 0, np.nan])
    np.testing.assert_allclose(share_on(np.ones((1, 2, 2)), mask), [0.25])
