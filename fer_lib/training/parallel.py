"""One process or many: what they have to tell each other, and batch norm across them.

torchrun, SLURM, Ray and Kubeflow all describe a job by the same environment variables, so the
same command runs on a laptop and on a cluster. A world of one sends nothing.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn


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
        """The sum of `x` over the processes, in each of them."""
        if self.size > 1:
            dist.all_reduce(x)
        return x

    def gathered(self, x: torch.Tensor) -> torch.Tensor:
        """Each process's `x`, stacked in the order of rank, in each of them."""
        if self.size == 1:
            return x[None]
        rows = [torch.empty_like(x) for _ in range(self.size)]
        dist.all_gather(rows, x)
        return torch.stack(rows)

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model with gradients averaged over the processes."""
        if self.size == 1:
            return model
        return nn.parallel.DistributedDataParallel(model)


@contextmanager
def joined() -> Generator[World]:
    """The world that the environment describes; a process group is made, and ended, if needed."""
    cuda = torch.cuda.is_available()
    device = (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
    )
    size = int(os.environ.get("WORLD_SIZE", 1))
    ours = size > 1 and not dist.is_initialized()
    if ours:
        dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield World(int(os.environ.get("RANK", 0)), size, device)
    finally:
        if ours:
            dist.destroy_process_group()
