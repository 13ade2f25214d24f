"""fp32 or bf16: a short probe takes bf16 where it is right, and faster by a margin.

Both halves matter. Without bf16 instructions bf16 is many times slower (pytorch #146508), and
some of its convolutions have been wrong (#163347, #169688) or slow (#183815).
"""

import contextlib
import json
import time
from contextlib import AbstractContextManager
from pathlib import Path

import platformdirs
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.module import register_module_forward_hook

from fer_lib.data.faceset import SIZE
from fer_lib.files import write_text
from fer_lib.networks.models import build, identity
from fer_lib.training.acceleration.winograd import use_winograd
from fer_lib.training.manifest import processor

GAIN = 1.2  # below this, exactness is worth more than speed
TOLERANCE = 0.03  # relative, of one layer: bf16 keeps 8 bits, so rounding costs about 0.004
STEPS = 2  # timed each way
BATCH = 8


def autocast(precision: str, device: torch.device) -> AbstractContextManager:
    """Autocast to bf16, or nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


def choose(model: str, device: torch.device, classes: int) -> str:
    """The precision to train `model` in on this machine.

    On a CPU that names bf16 among its instructions a probe decides. Its answer is kept in the
    user's cache by processor, torch version, threads and network.
    """
    if device.type == "cuda":  # the tensor cores' own format, where they have it
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if not has_bf16():
        return "fp32"
    machine = f"{processor()}, torch {torch.__version__}, {torch.get_num_threads()} threads"
    key = f"{machine}, {identity(model)}"
    store = platformdirs.user_cache_path("fer-report") / "precision.json"
    answers = _read_answers(store)
    if key not in answers:
        answers[key] = probe(build(model, classes), classes)
        with contextlib.suppress(OSError):  # a cache that cannot be written costs seconds
            store.parent.mkdir(parents=True, exist_ok=True)
            write_text(store, json.dumps(answers, indent=2) + "\n")
    return answers[key]


def has_bf16() -> bool:
    """Whether the processor has instructions for bf16: without them it is many times slower."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return any(value is True for name, value in capabilities.items() if "bf16" in name)


def _read_answers(store: Path) -> dict[str, str]:
    """The answers that are there; a damaged one is asked for again."""
    try:
        answers = json.loads(store.read_text()).items()
        return {key: value for key, value in answers if value in ("fp32", "bf16")}
    except (OSError, ValueError, AttributeError):
        return {}


def probe(model: nn.Module, classes: int) -> str:
    """The precision for `model` on the CPU: bf16 where it is right, and faster by `GAIN`."""
    # the same probe each time; `fit`, which asks for it, gives the generator back
    torch.manual_seed(0)
    use_winograd(model)  # what bf16 has to beat
    x, labels = torch.randn(BATCH, 1, SIZE, SIZE), torch.randint(0, classes, (BATCH,))
    try:
        right = worst_layer(model, x) <= TOLERANCE
        return "bf16" if right and speed_up(model, x, labels) >= GAIN else "fp32"
    except (RuntimeError, TypeError):  # the user's own code may be none that bf16 can do
        return "fp32"


def worst_layer(model: nn.Module, x: torch.Tensor) -> float:
    """The largest relative error of bf16 in a layer's output or gradients, fed as in fp32.

    Layer by layer, since over the depth even right bf16 gradients drift far from those of fp32.
    """
    fed: dict[nn.Module, torch.Tensor] = {}

    def keep(layer: nn.Module, inputs: tuple[torch.Tensor], _: torch.Tensor) -> None:
        # in these alone bf16 multiplies; the rest stays in fp32 under autocast
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fed[layer] = inputs[0].detach()

    with torch.no_grad(), register_module_forward_hook(keep):
        model.train()(x)
    # a network of the user's own may have none, or one that it does not call
    return max((_error(layer, x) for layer, x in fed.items()), default=0.0)


def _error(layer: nn.Module, x: torch.Tensor) -> float:
    exact, rounded = _results(layer, x, "fp32"), _results(layer, x, "bf16")
    errors = [(r - e).norm() / e.norm() for e, r in zip(exact, rounded, strict=True)]
    # what is no number counts as the largest error
    return float(torch.stack(errors).nan_to_num(float("inf")).max())


def _results(layer: nn.Module, x: torch.Tensor, precision: str) -> list[torch.Tensor]:
    """The layer's output, and the gradients of a fixed random sum of it."""
    x = x.clone().requires_grad_()
    with autocast(precision, x.device):
        y = layer(x).float()
    # the same sum both times: else the two gradients could not be compared
    pull = torch.randn(y.shape, generator=torch.Generator().manual_seed(0))
    learned = [p for p in layer.parameters() if p.requires_grad]  # others are frozen
    return [y.detach(), *torch.autograd.grad((y * pull).sum(), [x, *learned])]


def speed_up(model: nn.Module, x: torch.Tensor, labels: torch.Tensor) -> float:
    """How many times faster a step is in bf16: the two in turn, the best of `STEPS` each.

    Counted in this thread's own processor time, so that what else the machine does cannot decide.
    """

    def step(precision: str) -> float:
        began = time.thread_time()
        with autocast(precision, x.device):
            loss = F.cross_entropy(model(x).float(), labels)
        model.zero_grad()
        loss.backward()
        return time.thread_time() - began

    best = {"fp32": float("inf"), "bf16": float("inf")}
    # a thread's processor time says nothing of other threads, so all work is done in this one
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(1 + STEPS):  # the first of each warms up, and is never the best
            for precision in best:
                best[precision] = min(best[precision], step(precision))
    finally:
        torch.set_num_threads(threads)
    return best["fp32"] / best["bf16"]
