"""The hooks of training filled in: bf16, Winograd, CUDA graphs, and several processes.

torchrun, SLURM, Ray and Kubeflow describe a job by the same environment variables, so the same
command runs on a laptop and on a cluster.
"""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from fer_lib.errors import UserError
from fer_lib.training.acceleration.allocator import keep_freed
from fer_lib.training.acceleration.cuda_graph import Replayed
from fer_lib.training.acceleration.precision import autocast, choose
from fer_lib.training.acceleration.winograd import use_winograd
from fer_lib.training.hooks import Hooks


class Accelerated(Hooks):
    """Process `rank` of `size`, computing on `device`."""

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    def broadcast(self, value: Any) -> Any:
        """The main process's value, in every process."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def all_reduce(self, x: Tensor) -> Tensor:
        """The sum of `x` over the processes, in each of them and in place."""
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def choose_precision(self, model: str, asked: str) -> str:
        """What is asked for; for auto, what a probe finds right and fast."""
        return choose(model, self.device) if asked == "auto" else asked

    def prepare(self, model: nn.Module) -> nn.Module:
        """Channels-last, Winograd's convolution in fp32, and memory that is kept for reuse."""
        keep_freed()
        use_winograd(model)
        return super().prepare(model)

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model with its gradients averaged over all processes.

        On cards batch norm sees the faces of all. On CPUs each process normalises by its own, for
        a message a layer costs more there than the layer.
        """
        if self.size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)

    def autocast(self) -> AbstractContextManager:
        """Compute in `precision` inside."""
        return autocast(self.precision, self.device)

    def compile(self, step: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """On a single card the step as a graph."""
        alone = self.device.type == "cuda" and self.size == 1
        return Replayed(step) if alone else step


@contextmanager
def accelerated() -> Generator[Accelerated]:
    """The hooks for this machine and job; a process group is made and ended if need be."""
    cuda, size, local = (
        torch.cuda.is_available(),
        _number("WORLD_SIZE", 1),
        _number("LOCAL_RANK", 0),
    )
    rank = _number("RANK", 0)
    if size < 1 or rank >= size or (size > 1 and "RANK" not in os.environ):
        raise UserError(
            f"WORLD_SIZE {size} and RANK {os.environ.get('RANK', 'unset')} describe no job; "
            "start several processes by torchrun, or unset both"
        )
    device = torch.device("cuda", local if size > 1 else 0) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    ours = size > 1 and not dist.is_initialized()
    if ours:
        dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Accelerated(rank, size, device)
    finally:
        if ours:
            dist.destroy_process_group()


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal():
        raise UserError(f"{name}={text!r} is no number; start by torchrun, or unset {name}")
    return int(text)
