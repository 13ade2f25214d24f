"""One process or many: their places, and what they tell each other.

torchrun, SLURM, Ray and Kubeflow describe a job by the same environment variables, so the same
command runs on a laptop and on a cluster. A world of one sends nothing.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from fer_lib.training.acceleration.synchronised import gathered, synchronise


@dataclass(frozen=True)
class World:
    """This process's place among all: `rank` of `size`, computing on `device`."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the one process that writes."""
        return self.rank == 0

    def told(self, value: Any) -> Any:
        """Rank 0's value, in every process."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def total(self, x: torch.Tensor) -> torch.Tensor:
        """The sum of `x` over the processes, in each of them and in place."""
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def gathered(self, x: torch.Tensor) -> torch.Tensor:
        """Each process's `x`, a row a rank, in each of them."""
        return gathered(x) if self.size > 1 else x[None]

    def wrapped(self, model: nn.Module, batch: int) -> nn.Module:
        """The model with gradients and batch norm over all processes; changes `model` itself.

        `batch` counts the faces of a step over all processes.
        """
        if self.size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        else:
            synchronise(model, batch)
        # named, the size also holds for the first of the messages, which else is small
        return nn.parallel.DistributedDataParallel(
            model, gradient_as_bucket_view=True, bucket_cap_mb=25
        )


@contextmanager
def joined() -> Generator[World]:
    """The world that the environment describes; its process group is made and ended if need be."""
    cuda, size = torch.cuda.is_available(), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) if size > 1 else 0)
    if cuda:
        torch.cuda.set_device(device)
    ours = size > 1 and not dist.is_initialized()
    if ours:
        dist.init_process_group("nccl" if cuda else "gloo")
    try:
        rank = dist.get_rank() if size > 1 else 0
        yield World(rank, size, device if cuda else torch.device("cpu"))
    finally:
        if ours:
            dist.destroy_process_group()
