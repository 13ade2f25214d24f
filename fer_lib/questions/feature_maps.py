"""What each layer makes of one face: the maps of a network's activations."""

import numpy as np
import torch
from torch import Tensor, nn

from fer_lib.data.faceset import to_input
from fer_lib.networks.models import inference_copy


@torch.no_grad()
def feature_maps(model: nn.Module, image: np.ndarray) -> list[np.ndarray]:
    """The maps of a face after each activation function of `features`, from the first layer on.

    Shapes: (48, 48) uint8 → a (C, H, W) float32 a layer; ShallowCNN's are (64, 48, 48),
    (128, 24, 24) and (512, 12, 12). The model stays as it is.
    """
    own, maps = inference_copy(model), []

    def keep(layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
        maps.append(made[0].cpu().numpy().copy())  # a later layer may write in place

    for layer in own.get_submodule("features").modules():
        if isinstance(layer, (nn.LeakyReLU, nn.ReLU)):
            layer.register_forward_hook(keep)
    own(to_input(image[None]).to(next(own.parameters()).device))
    return maps


def strongest(maps: np.ndarray, count: int) -> np.ndarray:
    """The channels of (C, H, W) that answer most strongly, the first most: their root mean square.

    The highest value would choose by a single place, often in a corner.
    """
    return np.argsort(-np.square(maps).mean((1, 2)), kind="stable")[:count]
