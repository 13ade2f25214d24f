import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.errors import UserError
from fer_lib.networks.models import ShallowCNN
from fer_lib.questions.maximisation import LastConv, activation, greys, maximise


class Small(nn.Module):
    """Two convolutions: its units see 3 + 2·2 + … = 8 × 8 pixels."""

    def __init__(self, slope=0.05):
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1),
            nn.LeakyReLU(slope),
            nn.BatchNorm2d(4),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, padding=1),
            nn.LeakyReLU(slope),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(6 * 24 * 24, 7))

    def forward(self, x):
        return self.head(self.features(x))


def test_a_patch_of_the_field_s_size_is_what_a_unit_inside_a_face_sees():
    model = Small().eval()
    bank = LastConv.of(model)
    side = bank.field.size
    face = torch.rand(1, 1, 48, 48)
    unit = bank.inside()[5]
    window = bank.field.window(unit)
    patch = face[..., window.start : window.stop, window.start : window.stop]
    assert patch.shape[-1] == side
    own = bank.unpadded().maps(patch)
    assert own.shape == (1, 6, 1, 1)
    torch.testing.assert_close(own[0, :, 0, 0], bank.maps(face)[0, :, unit, unit])
    chosen = torch.arange(6)
    heights = activation(bank.unpadded(), patch.expand(6, 1, side, side), chosen)
    torch.testing.assert_close(heights, own[0, :, 0, 0])


class Free(nn.Module):
    """`Small` in free code: no chain of layers that a patch could pass alone."""

    def __init__(self, groups=1):
        super().__init__()
        chain = Small()
        self.first, _, self.norm, _, self.last, _ = chain.features
        self.head = chain.head
        if groups > 1:
            self.last = nn.Conv2d(4, 6, 3, padding="same", groups=groups)

    def forward(self, x):
        x = F.max_pool2d(self.norm(F.leaky_relu(self.first(x), 0.05)), 2)
        return self.head(F.leaky_relu(self.last(x), 0.05))


def test_in_free_code_the_same_is_found_as_in_a_chain_of_layers():
    chain, free = LastConv.of(Small()), LastConv.of(Free())
    assert isinstance(chain.below, nn.Sequential)
    assert not isinstance(free.below, nn.Sequential)
    assert (free.field, free.units, free.inside()) == (chain.field, chain.units, chain.inside())
    face = torch.rand(2, 1, 48, 48)
    torch.testing.assert_close(free.maps(face), chain.maps(face))
    a, b = maximise(Small(), steps=8), maximise(Free(), steps=8)
    np.testing.assert_allclose(a.patterns, b.patterns, atol=1e-4)
    np.testing.assert_allclose(a.activations, b.activations, rtol=1e-4)
    first = maximise(Free(), [2], steps=8, layer="first")
    assert first.patterns.shape == (1, 3, 3)


def test_grouped_filters_are_climbed_too():
    torch.manual_seed(1)
    model = Free(groups=2)
    best = maximise(model, steps=8)
    again = LastConv.of(model).unpadded().maps(torch.as_tensor(best.patterns)[:, None])
    np.testing.assert_allclose(again[:, :, 0, 0].diagonal(), best.activations, rtol=1e-4)


class Global(nn.Module):
    """A unit that sees the whole face, whatever its window: its weight hangs on the mean."""

    def __init__(self):
        super().__init__()
        self.last, self.fc = nn.Conv2d(1, 2, 3, stride=8, padding=1), nn.Linear(72, 7)

    def forward(self, x):
        return self.fc(self.last(x * x.mean((2, 3), keepdim=True)).flatten(1))


def test_where_all_see_all_the_pattern_is_a_face():
    torch.manual_seed(0)
    bank = LastConv.of(Global())
    assert (bank.field.size, bank.inside()) == (48, range(6))
    face = torch.rand(3, 1, 48, 48)
    torch.testing.assert_close(bank.unpadded().maps(face)[..., 0, 0], bank.maps(face)[..., 3, 3])


def test_shallow_units_see_eighteen_pixels():
    assert LastConv.of(ShallowCNN()).field.size == 18


def test_the_patterns_beat_random_images_and_are_greys():
    torch.manual_seed(0)
    model = ShallowCNN().eval()
    chosen = range(0, 512, 64)
    maximised = maximise(model, chosen)
    assert maximised.patterns.min() >= 0
    assert maximised.patterns.max() <= 1
    bank = LastConv.of(model).unpadded()
    side = bank.field.size
    noise = torch.rand(1000, 1, side, side, generator=torch.Generator().manual_seed(1))
    best = bank.maps(noise)[:, chosen, 0, 0].amax(0).numpy()
    assert (maximised.activations > best).all()
    again = bank.maps(torch.as_tensor(maximised.patterns)[:, None])[:, chosen, 0, 0]
    np.testing.assert_allclose(again.diagonal().numpy(), maximised.activations, rtol=1e-4)


def test_a_linear_unit_s_pattern_is_the_sign_of_its_weights():
    model = Small()
    model.features = nn.Sequential(nn.Conv2d(1, 2, 5, bias=False))
    model.head = nn.Flatten()
    slope = torch.tensor([-1.0, -1.0, 0.0, 1.0, 1.0]).expand(5, 5)  # dark left, bright right
    with torch.no_grad():
        model.features[0].weight[:, 0] = torch.stack([slope, slope.T])
    maximised = maximise(model, steps=200)
    strong = slope != 0
    assert ((maximised.patterns[0] > 0.5) == (slope > 0).numpy())[strong].all()
    assert ((maximised.patterns[1] > 0.5) == (slope.T > 0).numpy())[strong.T].all()


def test_the_finest_waves_are_damped_and_a_plain_stays():
    stripes = torch.tensor([1.0, -1.0]).repeat(6).expand(1, 1, 12, 12)
    inner = (..., slice(1, -1), slice(1, -1))  # the edge is repeated
    torch.testing.assert_close(greys(stripes)[inner], torch.sigmoid(stripes / 5)[inner])
    board = stripes * stripes.mT
    torch.testing.assert_close(greys(board)[inner], torch.sigmoid(board / 25)[inner])
    torch.testing.assert_close(greys(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 4, 4).sigmoid())


def test_of_several_starts_the_best_is_kept():
    one, many = maximise(Small(), steps=4, starts=1), maximise(Small(), steps=4, starts=16)
    assert (many.activations > one.activations).sum() >= 5  # of 6: the sixteen hold the one


def test_a_filter_that_starts_dead_is_climbed_too():
    model = Small(slope=0.0)
    with torch.no_grad():
        model.features[4].bias.fill_(-50.0)  # below zero for any face: past a ReLU, no gradient
    short, long = maximise(model, steps=4, starts=1), maximise(model, steps=48, starts=1)
    assert (long.activations > short.activations).all()


def test_what_is_found_for_a_filter_does_not_hang_on_the_others():
    model = Small()
    everyone, one = maximise(model, steps=8), maximise(model, [3], steps=8)
    np.testing.assert_allclose(everyone.patterns[3], one.patterns[0], atol=1e-5)


def test_threads_change_nothing_and_are_given_back():
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        two = maximise(Small(), steps=4, starts=64)  # three chunks
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        one = maximise(Small(), steps=4, starts=64)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_allclose(two.patterns, one.patterns, atol=1e-5)


def test_the_model_stays_as_it_was():
    model = Small().train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = torch.get_rng_state()
    maximise(model, [0], steps=4)
    assert model.training
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())


def test_a_convolution_that_is_called_twice_is_refused():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(1, 1, 3), nn.Linear(44 * 44, 7)

        def forward(self, x):
            return self.fc(self.conv(self.conv(x).relu()).flatten(1))

    with pytest.raises(UserError, match="'conv' is called more than once"):
        maximise(Twice())


def test_mistakes_say_what_is_allowed():
    with pytest.raises(UserError, match="0 to 5"):
        maximise(Small(), [6])
    with pytest.raises(UserError, match="no convolution"):
        maximise(nn.Flatten())
