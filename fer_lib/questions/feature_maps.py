"""What each convolution makes of one face: its map after the activation function."""

from itertools import count
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.data.faceset import to_input
from fer_lib.networks import tracing
from fer_lib.networks.models import inference_copy
from fer_lib.questions.intervals import share

# torch's activation functions share a module; the attention there gives no map
ACTIVATIONS = nn.ReLU.__module__


@torch.no_grad()
def feature_maps(model: nn.Module, image: np.ndarray) -> list[np.ndarray]:
    """The maps of a face after each convolution, up to the last, each with its activation function.

    Where the activation is no module of its own, the map is that of the last module that follows.
    Shapes: (48, 48) uint8 → a (C, H, W) float32 a convolution; ShallowCNN's are (64, 48, 48),
    (128, 24, 24) and (512, 12, 12). The model stays as it is. Raises UserError for a model without
    a convolution.
    """
    own, calls = inference_copy(model), tracing.trace(model)
    last, maps, number = tracing.last_convolution(calls), {}, count()
    # squeeze-and-excitation has convolutions without a map; the last counts even so
    convolutions = [at for at in range(last + 1) if at == last or tracing.gives_map(calls[at])]
    # convolutions that are added share their map
    wanted = [*dict.fromkeys(_activated(calls, at) for at in convolutions)]

    def keep(_layer: nn.Module, _given: tuple, output: Any) -> None:
        # as `trace` counts its calls
        if (made := tracing.first_tensor(output)) is not None and (at := next(number)) in wanted:
            maps[at] = made[0].cpu().numpy().copy()  # a later layer may write in place

    for layer in own.modules():
        layer.register_forward_hook(keep)
    own(to_input(image[None]).to(next(own.parameters()).device))
    return [maps[at] for at in wanted]


def _activated(calls: list[tracing.Call], at: int) -> int:
    """The place of the activation function's call that follows a convolution's."""
    places = tracing.same_map(calls, at)
    kinds = [type(calls[i].layer).__module__ for i in places]
    activations = [i for i, kind in zip(places, kinds, strict=True) if kind == ACTIVATIONS]
    return (activations or places[-1:])[0]


def strongest(maps: np.ndarray, count: int) -> np.ndarray:
    """The channels of (C, H, W) that answer most strongly, the first most: their root mean square.

    The highest value would choose by a single place, often in a corner.
    """
    return np.argsort(-np.square(maps).mean((1, 2)), kind="stable")[:count]


def share_on(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How much of each channel's positive answer lies on a part: (C, H, W), (48, 48) bool → (C,).

    nan for a channel that answers nothing. A cell that the part covers in part counts so.
    """
    size = (maps.shape[1], maps.shape[2])
    covered = F.adaptive_avg_pool2d(torch.as_tensor(mask, dtype=torch.float)[None], size).numpy()
    answer = np.maximum(maps, 0)
    return share((answer * covered).sum((1, 2)), answer.sum((1, 2)))
