"""One process or many: what they tell each other, and batch norm across them.

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
from torch.autograd import Function
from torch.nn.modules.batchnorm import _BatchNorm


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
        rows = torch.zeros(self.size, *x.shape, dtype=x.dtype, device=x.device)
        rows[self.rank] = x
        return self.total(rows)

    def wrapped(self, model: nn.Module) -> nn.Module:
        """The model with gradients and batch norm over all processes; changes `model` itself."""
        if self.size == 1:
            return model
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        else:
            synchronise(model)
        return nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)


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


def synchronise(model: nn.Module) -> None:
    """Give each batch norm of `model` the statistics of all processes (CPU; gloo)."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.__class__ = SyncedBatchNorm  # the same parameters, buffers and names


class SyncedBatchNorm(_BatchNorm):
    """Batch norm over all processes, each with a batch of the same size."""

    def _check_input_dim(self, input: torch.Tensor) -> None:
        pass  # it was made from a batch norm that has its own check

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Normalise by the mean and variance over all processes; by the running ones in eval."""
        if not self.training:
            return super().forward(input)
        norm: Any = self  # torch types each of its buffers as perhaps None
        y, mean, variance, count = _Normalised.apply(input, norm.weight, norm.bias, norm.eps)
        with torch.no_grad():
            norm.num_batches_tracked += 1
            norm.running_mean.lerp_(mean, norm.momentum)
            norm.running_var.lerp_(variance * count / (count - 1), norm.momentum)
        return y


class _Normalised(Function):
    """y = (x − mean) / std · weight + bias with mean and std over all processes' x.

    Differentiated by hand, for then two small sums cross the processes in each direction and the
    passes over x are torch's own fused ones (Ioffe & Szegedy 2015, section 3,
    https://arxiv.org/abs/1502.03167).
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
        size = dist.get_world_size()
        count = size * x.numel() // x.shape[1]
        unmoved = torch.zeros_like(weight)  # given, the moments come in its precision, not in x's
        mean, variance = torch.batch_norm_update_stats(x, unmoved, unmoved, 0.0)
        moments = torch.stack([mean, variance + mean.square()]) / size
        dist.all_reduce(moments)
        mean, variance = moments[0], (moments[1] - moments[0].square()).clamp(min=0)
        y = torch.batch_norm(x, weight, bias, mean, variance, False, 0.0, eps, False)
        ctx.save_for_backward(x, weight, mean, variance)
        ctx.eps, ctx.count = eps, count
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance, count

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        dy = gradients[0]
        x, weight, mean, variance = ctx.saved_tensors
        dx, dweight, dbias = torch.ops.aten.native_batch_norm_backward(
            dy, x, weight, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        sums = torch.stack([dweight, dbias]) / ctx.count
        dist.all_reduce(sums)
        # dx −= weight/std · (mean(dy) + mean(dy·x̂) · x̂), where x̂ = (x − mean)/std
        pull = sums * (weight / (variance + ctx.eps).sqrt())
        dx -= torch.batch_norm(x, pull[0], pull[1], mean, variance, False, 0.0, ctx.eps, False)
        return dx, dweight, dbias, None
