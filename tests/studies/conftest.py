"""A toy world for the grade: the network and what it goes by are planted."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_lib.networks.models import Network
from fer_lib.studies.ablation import Truth


@pytest.fixture
def spots():
    """A network that counts bright pixels, and grey pictures with one bright spot each."""
    rng = np.random.default_rng(0)
    images = rng.integers(100, 156, (24, 48, 48)).astype(np.uint8)
    masks = np.zeros(images.shape, bool)
    for mask, (row, column) in zip(masks, rng.integers(0, 42, (24, 2)), strict=True):
        mask[row : row + 6, column : column + 6] = True
    images[masks] = rng.integers(230, 256, masks.sum())
    convolution = nn.Conv2d(1, 1, 1)
    head = nn.Linear(48 * 48, 7)
    with torch.no_grad():
        convolution.weight.fill_(1)
        convolution.bias.fill_(-1)
        head.weight.fill_(0)
        head.weight[3] = 0.1
        head.bias.fill_(0)
    model = Network(nn.Sequential(convolution, nn.ReLU()), nn.Sequential(nn.Flatten(), head)).eval()
    truth = Truth(
        images,
        np.full(24, 3),
        np.zeros(images.shape, bool),
        tuple({12: mask} for mask in masks),
        tuple({12: 1.0} for _ in masks),
        np.arange(24),
    )
    return model, truth
