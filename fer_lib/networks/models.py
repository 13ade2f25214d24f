"""The report's two networks, to the letter of the original, and one for accuracy in three sizes.

In the original's two every convolution is followed by LeakyReLU(0.05) and then by batch
normalisation, in that order; `ResidualCNN` has the order that is usual now, and no biases that
the normalisation would take away again. A network is `features` (convolutions and pooling) and
`head` (the classifier), each a plain `nn.Sequential`, so that its layers can be listed and
split.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.errors import UserError
from fer_lib.networks.own import FORM, build_own, is_own, read_source

CLASSES = len(EXPRESSIONS)  # FER2013's; a set of other faces may have K
SLOPE = 0.05  # of LeakyReLU below 0


def convolution(c_in: int, c_out: int, kernel: int) -> list[nn.Module]:
    """Conv → LeakyReLU → BatchNorm; an odd kernel with half its size as padding keeps the size."""
    return [
        nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2),
        nn.LeakyReLU(SLOPE),
        nn.BatchNorm2d(c_out),
    ]


def classifier(classes: int) -> nn.Sequential:
    """Both networks end so: (N, 512, 6, 6) → (N, K) logits."""
    return nn.Sequential(
        nn.Flatten(),  # (N, 18432)
        nn.Linear(512 * 6 * 6, 512),
        nn.ReLU(),
        nn.BatchNorm1d(512),
        nn.Linear(512, classes),  # (N, 7) of FER2013
    )


class Network(nn.Module):
    """`features`, then `head`: (N, 1, 48, 48) → (N, K) logits."""

    def __init__(self, features: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(x))


class DeepCNN(Network):
    """Questions 1 to 3: three blocks of convolutions, 15,140,551 parameters.

    The original's printed table breaks across a page inside the third block, so two or three
    convolutions can be read there. Its nine rows of 512 × 12 × 12 speak for three;
    `third_block=2` is the other reading, 12,779,719 parameters.
    """

    def __init__(self, third_block: int = 3, classes: int = CLASSES) -> None:
        features = nn.Sequential(
            *convolution(1, 32, 5),  # (N, 32, 48, 48)
            *convolution(32, 32, 5),
            *convolution(32, 32, 5),
            nn.MaxPool2d(2),  # (N, 32, 24, 24)
            nn.Dropout(0.1),
            *convolution(32, 128, 3),  # (N, 128, 24, 24)
            *convolution(128, 128, 3),
            *convolution(128, 128, 3),
            nn.MaxPool2d(2),  # (N, 128, 12, 12)
            nn.Dropout(0.1),
            *convolution(128, 512, 3),  # (N, 512, 12, 12)
            *[layer for _ in range(third_block - 1) for layer in convolution(512, 512, 3)],
            nn.MaxPool2d(2),  # (N, 512, 6, 6)
        )
        super().__init__(features, classifier(classes))


class ShallowCNN(Network):
    """Questions 4 and 5: one convolution a scale, 10,108,551 parameters."""

    def __init__(self, classes: int = CLASSES) -> None:
        features = nn.Sequential(
            *convolution(1, 64, 3),  # (N, 64, 48, 48)
            nn.MaxPool2d(2),  # (N, 64, 24, 24)
            *convolution(64, 128, 3),
            nn.MaxPool2d(2),  # (N, 128, 12, 12)
            *convolution(128, 512, 3),
            nn.MaxPool2d(2),  # (N, 512, 6, 6)
        )
        super().__init__(features, classifier(classes))


def normalised(c_in: int, c_out: int, stride: int = 1, kernel: int = 3) -> list[nn.Module]:
    """Conv → BatchNorm → ReLU; a stride of s divides the sides by s."""
    return [
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),  # one map less to keep for the backward pass
    ]


class Residual(nn.Module):
    """x + two convolutions of x (He et al. 2016, https://arxiv.org/abs/1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*normalised(channels, channels), *normalised(channels, channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # nothing after the sum: the gradient reaches every block undamped
        return x + self.body(x)


class GlobalAverage(nn.Module):
    """The mean over all places of a map of any size: (N, C, H, W) → (N, C, 1, 1).

    It is torch's AdaptiveAvgPool2d(1), whose gradient however forgets that the map is
    channels-last, so that the layers before it pass over two layouts at once.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, x.shape[2:])


class ResidualCNN(Network):
    """Made for accuracy: for few operations, 1,866,215 parameters, or wider and deeper.

    The first convolution has a side and a stride of its own, `stem`. Each further scale has twice
    the channels of the last and half its sides, made by a convolution's stride, where pooling would
    leave the work at the larger size; `blocks` residual blocks follow at each. Averaging over all
    places before the classifier lets it take faces of any size, so that training may begin with
    small ones.
    """

    def __init__(
        self,
        width: int = 32,
        blocks: tuple[int, ...] = (0, 0, 1, 1),
        stem: tuple[int, int] = (3, 1),
        classes: int = CLASSES,
    ) -> None:
        kernel, stride = stem
        # a grey face has one channel
        layers, c = [], 1
        for scale, count in enumerate(blocks):
            c_in, c = c, width << scale  # channels double at each scale
            # a stride halves the sides at every scale but the first
            layers += normalised(c_in, c, 2) if scale else normalised(c_in, c, stride, kernel)
            layers += [Residual(c) for _ in range(count)]
        # by default (N, 32, 48, 48), …, (N, 256, 6, 6)
        pooled = nn.Sequential(
            GlobalAverage(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(c, classes)
        )
        super().__init__(nn.Sequential(*layers), pooled)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "deep": DeepCNN,
    "shallow": ShallowCNN,
    "residual": ResidualCNN,
    # for the recipe `record`: 7 times the usual one's multiplications, 7,825,095 parameters
    "wide": partial(ResidualCNN, 64, (1, 1, 1, 1)),
    # for the recipe `fast`: windows 3 pixels apart, a 23rd of DeepCNN's multiplications
    "coarse": partial(ResidualCNN, 64, (0, 1, 1), stem=(7, 3)),
}
ANY_SIZE = ("residual", "wide", "coarse")  # these take faces of other sizes too


def build(name: str, classes: int = CLASSES) -> nn.Module:
    """A fresh network by its name, with an output a class.

    The weights come from torch's global generator. Channels-last, the order in which oneDNN and
    cuDNN take activations: each of the networks' convolutions was faster so than in NCHW, 1.0 to 4
    times. One of the user's own may have to stay as it is, and its code is run. Raises UserError
    for an unknown name, and as `own.build_own`.
    """
    if is_own(name):
        return build_own(name, classes)
    check_name(name)
    model = NETWORKS[name](classes=classes)
    return model.to(memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]


def check_name(name: str) -> None:
    """Raises UserError for the name of no network; one of the user's own is not looked up."""
    if name not in NETWORKS and not is_own(name):
        raise UserError(f"no model {name!r}; the models are {', '.join(NETWORKS)}, or {FORM}")


def identity(name: str) -> str:
    """A name that changes with the network: one of the user's own goes by its file's content."""
    if not is_own(name):
        return name
    source = read_source(name)
    return f"{source.name} {source.sha256}"


def is_channels_last(model: nn.Module) -> bool:
    """Whether `build` could lay a network out so."""
    # a 1×1 kernel, or one of a single channel, lies alike in both orders and tells nothing
    weights = [p for p in model.parameters() if p.ndim == 4 and not p.is_contiguous()]
    return any(p.is_contiguous(memory_format=torch.channels_last) for p in weights)


def inference_copy(model: nn.Module) -> nn.Module:
    """A copy to look into, in eval mode, its weights fixed; the caller's model stays as it is."""
    return deepcopy(model).eval().requires_grad_(False)
