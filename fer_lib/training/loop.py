"""The training loop: read `Training.fit`, then what it calls, downwards.

What changes is in `State`; all else is a function of the recipe, the epoch and the step. So a
checkpoint is the state and nothing more, and a run that goes on from one ends with the same bits
as a run that was never stopped.
"""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from fer_lib.data.faceset import FaceSet, to_input
from fer_lib.errors import UserError
from fer_lib.training.augment import augment, chances
from fer_lib.training.parallel import World
from fer_lib.training.progress import Progress
from fer_lib.training.recipe import Recipe
from fer_lib.training.state import State

MINUTES = 2.0  # between checkpoints inside an epoch
LOOK = 0.5  # seconds between looks at the loss: on CUDA each look waits for the device
AGREE = 8  # steps between the processes' agreeing whether a checkpoint is due
EVALUATION_BATCH = 256


class Training:
    """One run in memory: the recipe, the faces as bytes on the device, and the state."""

    def __init__(
        self, recipe: Recipe, faces: FaceSet, precision: str, world: World, state: State
    ) -> None:
        self.recipe, self.faces, self.state = recipe, faces, state
        self.precision, self.world = precision, world
        self.images = torch.from_numpy(faces.train.images).to(world.device)  # (N, 48, 48) uint8
        self.labels = torch.from_numpy(faces.train.labels).to(world.device)  # (N,)
        self.batch = min(recipe.batch_size, len(faces.train))
        self.steps = len(faces.train) // self.batch  # an epoch; a smaller last batch is left out
        self.epochs = recipe.epochs or 0

    def fit(self, save: Callable[[State], None]) -> None:
        """Train from where the state stands to the last epoch; `save` is called on the way.

        Raises UserError when the loss is no longer a number; the last checkpoint stays.
        """
        model = self.world.wrapped(self.state.model)
        with Progress(self.epochs, self.steps, self.batch, shown=self.world.leads) as progress:
            while self.state.epoch < self.epochs:
                progress.at(self.state.epoch, self.state.step * self.batch)
                self.one_epoch(model, save, progress)
                save(self.state)

    def one_epoch(self, model: nn.Module, save: Callable[[State], None], bar: Progress) -> None:
        """The steps of an epoch that are left, then its row of the history."""
        state = self.state
        order, chance = self.drawn(state.epoch)
        losses = torch.zeros(self.steps, device=self.world.device)
        began = saved = looked = time.perf_counter()
        before = state.seconds
        while state.step < self.steps:
            chosen, partners = self.chosen(order, state.step)
            losses[state.step] = self.one_step(model, chosen, partners, chance)
            state.step += 1
            bar.advance(self.batch)
            now = time.perf_counter()
            state.seconds = before + now - began
            due = state.step % AGREE == 0 and self.world.told(now - saved > 60 * MINUTES)
            if due or now - looked > LOOK or state.step == self.steps:
                self.look(losses, bar)
                looked = now
            if due:
                save(state)
                saved = now
        self.close_epoch(bar)
        state.history[-1]["seconds"] = before + time.perf_counter() - began

    def drawn(self, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The order of the faces and each face's chances, a function of (seed, epoch)."""
        n = len(self.labels)
        order = np.random.default_rng([self.recipe.seed, epoch, 0]).permutation(n)
        chance = chances(self.recipe.seed, epoch, n)
        device = self.world.device
        return torch.from_numpy(order).to(device), chance.to(device)

    def chosen(self, order: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """This process's faces of a step, and for each the one that it may be mixed with."""
        first = step * self.batch
        mine = torch.arange(first, first + self.batch, device=order.device)
        mine = mine.chunk(self.world.size)[self.world.rank]
        return order[mine], order[(mine + 1) % len(order)]

    def one_step(
        self, model: nn.Module, chosen: torch.Tensor, partners: torch.Tensor, chance: torch.Tensor
    ) -> torch.Tensor:
        """One update of the weights; the loss, NaN where the loss or its gradient is no number."""
        state, recipe = self.state, self.recipe
        count = state.epoch * self.steps + state.step
        seed_dropout(recipe.seed, count, self.world.rank)
        rate = learning_rate(recipe, (count + 0.5) / (self.epochs * self.steps))
        x, labels = augment(self.images[chosen], chance[chosen], recipe), self.labels[chosen]
        model.train()
        with casting(self.precision, self.world.device):
            logits = model(x).float()  # (B, 7)
        loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        state.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        state.optimizer.step()
        if state.average:
            follow(state.average, state.model, recipe.ema)
        with torch.no_grad():
            plain = F.cross_entropy(logits, labels, reduction="sum")
            right = (logits.argmax(1) == labels).sum()
            state.sums += torch.stack([plain, right, torch.full_like(plain, len(labels))])
        return loss.detach() + 0 * norm

    def look(self, losses: torch.Tensor, bar: Progress) -> None:
        """Read the loss from the device: for the bar, and to stop where it is not a number."""
        bad = (~losses[: self.state.step].isfinite()).nonzero()
        if len(bad):
            step, epoch = int(bad[0]), self.state.epoch
            rate = learning_rate(
                self.recipe, (epoch * self.steps + step + 1) / (self.epochs * self.steps)
            )
            raise UserError(
                f"the loss is not a number in epoch {epoch + 1}, step {step + 1}, learning rate "
                f"{rate:.3g}; give a smaller learning_rate than {self.recipe.learning_rate}"
            )
        loss, right, faces = self.state.sums.tolist()
        bar.tell(loss / faces, right / faces)

    def close_epoch(self, bar: Progress) -> None:
        """Validate, write the epoch's row of the history, and stand before the next epoch."""
        state = self.state
        loss, right, faces = self.world.total(state.sums.clone()).tolist()
        state.epoch, state.step = state.epoch + 1, 0
        # the last row is of the weights as they are saved and used: in fp32
        precision = "fp32" if state.epoch == self.epochs else self.precision
        split = self.faces.validation
        logits = predict(state.kept, split.images, precision, self.world)
        labels = torch.from_numpy(split.labels)
        row = {
            "epoch": state.epoch,
            "train_loss": loss / faces,
            "train_accuracy": right / faces,
            "validation_loss": float(F.cross_entropy(logits, labels)),
            "validation_accuracy": float((logits.argmax(1) == labels).double().mean()),
            "learning_rate": learning_rate(self.recipe, state.epoch / self.epochs),
            "seconds": 0.0,
        }
        state.history.append(row)
        state.sums.zero_()
        bar.validated(row["validation_loss"], row["validation_accuracy"])


def learning_rate(recipe: Recipe, progress: float) -> float:
    """At `progress` 0 to 1 of the steps: a line up to the peak, then half a cosine down to 0."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    fallen = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.learning_rate * (1 + math.cos(math.pi * fallen)) / 2


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Make the global generator's numbers a function of (seed, step, rank)."""
    torch.manual_seed(int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0]))


def casting(precision: str, device: torch.device) -> AbstractContextManager:
    """Autocast to bf16, or nothing."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the average of weights and of batch-norm statistics a step towards the model."""
    for kept, last in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(last, 1 - decay)
        else:
            kept.copy_(last)


@torch.no_grad()
def predict(model: nn.Module, images: np.ndarray, precision: str, world: World) -> torch.Tensor:
    """Logits of all faces, (N, 7) float32 on the CPU, each process computing its share."""
    model.eval()
    logits = torch.zeros(len(images), 7, device=world.device)
    for part in torch.arange(len(images)).split(EVALUATION_BATCH)[world.rank :: world.size]:
        x = to_input(images[part]).to(world.device)
        with casting(precision, world.device):
            logits[part] = model(x).float()
    return world.total(logits).cpu()
