"""Time the saliency maps against captum and loops.

python benchmarks/saliency.py
"""

import time
from collections.abc import Callable

import captum.attr
import torch

from fer_lib.data.faceset import to_input
from fer_lib.drawn.faces import embedded, validation_faces
from fer_lib.networks.models import build
from fer_lib.questions import saliency
from fer_lib.studies import ablation, randomisation_test, saliency_benchmark
from fer_lib.studies.saliency_metrics import curves, scores


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_by_one(model, x, target) -> None:
    """The loop of most tutorials: one face, one backward through all the weights."""
    for i in range(len(x)):
        model.zero_grad()
        face = x[i : i + 1].clone().requires_grad_()
        model(face)[0, target[i]].backward()
    model.zero_grad()


def smooth_one_by_one(model, x, target, samples: int) -> None:
    """SmoothGrad as written after the paper: a noisy copy at a time."""
    for i in range(len(x)):
        noisy = x[i] + 0.15 * (x[i].max() - x[i].min()) * torch.randn(samples, *x.shape[1:])
        one_by_one(model, noisy, target[i].expand(samples))


def timings() -> None:
    torch.manual_seed(0)
    model = build("shallow").eval()
    faces = embedded()
    x = to_input(faces.train.images[:1000])
    target = torch.as_tensor(faces.train.labels[:1000])
    saliency.gradient(model, x[:64], target[:64])  # warm

    def batches(attribute: Callable) -> None:
        for a, t in zip(x.split(64), target.split(64), strict=True):
            attribute(a.clone().requires_grad_(), target=t)

    few, aim = x[:8], target[:8]  # the rivals are timed on a part, and the part is multiplied
    captums = captum.attr.Saliency(model)
    tunnel = captum.attr.NoiseTunnel(captums)
    rows: list[tuple[str, float, Callable[[], object]]] = [  # name, multiplied by, work
        ("gradient, 1,000 faces (bar 10 s)", 1, lambda: saliency.gradient(model, x, target)),
        ("  captum's Saliency, batches of 64", 1, lambda: batches(captums.attribute)),
        ("  one by one, as tutorials do", 5, lambda: one_by_one(model, x[:200], target[:200])),
        (
            "SmoothGrad (50), 64 faces (bar 30 s)",
            1,
            lambda: saliency.smoothgrad(model, x[:64], target[:64]),
        ),
        (
            "  captum's NoiseTunnel",
            8,
            lambda: tunnel.attribute(
                few.clone().requires_grad_(), nt_samples=50, stdevs=0.6, target=aim, abs=False
            ),
        ),
        ("  noisy copies one by one", 8, lambda: smooth_one_by_one(model, few, aim, 50)),
        ("occlusion, 64 faces", 1, lambda: saliency.occlusion(model, x[:64], target[:64])),
        (
            "  captum's Occlusion",
            8,
            lambda: captum.attr.Occlusion(model).attribute(
                few, sliding_window_shapes=(1, 8, 8), strides=(1, 4, 4), target=aim
            ),
        ),
    ]
    for name, times, work in rows:
        print(f"{times * seconds(work):8.1f} s  {name}", flush=True)
    drawn = [face for face in validation_faces() if face.units][:50]

    def default_grade() -> None:
        truth = ablation.truth(model, drawn)
        heats = saliency.heats(model, truth.images, truth.labels)
        masks = saliency_benchmark.mean_masks(faces.train)
        heats |= saliency_benchmark.baseline_heats(truth, faces.train, masks)
        for heat in heats.values():
            scores(truth, heat, curves(model, truth, heat))
        randomisation_test.cascade(model, truth.images[::9], truth.labels[::9])

    print(f"{seconds(default_grade):8.1f} s  the default grade of 50 faces (bar 180 s)")


if __name__ == "__main__":
    timings()
