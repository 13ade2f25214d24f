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

ALONE = {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}  # where torchrun has set nothing


class Accelerated(Hooks):
    """Process `rank` of `size`, computing on `device`."""

    def __init__(self, rank: int, size: int, device: torch.device) -> None:
        self.rank, self.size, self.device = rank, size, device

    def broadcast(self, value: Any) -> Any:
        if self.size == 1:
            return value
        # torch writes what has come into the list that it is given
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def all_reduce(self, x: Tensor) -> Tensor:
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def choose_precision(self, model: str, asked: str, classes: int) -> str:
        """What is asked for; for auto, what a probe finds right and fast."""
        return choose(model, self.device, classes) if asked == "auto" else asked

    def prepare(self, model: nn.Module) -> nn.Module:
        """Winograd's convolution in fp32, and memory that is kept for reuse."""
        keep_freed()
        use_winograd(model)
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model with its gradients averaged over all processes.

        On cards batch norm sees the faces of all. On CPUs each process normalises by its own: to
        let it see all took a message a layer, and layers of our own.
        """
        if self.size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        # gradients lie in the buckets that are sent, so nothing is copied
        return nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)

    def autocast(self) -> AbstractContextManager:
        return autocast(self.precision, self.device)

    def compile(self, step: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """On a single card the step as a graph."""
        alone = self.device.type == "cuda" and self.size == 1
        return Replayed(step) if alone else step


@contextmanager
def accelerated() -> Generator[Accelerated]:
    """The hooks for this machine and job; a process group is made and ended if need be."""
    size, rank, local = _job()
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local if size > 1 else 0) if cuda else torch.device("cpu")
    if cuda:
        # else all processes of a machine would take its first card
        torch.cuda.set_device(device)
    # whoever has made the group ends it
    ours = size > 1 and not dist.is_initialized()
    if ours:
        dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield Accelerated(rank, size, device)
    finally:
        if ours:
            dist.destroy_process_group()


def _job() -> tuple[int, int, int]:
    """WORLD_SIZE, RANK and LOCAL_RANK; raises UserError for what torchrun would not have set."""
    texts = [os.environ.get(name, default) for name, default in ALONE.items()]
    size, rank, local = (int(text) if text.isdecimal() else -1 for text in texts)
    # one of the first two without the other would train, and leave it to chance who prints
    half = ("WORLD_SIZE" in os.environ) != ("RANK" in os.environ)
    if half or not 0 <= rank < size or local < 0:
        names = ", ".join(f"{name}={os.environ[name]!r}" for name in ALONE if name in os.environ)
        raise UserError(f"{names}: start processes by torchrun, or unset both")
    return size, rank, local
