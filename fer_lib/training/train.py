"""The training loop: read `Training.fit`, then downwards.

What changes is in `State`; all else is a function of the recipe, the epoch and the step. So a
checkpoint is the state and nothing more, and a run that goes on from one ends with the same bits
as a run that was never stopped.
"""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from fer_lib.data.faceset import FaceSet
from fer_lib.errors import UserError, say
from fer_lib.training.augment import augment, draw_uniforms, mixup_shares
from fer_lib.training.hooks import Hooks
from fer_lib.training.loss import batch_totals, class_weights, distilled_loss, mixed_loss
from fer_lib.training.prediction import predict
from fer_lib.training.recipe import Recipe
from fer_lib.training.state import State, set_learning_rate

CHECKPOINT_MINUTES = 2.0  # between checkpoints inside an epoch
AGREE = 8  # steps between the processes' agreeing whether one is due
CHECK = 0.5  # seconds between looks at the loss: on CUDA each look waits for the device
REPORT = 60  # seconds between lines of progress where there is no terminal

Update = Callable[..., Tensor]  # of an epoch's draws and a step's number


class Training:
    """One run in memory: the recipe, the faces as bytes on the device, and the state.

    `teachers` are networks in eval mode, whose answers are taught too.
    """

    def __init__(
        self,
        recipe: Recipe,
        faces: FaceSet,
        state: State,
        hooks: Hooks,
        teachers: Sequence[nn.Module] = (),
    ) -> None:
        self.recipe, self.state, self.hooks, self.teachers = recipe, state, hooks, teachers
        # the whole set lies in memory as bytes: FER2013 is 66 MB, so no loader has to hurry
        train, self.validation = faces.train, faces.validation
        self.images = torch.from_numpy(train.images).to(hooks.device)  # (N, 48, 48) uint8
        self.labels = torch.from_numpy(train.labels).to(hooks.device)  # (N,)
        self.batch = batch_size(recipe, len(train), hooks.size)
        self.steps = len(train) // self.batch  # an epoch; the few faces that are left wait
        self.epochs, self.classes = recipe.total_epochs, len(faces.classes)
        self.weight = None  # (K,)
        if recipe.class_weights:
            self.weight = class_weights(self.labels, self.classes)

    def fit(self, save: Callable[[], None]) -> None:
        """Train from where the state stands to the last epoch; `save` is called on the way.

        Raises UserError when the loss is no longer a number; the last checkpoint stays.
        """
        update = partial(self.update, self.hooks.wrap(self.state.model))
        # a CUDA graph is recorded for one shape, so each size of face has its own
        updates = {size: self.hooks.compile(update) for size in self.recipe.image_sizes}
        # the state says where the run stands, so a resumed run enters the same loop
        while self.state.epoch < self.epochs:
            self.one_epoch(updates[self.recipe.image_size(self.state.epoch)], save)
            self.close_epoch()
            save()

    def one_epoch(self, update: Update, save: Callable[[], None]) -> None:
        """The steps of the epoch that are left."""
        state, name = self.state, f"epoch {self.state.epoch + 1}/{self.epochs}"
        # as if a resumed epoch had begun so long ago as it has trained
        began = time.perf_counter() - state.seconds
        checked = saved = reported = time.perf_counter()
        draws = self.epoch_draws(state.epoch)
        # losses stay on the device: to read one there, the CPU would have to wait for the card
        losses = torch.zeros(self.steps, device=self.hooks.device)
        hidden = None if self.hooks.is_main else True  # None: unless stderr is a terminal
        bar = tqdm(range(state.step, self.steps), name, leave=False, disable=hidden)
        for step in bar:
            # dropout too is a function of (seed, step), or a resumed run would drop other units
            seed_dropout(self.recipe.seed, state.epoch * self.steps + step, self.hooks.rank)
            set_learning_rate(state.optimizer, self.learning_rate(step))
            losses[step] = update(*draws, torch.full((), step, device=self.hooks.device))
            state.step = step + 1
            now = time.perf_counter()
            # a clock is each process's own, so the main one decides for all
            due = now - saved >= 60 * CHECKPOINT_MINUTES
            due = state.step % AGREE == 0 and self.hooks.broadcast(due)
            if due or now - checked >= CHECK or state.step == self.steps:
                bar.set_postfix_str(self.check_loss(losses), refresh=False)
                checked = now
            if bar.disable and self.hooks.is_main and now - reported >= REPORT:
                say(f"{name}, step {state.step} of {self.steps}: {self.check_loss(losses)}")
                reported = now
            state.seconds = now - began
            if due:
                save()
                saved = now

    def update(
        self, model: nn.Module, order: Tensor, uniforms: Tensor, shares: Tensor, step: Tensor
    ) -> Tensor:
        """One step: update the weights; return the loss, NaN where its gradient is no number."""
        state, recipe, hooks = self.state, self.recipe, self.hooks
        x, labels, others, share = self.make_batch(order, uniforms, shares, step)
        # validation has left the model in eval mode
        model.train()
        with hooks.autocast():
            logits = model(x).float()  # (B, K)
        # the loss is computed in fp32: bf16 keeps 8 bits, too few for a logarithm
        loss = mixed_loss(logits, labels, others, share, recipe, self.weight)
        if self.teachers:
            # teachers see the very faces that the student sees, moved and mixed alike
            with torch.no_grad(), hooks.autocast():
                answers = [teacher(x).float() for teacher in self.teachers]
            loss = distilled_loss(loss, logits, answers)
        state.optimizer.zero_grad()
        loss.backward()
        # one bad batch cannot throw the weights far
        norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        # Muon multiplies matrices in its step, in the precision of the run
        with hooks.autocast():
            state.optimizer.step()
        if state.average:
            update_average(state.average, state.model, recipe.ema)
        state.totals += batch_totals(logits, labels)
        # a bad gradient counts as a bad loss: the weights are spoiled either way
        return torch.where(norm.isfinite(), loss.detach(), torch.nan)

    def epoch_draws(self, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """Order (N,), augmentation's uniforms (N, DRAWS), mixup's shares (N,): of (seed, epoch)."""
        seed, n, alpha = self.recipe.seed, len(self.labels), self.recipe.mixup
        # drawn on the CPU, so that the order hangs on no device
        generator = np.random.default_rng([seed, epoch, 0])
        if self.recipe.balanced_sampling:
            labels = self.labels.cpu()
            odds = class_weights(labels, self.classes)[labels].double()
            chosen = generator.choice(n, n, p=(odds / odds.sum()).numpy())
        else:
            chosen = generator.permutation(n)
        order = torch.from_numpy(chosen)
        shares = mixup_shares(seed, epoch, n, alpha) if alpha else torch.ones(n)
        device = self.hooks.device
        return order.to(device), draw_uniforms(seed, epoch, n).to(device), shares.to(device)

    def make_batch(
        self, order: Tensor, uniforms: Tensor, shares: Tensor, step: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """This process's part of a step: x (B, 1, s, s), labels, their mixed-in labels, shares.

        A face is mixed with the next in the epoch's order, whichever process has that one.
        """
        # computed on the device: in a CUDA graph nothing may depend on a Python number
        place = step * self.batch + torch.arange(self.batch, device=order.device)
        place = place.chunk(self.hooks.size)[self.hooks.rank]
        after = (place + 1) % len(order)
        # a partner by the order, not by chance: so the mixture too is a function of (seed, epoch)
        mine, other = order[place], order[after]
        # a face that is drawn twice must not be moved twice alike, so then a place has its draws
        draws = (place, after) if self.recipe.balanced_sampling else (mine, other)
        size, share = self.recipe.image_size(self.state.epoch), shares[draws[0]]
        x = augment(self.images[mine], uniforms[draws[0]], self.recipe, size)
        if self.recipe.mixup:
            second = augment(self.images[other], uniforms[draws[1]], self.recipe, size)
            x = second.lerp(x, share[:, None, None, None])
        x = x.contiguous(memory_format=torch.channels_last)
        return x, self.labels[mine], self.labels[other], share

    def learning_rate(self, step: int) -> float:
        """The learning rate of a step of this epoch."""
        # in the middle of a step, so that neither the first nor the last has a rate of 0
        done = self.state.epoch * self.steps + step + 0.5
        return learning_rate(self.recipe, done / (self.epochs * self.steps))

    def check_loss(self, losses: Tensor) -> str:
        """Training's loss and accuracy so far, in words; UserError where a loss is no number."""
        bad = (~losses[: self.state.step].isfinite()).nonzero()
        if len(bad):
            step = int(bad[0])
            raise UserError(
                f"the loss is not a number in epoch {self.state.epoch + 1}, step {step + 1}, at "
                f"learning rate {self.learning_rate(step):.3g}; give a smaller --learning-rate "
                f"than {self.recipe.peak_learning_rate:g}"
            )
        loss, right, faces = self.state.totals.tolist()
        return f"training loss {loss / faces:.3f}, accuracy {right / faces:.1%}"

    def close_epoch(self) -> None:
        """Validate, write the epoch's row of the history, and stand before the next epoch."""
        state = self.state
        began = time.perf_counter()
        loss, right, faces = self.hooks.all_reduce(state.totals).tolist()
        # the last row tells of the weights as they are saved and used, in fp32
        last = state.epoch == self.epochs - 1
        logits = predict(
            state.best, self.validation.images, self.classes, None if last else self.hooks
        )
        labels = torch.from_numpy(self.validation.labels)
        row = {
            "epoch": state.epoch + 1,
            "train_loss": loss / faces,
            "train_accuracy": right / faces,
            "validation_loss": float(F.cross_entropy(logits, labels)),
            "validation_accuracy": float((logits.argmax(1) == labels).double().mean()),
            "learning_rate": self.learning_rate(self.steps - 1),
            "seconds": round(state.seconds + time.perf_counter() - began, 2),
        }
        if self.hooks.is_main:
            say(
                f"epoch {row['epoch']}/{self.epochs}: loss {row['train_loss']:.3f}, accuracy "
                f"{row['train_accuracy']:.1%}; validation loss {row['validation_loss']:.3f}, "
                f"accuracy {row['validation_accuracy']:.1%}; {row['seconds']:.0f} s"
            )
        state.history.append(row)
        state.epoch, state.step, state.seconds = state.epoch + 1, 0, 0.0
        state.totals.zero_()


def batch_size(recipe: Recipe, faces: int, processes: int) -> int:
    """Faces a step over all processes, each with the same number."""
    if recipe.batch_size % processes or recipe.batch_size < 2 * processes:
        raise UserError(
            f"batch_size {recipe.batch_size} for {processes} processes; give a multiple of "
            f"{processes}, two faces a process at least"
        )
    batch = min(recipe.batch_size, faces // processes * processes)
    if batch < 2 * processes:  # batch normalisation needs two in each
        raise UserError(f"{faces} faces to train on; give at least {2 * processes}")
    return batch


def learning_rate(recipe: Recipe, progress: float) -> float:
    """At `progress` 0 to 1 of the run: a line up to the peak, then half a cosine down to 0."""
    # the first gradients are the largest and the least reliable, so their steps are small
    if progress < recipe.warmup:
        return recipe.peak_learning_rate * progress / recipe.warmup
    # cosine annealing (Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983)
    fallen = (progress - recipe.warmup) / (1 - recipe.warmup)
    return recipe.peak_learning_rate * (1 + math.cos(math.pi * fallen)) / 2


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Make the global generator's numbers a function of (seed, step, rank)."""
    # seeds of neighbouring steps then have nothing in common
    torch.manual_seed(int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0]))


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the average a step towards the model.

    Batch norm's statistics move with it, which torch's AveragedModel leaves out by default, and
    it begins at the first weights, where AveragedModel begins at the second.
    """
    pairs = zip(average.state_dict().values(), model.state_dict().values(), strict=True)
    for mean, value in pairs:
        if mean.is_floating_point():
            mean.lerp_(value, 1 - decay)
        else:
            # batch norm counts its batches in whole numbers
            mean.copy_(value)
