"""Augmentation of a whole batch at once, each face's by its own row of chance.

The row of face i in epoch e is a function of (seed, e, i): no worker, no process, no history and
no batch that it shares changes what is drawn, so a resumed run and a run of many processes see
the same pixels.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from fer_lib.data.faceset import SIZE, to_input
from fer_lib.training.recipe import Recipe

DRAWS = 11  # numbers a face: flip, shift x y, rotate, scale, light 2, erase, box x y, area
AREA = (0.02, 0.2)  # of an erased box, as share of the face


def draw_uniforms(seed: int, epoch: int, faces: int) -> Tensor:
    """Uniform in [0, 1), a row a face: (N, DRAWS) float32, a function of (seed, epoch)."""
    # three streams an epoch: 0 is the order of the faces, 1 these, 2 mixup
    generator = np.random.default_rng([seed, epoch, 1])
    return torch.from_numpy(generator.random((faces, DRAWS), dtype=np.float32))


def mixup_shares(seed: int, epoch: int, faces: int, alpha: float) -> Tensor:
    """Each face's own share when it is mixed with another, (N,) float32 in 0.5 to 1.

    Mixup, Zhang et al. 2018, https://arxiv.org/abs/1710.09412.
    """
    shares = np.random.default_rng([seed, epoch, 2]).beta(alpha, alpha, faces)
    # Beta is symmetric, so the larger part may be the face's own: it stays mostly itself
    return torch.from_numpy(np.maximum(shares, 1 - shares).astype(np.float32))


def augment(images: Tensor, chance: Tensor, recipe: Recipe, side: int = SIZE) -> Tensor:
    """Move, light and erase faces, each by its row of `chance`, as far as the recipe allows.

    Shapes: images (N, 48, 48) uint8, chance (N, DRAWS) → (N, 1, side, side) float32.
    """
    x = to_input(images)
    move, light, erase = chance[:, :5], chance[:, 5:7], chance[:, 7:]
    if recipe.flip or recipe.shift or recipe.rotate or recipe.scale or side != SIZE:
        x = affine(x, move, recipe, side)
    if recipe.light:
        x = color_jitter(x, light, recipe.light)
    # last: the box is grey and sharp, neither lit nor moved
    if recipe.erase:
        x = random_erase(x, erase, recipe.erase)
    return x


def _either_way(chance: Tensor, reach: float) -> Tensor:
    return (2 * chance - 1) * reach


def affine(x: Tensor, chance: Tensor, recipe: Recipe, side: int) -> Tensor:
    """Mirror, shift, turn, scale and resize by one bilinear lookup; beyond the edge is its mirror.

    Shapes: (N, 1, 48, 48), (N, 5) → (N, 1, side, side).
    """
    # one lookup for all of them: five in a row would blur the face five times
    flip, across, down, turn, zoom = chance.unbind(1)
    mirror = torch.where(flip < 0.5, -1.0, 1.0) if recipe.flip else torch.ones_like(flip)
    angle = _either_way(turn, math.radians(recipe.rotate))
    zoom = 1 + _either_way(zoom, recipe.scale)
    reach = 2 * recipe.shift / SIZE  # in grid_sample's units the face is 2 wide
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    # grid_sample asks the way back: where in the face each pixel of the result comes from
    rows = [cos * mirror, -sin, _either_way(across, reach), sin * mirror, cos]
    theta = torch.stack([*rows, _either_way(down, reach)], dim=1).view(-1, 2, 3)
    size = [len(x), 1, side, side]
    grid = F.affine_grid(theta, size, align_corners=False)  # (N, side, side, 2)
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def color_jitter(x: Tensor, chance: Tensor, reach: float) -> Tensor:
    """Another contrast and another brightness; `reach` 0.3 is up to 30 % and 0.3 input units."""
    contrast, brightness = _either_way(chance, reach).unbind(1)
    # mid-grey is 0, so that contrast turns about it
    return x * (1 + contrast)[:, None, None, None] + brightness[:, None, None, None]


def random_erase(x: Tensor, chance: Tensor, share: float) -> Tensor:
    """Paint a mid-grey square (0 in the networks' units) over a share of the faces.

    Random erasing, Zhong et al. 2017, https://arxiv.org/abs/1708.04896, squares only.
    """
    chosen, across, down, area = chance.unbind(1)
    size = x.shape[-1]
    # the side of a square of the area drawn; a face that is not chosen has a square of no size
    half = size / 2 * (AREA[0] + area * (AREA[1] - AREA[0])).sqrt()
    half = torch.where(chosen < share, half, 0.0)[:, None]
    place = torch.arange(size, device=x.device) + 0.5
    columns = (place - across[:, None] * size).abs() < half  # (N, size)
    rows = (place - down[:, None] * size).abs() < half
    return x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)
