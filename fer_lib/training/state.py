"""All that changes while a run trains: what a checkpoint holds."""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from fer_lib.networks.models import build
from fer_lib.training.hooks import Hooks
from fer_lib.training.recipe import Recipe

Tensors = dict[str, torch.Tensor]


@dataclass
class State:
    """Weights, optimizer and place in the run.

    `step` counts inside `epoch`, and `seconds` are those of it so far. `totals` (3,) float64 holds
    this process's loss, right answers and faces of the epoch so far. `stretches` tells of each
    process that had a part in the run: where it began, and on what machine.
    """

    model: nn.Module
    average: nn.Module | None
    optimizer: torch.optim.Optimizer
    totals: torch.Tensor
    history: list[dict[str, float]]
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    stretches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def best(self) -> nn.Module:
        """What is validated and saved: the average of the weights, else the last of them."""
        return self.average or self.model

    def tensors(self) -> Tensors:
        """Each tensor of the state, by a name of its own."""
        # flat names, for safetensors stores tensors by name and nothing else
        named = {"totals": self.totals}
        named |= {f"model.{name}": value for name, value in self.model.state_dict().items()}
        if self.average:
            entries = self.average.state_dict().items()
            named |= {f"average.{name}": value for name, value in entries}
        for index, moments in self.optimizer.state_dict()["state"].items():
            named |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
        return named

    def facts(self) -> dict[str, Any]:
        """The rest of the state, as JSON takes it."""
        place = {"epoch": self.epoch, "step": self.step, "seconds": self.seconds}
        return place | {"history": self.history, "stretches": self.stretches}

    def restore(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        """Become the state that a checkpoint holds."""
        self.totals.copy_(tensors["totals"])
        self.model.load_state_dict(_under("model.", tensors))
        if self.average:
            self.average.load_state_dict(_under("average.", tensors))
        self._restore_optimizer(_under("optimizer.", tensors))
        self.epoch, self.step = facts["epoch"], facts["step"]
        self.seconds, self.history = facts["seconds"], facts["history"]
        self.stretches = facts["stretches"]

    def _restore_optimizer(self, tensors: Tensors) -> None:
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        for key, value in tensors.items():
            # the optimizer is new and has no moments yet: they are made here, as it would make them
            index, name = key.split(".")
            parameter = parameters[int(index)]
            # a moment lies in memory as its parameter does, which a checkpoint does not tell
            moment = torch.empty_like(parameter if value.ndim else value, device=parameter.device)
            self.optimizer.state[parameter][name] = moment.copy_(value)


def _under(prefix: str, tensors: Tensors) -> Tensors:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def first_state(recipe: Recipe, classes: int, hooks: Hooks) -> State:
    """The state before the first step; the weights are a function of the recipe's seed."""
    # the only draw from the global generator; data and augmentation have their own
    torch.manual_seed(recipe.seed)
    model = hooks.prepare(build(recipe.model, classes).to(hooks.device))
    # the average begins at the first weights, and a short run never quite forgets them
    average = copy.deepcopy(model) if recipe.ema else None
    totals = torch.zeros(3, dtype=torch.float64, device=hooks.device)
    return State(model, average, make_optimizer(model, recipe), totals, [])


def make_optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Weights decay; biases and batch norm do not."""
    # a decayed bias or batch-norm scale regularises nothing
    weights = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": recipe.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    rate, on_card = recipe.peak_learning_rate, weights[0].is_cuda
    if on_card:  # a recorded step reads its rate from the card
        rate = torch.tensor(rate, device=weights[0].device)
    if recipe.optimizer == "adamw":
        # fused: one kernel for all weights; capturable: steps are counted on the card
        return torch.optim.AdamW(groups, lr=rate, fused=True, capturable=on_card)
    if recipe.optimizer == "muon":
        from fer_lib.training.acceleration.muon import Muon

        return Muon(groups, rate)
    return torch.optim.SGD(groups, rate, 0.9, nesterov=True, fused=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Let the next step have this learning rate, where the optimizer keeps it."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            # in place, for a recorded step reads this very tensor
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate
