"""Filters that are named on one half of the faces and confirmed on the other."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_lib.data.faceset import Split
from fer_lib.loading import load_faces
from fer_lib.studies.filters_confirmed import confirmed, untrained


class Planted(nn.Module):
    """One filter answers light faces, the other a pixel that is random."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Conv2d(1, 2, 3, bias=False)
        self.head = nn.Linear(2, 7)
        kernels = torch.zeros(2, 1, 3, 3)
        kernels[0] = 1
        kernels[1, 0, 1, 1], kernels[1, 0, 1, 2] = 1, -1
        self.last.weight.data = kernels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.last(x).amax((2, 3)))


def planted(light: np.ndarray) -> Split:
    """Noise, lighter where told; happy and sad in turn."""
    rng = np.random.default_rng(0)
    images = rng.integers(100, 140, (len(light), 48, 48)) + 60 * light[:, None, None]
    return Split(images.astype(np.uint8), np.where(np.arange(len(light)) % 2, 3, 4))


def test_what_is_there_is_confirmed_and_noise_is_not_named():
    faces = planted(np.arange(120) % 2)
    table = confirmed(Planted(), faces)
    assert table.index.tolist() == ["expression"]  # photographs have no units
    assert table.loc["expression"].tolist() == [1, 1]


def test_what_holds_on_one_half_alone_is_named_and_not_confirmed():
    order = np.random.default_rng(0).permutation(120)
    light = np.arange(120) % 2
    light[order[1::2]] = 1 - light[order[1::2]]  # there the light faces are of the other class
    assert confirmed(Planted(), planted(light)).loc["expression"].tolist() == [1, 0]


def test_units_are_told_where_the_faces_have_a_truth():
    split = load_faces("embedded").validation[np.arange(60)]
    before = torch.random.get_rng_state()
    table = untrained("coarse", split)
    assert table.index.tolist() == ["expression", "unit"]
    assert torch.equal(torch.random.get_rng_state(), before)
    again = untrained("coarse", split)
    np.testing.assert_array_equal(table, again)


def test_one_face_has_no_halves():
    with pytest.raises(ValueError, match="no face"):
        confirmed(Planted(), planted(np.ones(1, int)))
