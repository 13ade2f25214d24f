"""The training loop: read `Training.fit`, then downwards.

What changes is in `State`; all else is a function of the recipe, the epoch and the step. So a
checkpoint is the state and nothing more, and a run that goes on from one ends with the same bits
as a run that was never stopped.
"""

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, to_input
from fer_lib.errors import UserError
from fer_lib.training.acceleration.allocator import keep_freed
from fer_lib.training.acceleration.cuda_graph import Replayed
from fer_lib.training.acceleration.distributed import World
from fer_lib.training.acceleration.precision import casting
from fer_lib.training.augment import augment, draw_uniforms, mixup_shares
from fer_lib.training.recipe import Recipe
from fer_lib.training.state import State, set_rate

MINUTES = 2.0  # between checkpoints inside an epoch
AGREE = 8  # steps between the processes' agreeing whether one is due
LOOK = 0.5  # seconds between looks at the loss: on CUDA each look waits for the device
EVALUATION_BATCH = 256

Save = Callable[[], None]
Update = Callable[..., Tensor]  # of an epoch's draws and a step's number


class Training:
    """One run in memory: the recipe, the faces as bytes on the device, and the state."""

    def __init__(
        self, recipe: Recipe, faces: FaceSet, precision: str, world: World, state: State
    ) -> None:
        keep_freed()
        self.recipe, self.precision, self.world, self.state = recipe, precision, world, state
        train, self.validation = faces.train.labelled, faces.validation.labelled
        self.images = torch.from_numpy(train.images).to(world.device)  # (N, 48, 48) uint8
        self.labels = torch.from_numpy(train.labels).to(world.device)  # (N,)
        self.batch = _batch(recipe, len(train), world)
        self.steps = len(train) // self.batch  # an epoch; the few that are left wait
        self.epochs = recipe.epochs or 0

    def fit(self, save: Save) -> None:
        """Train from where the state stands to the last epoch; `save` is called on the way.

        Raises UserError when the loss is no longer a number; the last checkpoint stays.
        """
        state = self.state
        model = self.world.wrapped(state.model, self.batch)
        updates = {side: self.update(model) for side in self.recipe.image_sizes}
        faces = self.steps * self.batch  # an epoch
        done = state.epoch * faces + state.step * self.batch
        hidden = None if self.world.leads else True  # None: unless stderr is a terminal
        bar = partial(tqdm, unit="face", unit_scale=True, disable=hidden)
        with bar(total=self.epochs * faces, initial=done) as run:
            while state.epoch < self.epochs:
                with bar(total=faces, initial=state.step * self.batch, leave=False) as epoch:
                    self.one_epoch(updates[self.recipe.side(state.epoch)], save, run, epoch)
                save()

    def update(self, model: nn.Module) -> Update:
        """`one_update` of `model` by faces of one size; on a single card by its graph."""
        update = partial(self.one_update, model)
        alone = self.world.device.type == "cuda" and self.world.size == 1
        return Replayed(update) if alone else update

    def one_epoch(self, update: Update, save: Save, run: tqdm, epoch: tqdm) -> None:
        """The steps of the epoch that are left, then its row of the history; both bars follow."""
        state = self.state
        looked = kept = time.perf_counter()
        began = kept - state.seconds
        drawn = self.drawn(state.epoch)
        losses = torch.zeros(self.steps, device=self.world.device)
        while state.step < self.steps:
            losses[state.step] = self.one_step(update, drawn)
            state.step += 1
            run.update(self.batch)
            epoch.update(self.batch)
            now = time.perf_counter()
            due = state.step % AGREE == 0 and self.world.told(now - kept >= 60 * MINUTES)
            if due or now - looked >= LOOK or state.step == self.steps:
                self.look(losses, epoch)
                looked = now
            state.seconds = time.perf_counter() - began
            if due:
                save()
                kept = now
        self.close_epoch(run, began)

    def drawn(self, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """The faces' order, their chances and their shares in a mixture: of (seed, epoch)."""
        seed, n, alpha = self.recipe.seed, len(self.labels), self.recipe.mixup
        order = torch.from_numpy(np.random.default_rng([seed, epoch, 0]).permutation(n))
        shares = mixup_shares(seed, epoch, n, alpha) if alpha else torch.ones(n)
        device = self.world.device
        return order.to(device), draw_uniforms(seed, epoch, n).to(device), shares.to(device)

    def one_step(self, update: Update, drawn: tuple[Tensor, ...]) -> Tensor:
        """Do the step at which the state stands; its loss, as `one_update` returns it."""
        state, seed = self.state, self.recipe.seed
        seed_dropout(seed, state.epoch * self.steps + state.step, self.world.rank)
        set_rate(state.optimizer, self.rate(state.step))
        return update(*drawn, torch.full((), state.step, device=self.world.device))

    def faces_of(
        self, order: Tensor, chance: Tensor, shares: Tensor, step: Tensor
    ) -> tuple[Tensor, ...]:
        """This process's part of a step: x (B, 1, s, s), labels, their mixed-in labels, shares.

        A face is mixed with the next in the epoch's order, whichever process has that one.
        """
        place = step * self.batch + torch.arange(self.batch, device=order.device)
        place = place.chunk(self.world.size)[self.world.rank]
        mine, other = order[place], order[(place + 1) % len(order)]
        side, share = self.recipe.side(self.state.epoch), shares[mine]
        x = augment(self.images[mine], chance[mine], self.recipe, side)
        if self.recipe.mixup:
            second = augment(self.images[other], chance[other], self.recipe, side)
            x = second.lerp(x, share[:, None, None, None])
        x = x.contiguous(memory_format=torch.channels_last)
        return x, self.labels[mine], self.labels[other], share

    def one_update(
        self, model: nn.Module, order: Tensor, chance: Tensor, shares: Tensor, step: Tensor
    ) -> Tensor:
        """Update the weights; the loss is returned, NaN where it or its gradient is no number."""
        state, recipe = self.state, self.recipe
        x, labels, others, share = self.faces_of(order, chance, shares, step)
        model.train()
        with casting(self.precision, self.world.device):
            logits = model(x).float()  # (B, 7)
        loss = mixed_loss(logits, labels, others, share, recipe)
        state.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        with casting(self.precision, self.world.device):  # Muon multiplies matrices
            state.optimizer.step()
        if state.average:
            follow(state.average, state.model, recipe.ema)
        state.sums += tally(logits, labels)
        return loss.detach() + 0 * norm  # an infinite norm too turns it into NaN

    def rate(self, step: int) -> float:
        """The learning rate of a step of this epoch."""
        done = self.state.epoch * self.steps + step + 0.5
        return learning_rate(self.recipe, done / (self.epochs * self.steps))

    def look(self, losses: Tensor, bar: tqdm) -> None:
        """Read the loss from the device: for the bar, and to stop where it is not a number."""
        bad = (~losses[: self.state.step].isfinite()).nonzero()
        if len(bad):
            step = int(bad[0])
            raise UserError(
                f"the loss is not a number in epoch {self.state.epoch + 1}, step {step + 1}, at "
                f"learning rate {self.rate(step):.3g}; give a smaller --learning-rate than "
                f"{self.recipe.peak:g}"
            )
        loss, right, faces = self.state.sums.tolist()
        bar.set_description(f"epoch {self.state.epoch + 1}", refresh=False)
        told = f"training loss {loss / faces:.3f}, accuracy {right / faces:.1%}"
        bar.set_postfix_str(told, refresh=False)

    def close_epoch(self, bar: tqdm, began: float) -> None:
        """Validate, write the epoch's row of the history, and stand before the next epoch."""
        state = self.state
        loss, right, faces = self.world.gathered(state.sums).sum(0).tolist()
        # the last row tells of the weights as they are saved and used, in fp32
        precision = "fp32" if state.epoch == self.epochs - 1 else self.precision
        logits = predict(state.kept, self.validation.images, precision, self.world)
        labels = torch.from_numpy(self.validation.labels)
        row = {
            "epoch": state.epoch + 1,
            "train_loss": loss / faces,
            "train_accuracy": right / faces,
            "validation_loss": float(F.cross_entropy(logits, labels)),
            "validation_accuracy": float((logits.argmax(1) == labels).double().mean()),
            "learning_rate": self.rate(self.steps - 1),
            "seconds": round(time.perf_counter() - began, 2),
        }
        loss, accuracy = row["validation_loss"], row["validation_accuracy"]
        bar.set_postfix_str(f"validation loss {loss:.3f}, accuracy {accuracy:.1%}")
        state.history.append(row)
        state.epoch, state.step, state.seconds = state.epoch + 1, 0, 0.0
        state.sums.zero_()


def _batch(recipe: Recipe, faces: int, world: World) -> int:
    """Faces a step over all processes, each with the same number."""
    if recipe.batch_size % world.size or recipe.batch_size < 2 * world.size:
        raise UserError(
            f"batch_size {recipe.batch_size} for {world.size} processes; give a multiple of "
            f"{world.size}, two faces a process at least"
        )
    batch = min(recipe.batch_size, faces // world.size * world.size)
    if batch < 2:
        raise UserError(f"{faces} faces to train on; give at least {max(2, world.size)}")
    return batch


def learning_rate(recipe: Recipe, progress: float) -> float:
    """At `progress` 0 to 1 of the run: a line up to the peak, then half a cosine down to 0."""
    if progress < recipe.warmup:
        return recipe.peak * progress / recipe.warmup
    fallen = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.peak * (1 + math.cos(math.pi * fallen)) / 2


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Make the global generator's numbers a function of (seed, step, rank)."""
    torch.manual_seed(int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0]))


def mixed_loss(
    logits: Tensor, labels: Tensor, others: Tensor, share: Tensor, recipe: Recipe
) -> Tensor:
    """Smoothed cross-entropy, of each face's two labels by their shares where faces are mixed."""
    smoothing = recipe.label_smoothing
    if not recipe.mixup:
        return F.cross_entropy(logits, labels, label_smoothing=smoothing)
    first = F.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    second = F.cross_entropy(logits, others, label_smoothing=smoothing, reduction="none")
    return second.lerp(first, share).mean()


@torch.no_grad()
def tally(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum of the plain cross-entropy, right answers and faces, (3,): they add up over steps."""
    loss = F.cross_entropy(logits, labels, reduction="sum")
    right = (logits.argmax(1) == labels).sum()
    return torch.stack([loss, right, torch.full_like(loss, len(labels))])


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the average, batch norm's statistics with it, a step towards the model."""
    for kept, last in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(last, 1 - decay)
        else:
            kept.copy_(last)


@torch.no_grad()
def predict(model: nn.Module, images: np.ndarray, precision: str, world: World) -> Tensor:
    """Logits of all faces, (N, 7) float32 on the CPU, each process computing its share."""
    model.eval()
    logits = torch.zeros(len(images), len(EXPRESSIONS), device=world.device)
    for part in torch.arange(len(images)).split(EVALUATION_BATCH)[world.rank :: world.size]:
        x = to_input(torch.from_numpy(images)[part].to(world.device))
        with casting(precision, world.device):
            logits[part] = model(x.contiguous(memory_format=torch.channels_last)).float()
    return world.total(logits).cpu()
