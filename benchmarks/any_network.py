"""Time and memory of the saliency maps of a network that is not ours, beside captum's.

    python benchmarks/any_network.py

Eight images of three channels and 224 × 224 pixels, ten classes, a network of four convolutions.
Each figure is of a process of its own: seconds of the call alone, and how far it raised the peak of
memory. Both do the same work: 10 steps, 10 noisy copies, patches of 32 pixels, 32 apart.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import captum.attr
import torch
from torch import Tensor, nn

from fer_lib.questions import saliency


def network() -> nn.Sequential:
    """(N, 3, 224, 224) → (N, 10)."""
    torch.manual_seed(0)
    widths = (3, 32, 64, 128, 128)
    convolutions = [
        layer
        for wide, wider in pairwise(widths)
        for layer in (nn.Conv2d(wide, wider, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    ]
    return nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


def tasks(model: nn.Sequential, x: Tensor, target: Tensor) -> dict[str, tuple[Callable, Callable]]:
    """By method: ours, and captum's."""
    slope, last = captum.attr.Saliency(model), model[10]  # as ours: after the ReLU
    leaf = x.clone().requires_grad_()
    return {
        "gradient": (
            lambda: saliency.gradient(model, x, target),
            lambda: slope.attribute(leaf, target),
        ),
        "gradient × input": (
            lambda: saliency.gradient_x_input(model, x, target),
            lambda: captum.attr.InputXGradient(model).attribute(leaf, target),
        ),
        "SmoothGrad": (
            lambda: saliency.smoothgrad(model, x, target, samples=10),
            lambda: captum.attr.NoiseTunnel(slope).attribute(leaf, nt_samples=10, target=target),
        ),
        "integrated gradients": (
            lambda: saliency.integrated_gradients(model, x, target, steps=10),
            lambda: captum.attr.IntegratedGradients(model).attribute(
                leaf, target=target, n_steps=10, method="riemann_middle"
            ),
        ),
        "Grad-CAM": (
            lambda: saliency.grad_cam(model, x, target),
            lambda: captum.attr.LayerGradCam(model, last).attribute(leaf, target),
        ),
        "occlusion": (
            lambda: saliency.occlusion(model, x, target, patch=32, stride=32),
            lambda: captum.attr.Occlusion(model).attribute(
                x, sliding_window_shapes=(3, 32, 32), strides=(3, 32, 32), target=target
            ),
        ),
    }


def peak() -> float:
    """The process's highest memory so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    if sys.argv[1:]:
        method, side = sys.argv[1:]
        model = network().eval()
        work = tasks(model, torch.randn(8, 3, 224, 224), torch.arange(8))[method][int(side)]
        with torch.no_grad():
            model(torch.randn(1, 3, 224, 224))
        before, start = peak(), time.perf_counter()
        work()
        print(f"{time.perf_counter() - start:.2f} s, {peak() - before:.2f} GB")
        return
    for method in saliency.METHODS:
        ours, theirs = (
            subprocess.run(
                [sys.executable, __file__, method, side], check=True, capture_output=True, text=True
            ).stdout.strip()
            for side in "01"
        )
        print(f"{method:21} ours {ours:18} captum {theirs}", flush=True)


if __name__ == "__main__":
    main()
