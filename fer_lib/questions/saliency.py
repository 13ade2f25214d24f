"""Which pixels decide: six saliency maps, each a few lines.

Every method is `(model, x, target) -> map`: x (N, 1, 48, 48) as `to_input` makes it, target (N,)
the classes to explain, and a signed map of x's shape. Any network that takes (N, C, H, W) and gives
(N, K) logits can be asked; 0 is then what an input of no information holds. Grad-CAM and occlusion
give one map for all channels, (N, 1, H, W).

All explain the logit, not the softmax: where the network is sure, the softmax is flat and its
gradient says nothing. All run in eval mode and leave no trace: `.grad`, `.training` and the random
generators stay as they were. A face's map is the same alone or in a batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lib.data.faceset import EXPRESSIONS, check_classes, to_input
from fer_lib.networks.models import inference_copy
from fer_lib.networks.tracing import last_map, trace
from fer_lib.questions.occlusion import covered_logits, mean_falls
from fer_lib.questions.selection import label_of

CHUNK = 32  # faces at once: their activations still fit the CPU's cache, more is slower

Explainer = Callable[[nn.Module, Tensor, Tensor], Tensor]


def explainer(method: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Hand a method a copy of the model in eval mode, on its device, and `CHUNK` faces at a time.

    Whatever the method does, the caller's model keeps its modes, its gradients and its layout.
    Raises ValueError when the faces and the targets differ in number.
    """

    @wraps(method)
    def explain(model: nn.Module, x: Tensor, target: Tensor, **settings: Any) -> Tensor:
        x, target = torch.as_tensor(x), torch.as_tensor(target, dtype=torch.int64)  # arrays too
        if len(x) != len(target):
            raise ValueError(f"{len(x)} faces but {len(target)} targets; one target a face")
        own = inference_copy(model)
        device = next((p.device for p in own.parameters()), x.device)
        chunks = zip(x.detach().split(CHUNK), target.split(CHUNK), strict=True)
        # the caller may stand in no_grad
        with torch.enable_grad():
            made = [method(own, a.to(device), t.to(device), **settings) for a, t in chunks]
        return torch.cat(made).detach().to(x.device)

    return explain


def logits_of(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """The logit of each face's target class: (N, C, H, W), (N,) → (N,)."""
    # each face's own class alone: the other logits explain other answers
    return model(x).gather(1, target[:, None])[:, 0]


def _slope(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    x = x.detach().requires_grad_()  # a leaf of its own: the caller's `.grad` stays untouched
    # One backward for the sum: in eval mode no face's logit depends on another face.
    return torch.autograd.grad(logits_of(model, x, target).sum(), x)[0]


@explainer
def gradient(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """How much the logit rises as a pixel brightens (Simonyan et al. 2014): logits per grey unit.

    Shapes: (N, C, H, W), (N,) → (N, C, H, W), signed. A linear network's map is its weights.
    """
    return _slope(model, x, target)


@explainer
def gradient_x_input(model: nn.Module, x: Tensor, target: Tensor) -> Tensor:
    """The gradient times how far the pixel is from mid-grey (Shrikumar et al. 2016): logits."""
    return _slope(model, x, target) * x


@explainer
def smoothgrad(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    samples: int = 50,
    noise: float = 0.15,
    seed: int = 0,
) -> Tensor:
    """The mean gradient at `samples` noisy copies of the face (Smilkov et al. 2017).

    The noise's deviation is `noise` times the face's range, in the paper's 10 to 20 %. Every face
    gets the same noises, from a generator of their own, so that a batch changes no map.
    """
    # a single gradient jumps from pixel to pixel; what noise does not change is its mean
    generator = torch.Generator().manual_seed(seed)
    deviation = noise * (x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True))
    total = torch.zeros_like(x)
    for _ in range(samples):
        one = torch.randn(x.shape[1:], generator=generator).to(x)  # (C, H, W)
        total += _slope(model, x + deviation * one, target)
    return total / samples


@explainer
def integrated_gradients(model: nn.Module, x: Tensor, target: Tensor, steps: int = 100) -> Tensor:
    """The gradient averaged on the way from mid-grey to the face, times the way: logits.

    Complete: a map's sum is the face's logit less the grey image's, up to the error of `steps`
    midpoints (Sundararajan et al. 2017 use 20 to 300).
    """
    # the midpoint rule: its error falls with the square of the number of steps
    middles = (torch.arange(steps) + 0.5) / steps
    # mid-grey is 0 for the network, so that the way from there to the face is x itself
    return x * sum(_slope(model, float(a) * x, target) for a in middles) / steps


def grad_cam(model: nn.Module, x: Tensor, target: Tensor, layer: str | None = None) -> Tensor:
    """The last convolution's channels, weighted by their mean gradient, cut at 0, enlarged.

    Shapes: (N, C, H, W), (N,) → (N, 1, H, W).
    What is weighted is the activated map, as `tracing.last_map` finds it; `layer` names another.
    As Selvaraju et al. 2017, and never normalised, so that a dead map stays dead and two faces can
    be compared. Raises UserError when the network has no convolution to look at.
    """
    last = last_map(trace(model, tuple(x.shape[1:])), layer).name  # once, not for each chunk
    return _grad_cam(model, x, target, last=last)


@explainer
def _grad_cam(model: nn.Module, x: Tensor, target: Tensor, last: str) -> Tensor:
    activations: list[Tensor] = []

    def cut(_layer: nn.Module, _arguments: tuple, output: Tensor) -> Tensor:
        activations.append(output.detach().requires_grad_())  # (N, 512, 12, 12)
        # The clone keeps an in-place layer above from rewriting what is weighted here.
        return activations[-1].clone()

    with model.get_submodule(last).register_forward_hook(cut):
        logits = logits_of(model, x, target)
    weights = torch.autograd.grad(logits.sum(), activations[-1])[0].mean((2, 3), keepdim=True)
    # cut at 0: what speaks against the class is not asked for
    coarse = (weights * activations[-1]).sum(1, keepdim=True).relu()  # (N, 1, 12, 12)
    return F.interpolate(coarse.detach(), x.shape[2:], mode="bilinear", align_corners=False)


@explainer
def occlusion(
    model: nn.Module, x: Tensor, target: Tensor, patch: int = 8, stride: int = 4
) -> Tensor:
    """How far the logit falls when a mid-grey patch covers the pixel (Zeiler & Fergus 2014).

    A pixel's value is the mean fall over the patches that cover it: (N, C, H, W), (N,) → (N, 1, H,
    W). On a linear network a patch's fall is its weights times its pixels, summed. The patches are
    `stride` apart, the last ones at the edge. Raises ValueError where the patch is too large.
    """
    with torch.no_grad():
        covered = covered_logits(model, x, patch, stride)
        return mean_falls(model(x), covered, target, x.shape[2:], patch, stride)


@dataclass(frozen=True)
class Method:
    """A saliency method, and how its signed map is read as heat, which is never negative.

    A sensitivity (the logit may rise as the pixel brightens or darkens) is read by its size, a
    contribution by its positive part: what spoke for the class.
    """

    explain: Explainer
    sensitivity: bool = False

    def heat(self, signed: np.ndarray) -> np.ndarray:
        """Signed maps (N, H, W), or (N, C, H, W) of which channels are summed, as heat ≥ 0."""
        # a contribution of one color can undo another's, a sensitivity cannot
        signed = abs(signed) if self.sensitivity else signed
        return (signed.sum(1) if signed.ndim == 4 else signed).clip(0)


METHODS = {
    "gradient": Method(gradient, sensitivity=True),
    "gradient × input": Method(gradient_x_input),
    "SmoothGrad": Method(smoothgrad, sensitivity=True),
    "integrated gradients": Method(integrated_gradients),
    "Grad-CAM": Method(grad_cam),
    "occlusion": Method(occlusion),
}


def maps(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Each method's signed map of a face's class: (N, 48, 48), (N,) → name → (N, 48, 48)."""
    x, target = to_input(images), torch.as_tensor(labels)
    return {name: m.explain(model, x, target)[:, 0].numpy() for name, m in METHODS.items()}


def heats(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Each method's heat, of the same shapes."""
    return {name: METHODS[name].heat(m) for name, m in maps(model, images, labels).items()}


@dataclass(frozen=True)
class Explanation:
    """What a network says of one picture, and why.

    Shapes: image (48, 48) uint8, probabilities (K,), maps name → (48, 48) signed, of class `label`.
    """

    image: np.ndarray
    probabilities: np.ndarray
    label: int
    maps: dict[str, np.ndarray]
    classes: Sequence[str] = EXPRESSIONS


def explain(
    model: nn.Module,
    image: np.ndarray,
    expression: str | None = None,
    classes: Sequence[str] = EXPRESSIONS,
) -> Explanation:
    """Every map of one picture, (48, 48) uint8, for an expression or for the one predicted.

    Raises UserError when there is no expression of that name.
    """
    x = to_input(image[None])
    device = next(model.parameters()).device
    with torch.no_grad():
        probabilities = model(x.to(device)).softmax(1)[0].cpu().numpy()
    check_classes(len(probabilities), classes)
    label = int(probabilities.argmax()) if expression is None else label_of(expression, classes)
    every = maps(model, image[None], np.array([label]))
    return Explanation(
        image, probabilities, label, {name: m[0] for name, m in every.items()}, classes
    )
