"""Layers that see the faces of all processes, on CPUs (gloo); cards have torch's own."""

from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.autograd import Function
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel


def synchronise(model: nn.Module, batch: int) -> None:
    """Let `model`'s layers see the faces of all processes, `batch` of them in a step.

    Each batch norm gets the statistics of all. A dense layer gets the inputs of all and the
    gradients at its outputs, where they are less to send than its weight's gradient.
    """
    unsent = []  # what is then equal everywhere without DistributedDataParallel
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.__class__ = SyncedBatchNorm  # the same parameters, buffers and names
            unsent += [f"{name}.{buffer}" for buffer, _ in module.named_buffers()]
        elif isinstance(module, nn.Linear) and gathers(module, batch):
            module.__class__ = SyncedLinear
            unsent.append(f"{name}.weight")
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(model, unsent)


def gathers(layer: nn.Linear, batch: int) -> bool:
    """Whether a step's inputs and gradients at the outputs are fewer numbers than the weight."""
    return batch * (layer.in_features + layer.out_features) < layer.weight.numel()


def gathered(x: torch.Tensor) -> torch.Tensor:
    """Each process's `x` in each of them, a row a rank: (…) → (processes, …)."""
    rows = x.new_empty(dist.get_world_size(), *x.shape)
    dist.all_gather(list(rows), x.contiguous())
    return rows


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

    Differentiated by hand, for then two numbers a channel cross the processes in each direction and
    the passes over x are torch's own fused ones (Ioffe & Szegedy 2015, section 3,
    https://arxiv.org/abs/1502.03167).
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
        count = dist.get_world_size() * x.numel() // x.shape[1]
        unmoved = torch.zeros_like(weight)  # given, the moments come in its precision, not in x's
        mean, variance = torch.batch_norm_update_stats(x, unmoved, unmoved, 0.0)
        # gathered, for a sum of so few numbers costs gloo more rounds of messages
        moments = gathered(torch.stack([mean, variance + mean.square()])).mean(0)
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
        sums = gathered(torch.stack([dweight, dbias])).sum(0) / ctx.count
        # dx −= weight/std · (mean(dy) + mean(dy·x̂) · x̂), where x̂ = (x − mean)/std
        pull = sums * (weight / (variance + ctx.eps).sqrt())
        dx -= torch.batch_norm(x, pull[0], pull[1], mean, variance, False, 0.0, ctx.eps, False)
        return dx, dweight, dbias, None


class SyncedLinear(nn.Linear):
    """A dense layer; each process computes its weight's gradient from the faces of all.

    DeepCNN's and ShallowCNN's have 9.4 million weights and, at 128 faces, a quarter as many
    inputs and outputs. On processors of two kinds the gradients differ by roundings.
    """

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The layer's output, (N, in) → (N, out), for this process's faces."""
        y = F.linear(input, self.weight.detach(), self.bias)
        return _WeightOfAll.apply(y, input.detach(), self.weight)


class _WeightOfAll(Function):
    """y as it is; in the other direction also the weight's gradient, the mean over processes."""

    @staticmethod
    def forward(ctx: Any, y: torch.Tensor, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return y.view_as(y)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        dy = gradients[0]
        (x,) = ctx.saved_tensors
        dys = gathered(dy / dist.get_world_size()).flatten(0, 1)
        return dy, None, dys.T @ gathered(x.to(dy.dtype)).flatten(0, 1)
