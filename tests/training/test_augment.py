import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.nn import functional as F

from fer_lib.data.faceset import to_input
from fer_lib.training.augment import DRAWS, augment, draw_uniforms, mixup_shares
from fer_lib.training.recipe import Recipe

OFF = {"flip": False, "shift": 0.0, "rotate": 0.0, "scale": 0.0, "light": 0.0}
MIDDLE = torch.full((1, DRAWS), 0.5)  # nothing is moved, lit or erased, and no mirror


def recipe(**choices):
    return Recipe(**(OFF | choices))


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (6, 48, 48), np.uint8))


def drawn(**places):
    columns = {"flip": 0, "across": 1, "down": 2, "turn": 3, "zoom": 4, "contrast": 5, "light": 6}
    columns |= {"erase": 7, "x": 8, "y": 9, "area": 10}
    chance = MIDDLE.clone()
    for name, value in places.items():
        chance[0, columns[name]] = value
    return chance


def test_off_is_the_input(images):
    assert torch.equal(augment(images, draw_uniforms(0, 0, 6), recipe()), to_input(images))


def test_a_mirror_is_a_mirror(images):
    x = augment(images[:1], drawn(flip=0.1), recipe(flip=True))
    torch.testing.assert_close(x, to_input(images[:1]).flip(3), atol=1e-4, rtol=0)


@pytest.mark.parametrize("side", [32, 40, 64])
def test_another_side_is_torch_s_bilinear(images, side):
    x = augment(images[:1], MIDDLE, recipe(), side)
    oracle = F.interpolate(to_input(images[:1]), size=side, mode="bilinear")
    torch.testing.assert_close(x, oracle, atol=1e-4, rtol=0)
    everything = augment(images, draw_uniforms(0, 0, 6), Recipe(erase=1.0), side)
    assert everything.shape == (6, 1, side, side)


def test_whole_pixels_are_shifted_whole(images):
    x = augment(images[:1], drawn(across=1.0, down=0.25), recipe(shift=4.0))
    expected = to_input(images[:1]).roll((2, -4), (2, 3))
    torch.testing.assert_close(x[..., 2:, :-4], expected[..., 2:, :-4], atol=1e-4, rtol=0)


def test_a_turn_is_scipy_s(images):
    x = augment(images[:1], drawn(turn=1.0), recipe(rotate=30.0))
    oracle = ndimage.rotate(to_input(images[:1])[0, 0].numpy(), 30, reshape=False, order=1)
    inside = slice(12, 36)
    assert x[0, 0, inside, inside].numpy() == pytest.approx(oracle[inside, inside], abs=1e-3)


def test_light_is_an_affine_map_of_grey(images):
    x = augment(images[:1], drawn(contrast=1.0, light=0.0), recipe(light=0.3))
    torch.testing.assert_close(x, to_input(images[:1]) * 1.3 - 0.3)


def test_erased_area(images):
    images = images[:1] * 0 + 255
    for area, share in ((0.0, 0.02), (1.0, 0.2)):
        x = augment(images, drawn(erase=0.1, area=area), recipe(erase=0.5))
        assert float((x == 0).float().mean()) == pytest.approx(share, abs=0.02)
    assert (augment(images, drawn(erase=0.9), recipe(erase=0.5)) != 0).all()


def test_a_face_s_pixels_hang_on_its_own_row_alone(images):
    everything = Recipe(erase=0.5)
    chance = draw_uniforms(3, 1, 6)
    together = augment(images, chance, everything)
    alone = torch.cat([augment(images[i : i + 1], chance[i : i + 1], everything) for i in range(6)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_chance_is_a_function_of_seed_and_epoch():
    assert torch.equal(draw_uniforms(1, 2, 9), draw_uniforms(1, 2, 9))
    assert not torch.equal(draw_uniforms(1, 2, 9), draw_uniforms(2, 1, 9))
    shares = mixup_shares(0, 0, 1000, 0.2)
    assert 0.5 <= shares.min() < 0.6
    assert 0.9 < shares.max() <= 1
