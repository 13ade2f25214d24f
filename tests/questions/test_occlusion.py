import numpy as np
import pytest
from torch import nn

from fer_lib.questions import occlusion


def test_places_of_a_board_are_a_stride_apart_to_the_last():
    model = nn.Sequential(nn.Flatten(), nn.Linear(48 * 48, 7))
    images, labels = np.zeros((1, 48, 48), np.uint8), np.zeros(1, int)
    assert occlusion.cover(model, images, labels, patch=8, stride=20).covered.shape == (1, 3, 3, 7)
    with pytest.raises(ValueError, match="a stride of 6 does not divide 48 - 8"):
        occlusion.cover(model, images, labels, patch=8, stride=6)
