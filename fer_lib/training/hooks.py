"""What training asks of the machine. Here: one process, fp32, nothing compiled.

`acceleration.engine` fills the same hooks with bf16, Winograd's convolution, CUDA graphs and
several processes. Training works without it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from fer_lib.errors import UserError


class Hooks:
    """One process on the CPU, in fp32."""

    rank, size = 0, 1  # this process among all
    device = torch.device("cpu")
    precision = "fp32"

    @property
    def is_main(self) -> bool:
        """Whether this is the one process that writes."""
        return self.rank == 0

    def on_main(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function` returns in the main process, in every process."""
        return self.broadcast(function(*arguments) if self.is_main else None)

    def broadcast(self, value: Any) -> Any:
        """The main process's value, in every process."""
        return value

    def all_reduce(self, x: Tensor) -> Tensor:
        """The sum of `x` over the processes, in each of them and in place."""
        return x

    def choose_precision(self, model: str, asked: str, classes: int) -> str:
        """fp32 or bf16 for a network; `asked` may be auto."""
        # said rather than done otherwise: the numbers would be those of another run
        if asked == "bf16":
            raise UserError("precision bf16 needs fer_lib.training.acceleration; give fp32")
        return "fp32"

    def prepare(self, model: nn.Module) -> nn.Module:
        """The model itself, made ready for training."""
        return model

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model with its gradients averaged over all processes."""
        return model

    def autocast(self) -> AbstractContextManager:
        """Compute in `precision` inside."""
        return nullcontext()

    def compile(self, step: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """A step that does the same, faster."""
        return step
