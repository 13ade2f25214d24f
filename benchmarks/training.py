"""How fast training is, and what bounds it: each ratio from one run, the two sides in turn.

    python benchmarks/training.py                  # all; more than six minutes on two cores
    python benchmarks/training.py speed profile    # some

The bars: against the plain loop at least 2.3 times (DeepCNN) and 2.5 times (ShallowCNN) with
avx512_bf16; at least 70 % of a bare convolution's FLOP/s, which Winograd's way may pass, for it
takes fewer operations than are counted; augmentation at most 10 % of
ShallowCNN's step; DeepCNN on FER2013's 28,709 faces in 2.5 GB; a checkpoint in 2 s; two processes
of one thread at least 85 % of one of two.
"""

import multiprocessing
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import plain_loop
import torch
from torch import nn
from torch.multiprocessing import spawn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from fer_lib.data.faceset import FaceSet, Split
from fer_lib.networks.models import NETWORKS, build
from fer_lib.training import checkpoint
from fer_lib.training.acceleration import engine
from fer_lib.training.acceleration.engine import accelerated
from fer_lib.training.acceleration.winograd import WinogradConv2d
from fer_lib.training.augment import augment
from fer_lib.training.manifest import processor
from fer_lib.training.recipe import Recipe
from fer_lib.training.state import first_state, set_learning_rate
from fer_lib.training.train import Training, seed_dropout

FACES, BATCH = 28_709, 128  # FER2013's training split, and a usual batch
ROUNDS = {"deep": 3, "shallow": 8}
STEPS = 50  # timed on a card; with those that warm it up they are half an epoch


def augmented(model: str) -> Recipe:
    """With all of a recipe's augmentation on."""
    return Recipe("random", model, 1, batch_size=BATCH, erase=0.25, label_smoothing=0.1, ema=0.999)


def faces() -> FaceSet:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (FACES, 48, 48), dtype=np.uint8)
    train = Split(images, generator.integers(0, 7, FACES))
    return FaceSet("random", train, Split(images[:256], train.labels[:256]))


def precision(model: str) -> str:
    """The one that the engine takes on this machine, as it finds it out."""
    with accelerated() as hooks:
        return hooks.choose_precision(model, "auto", 7)


class Ours:
    """The engine's own step."""

    def __init__(self, recipe: Recipe, kind: str = "") -> None:
        with accelerated() as hooks:
            hooks.precision = self.precision = kind or precision(recipe.model)
            self.training = Training(recipe, faces(), first_state(recipe, 7, hooks), hooks)
            wrapped = hooks.wrap(self.training.state.model)
        self.update = hooks.compile(partial(self.training.update, wrapped))
        self.draws = self.training.epoch_draws(0)

    def step(self) -> None:
        """One step, waited for."""
        self.advance().item()

    def advance(self) -> torch.Tensor:
        """One step; its loss."""
        training, state = self.training, self.training.state
        seed_dropout(0, state.step, training.hooks.rank)
        set_learning_rate(state.optimizer, training.learning_rate(state.step))
        step = torch.full((), state.step, device=training.hooks.device)
        state.step += 1
        return self.update(*self.draws, step)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(rounds: int, *works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each piece of work in each round, after one round that does not count."""
    table = [[seconds(work) for work in works] for _ in range(rounds + 1)]
    return [list(column) for column in zip(*table[1:], strict=True)]


def flops(model: str) -> float:
    """Floating-point operations of a training step as torch counts them, each sum written out."""
    network, x = build(model), torch.randn(BATCH, 1, 48, 48)
    with FlopCounterMode(display=False) as counter:
        network(x).sum().backward()
    return counter.get_total_flops()


def convolution(precision: str) -> Callable[[], object]:
    """A bare forward convolution 512 → 512, 3 × 3, on (128, 512, 12, 12), and nothing else."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    x, weight = torch.randn(BATCH, 512, 12, 12), torch.randn(512, 512, 3, 3)
    x, weight = (t.to(kind, memory_format=torch.channels_last) for t in (x, weight))

    @torch.no_grad()
    def work() -> None:
        F.conv2d(x, weight, padding=1)

    return work


CONVOLUTION = 2 * BATCH * 512 * 12 * 12 * 512 * 9  # its operations


def speed() -> None:
    """Against the plain loop, and against the machine's limit."""
    data = faces()
    for model, rounds in ROUNDS.items():
        ours = Ours(augmented(model))
        plain = plain_loop.elsewhere(model, data.train.images, data.train.labels, BATCH)
        bare = convolution(ours.precision)
        a, b, c = in_turn(rounds, ours.step, plain, bare)
        work, fast, limit = flops(model), min(a), CONVOLUTION / min(c) / 1e9
        ratio = np.median([y / x for x, y in zip(a, b, strict=True)])
        print(
            f"{model}: {BATCH / fast:.1f} faces/s in {ours.precision}, plain loop "
            f"{BATCH / min(b):.1f}: {ratio:.2f} times (best by best {min(b) / fast:.2f}); "
            f"{work / fast / 1e9:.0f} of {limit:.0f} GFLOP/s: {work / fast / 1e9 / limit:.0%}"
        )


def filtering() -> None:
    """What Winograd's convolution is worth in fp32."""
    for model in ("deep", "shallow", "residual"):
        ours, plain = Ours(augmented(model), "fp32"), Ours(augmented(model), "fp32")
        for layer in plain.training.state.model.modules():
            if isinstance(layer, WinogradConv2d):
                layer.__class__ = nn.Conv2d
        a, b = in_turn(ROUNDS["deep"], ours.step, plain.step)
        ratio = np.median([y / x for x, y in zip(a, b, strict=True)])
        print(f"winograd, {model} in fp32: {ratio:.2f} times (best by best {min(b) / min(a):.2f})")


def operators() -> None:
    """Where a step's time goes, by operator."""
    for model in ROUNDS:
        ours = Ours(augmented(model))
        ours.step()
        with profile(activities=[ProfilerActivity.CPU]) as told:
            ours.step()
        rows = sorted(told.key_averages(), key=lambda r: -r.self_cpu_time_total)
        whole = sum(row.self_cpu_time_total for row in rows)
        shares = [f"{row.key} {row.self_cpu_time_total / whole:.1%}" for row in rows[:12]]
        print(f"{model}, share of the step: {', '.join(shares)}")


def augmentation() -> None:
    """The share of augmentation in ShallowCNN's step."""
    ours = Ours(augmented("shallow"))
    order, uniforms, _ = ours.draws
    pixels, draws = ours.training.images[order[:BATCH]], uniforms[order[:BATCH]]
    recipe = ours.training.recipe
    a, b = in_turn(ROUNDS["shallow"], ours.step, lambda: augment(pixels, draws, recipe))
    share = np.median([y / x for x, y in zip(a, b, strict=True)])
    print(
        f"augmentation: {1e3 * min(b):.1f} ms of ShallowCNN's step of {1e3 * min(a):.0f} ms, "
        f"{share:.1%}"
    )


def _two_steps(model: str) -> None:
    ours = Ours(augmented(model))
    ours.step()
    ours.step()
    # not getrusage's peak, which a new process inherits from the one that started it
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    gigabytes = int(peak) * 1024 / 1e9
    print(f"memory: {model} on {FACES:,} faces, batch {BATCH}: {gigabytes:.2f} GB", flush=True)


def memory() -> None:
    """The peak memory of a process that trains DeepCNN."""
    child = multiprocessing.get_context("spawn").Process(target=_two_steps, args=("deep",))
    child.start()
    child.join()


def _shallow_steps(_: int, kept: bool, answers) -> None:
    if not kept:
        engine.keep_freed = lambda: None  # ty: ignore[invalid-assignment]
    ours = Ours(augmented("shallow"))
    (times,) = in_turn(ROUNDS["shallow"], ours.step)
    answers.put(float(np.median(times)))


def allocator() -> None:
    """What it is worth to keep freed memory, which cannot be undone within a process."""
    answers = multiprocessing.get_context("spawn").Queue()

    def step(kept: bool) -> float:
        spawn(_shallow_steps, (kept, answers), 1)
        return answers.get()

    pairs = [(step(True), step(False)) for _ in range(2)]
    ratio = np.mean([kept / freed for kept, freed in pairs])
    print(f"allocator: freed memory kept, ShallowCNN's step takes {ratio:.0%} of its time without")


def checkpoints() -> None:
    """How long a checkpoint of DeepCNN keeps training waiting."""
    ours = Ours(augmented("deep"))
    ours.step()
    state = ours.training.state
    with tempfile.TemporaryDirectory() as folder:
        facts = state.facts() | {"identity": ""}
        times = [
            seconds(lambda: checkpoint.write(Path(folder), state.tensors(), facts))
            for _ in range(3)
        ]
    print(f"checkpoint of DeepCNN: {max(times):.2f} s at worst of three")


def _member(rank: int, model: str, kind: str, size: int, port: int, threads: int, answers) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(threads)
    recipe = Recipe("random", model, 1, batch_size=BATCH)
    ours = Ours(recipe, kind)
    times = [seconds(ours.step) for _ in range(4 * ROUNDS[model] + 2)]
    if rank == 0:
        answers.put(times[2:])


def _job(model: str, kind: str, size: int, threads: int) -> list[float]:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(_member, (model, kind, size, port, threads, answers), size)
    return answers.get()


def processes() -> None:
    """Two processes of one thread against one of two."""
    for model in ROUNDS:
        kind = precision(model)
        pairs = [(_job(model, kind, 1, 2), _job(model, kind, 2, 1)) for _ in range(3)]
        one, two = (np.concatenate(column) for column in zip(*pairs, strict=True))
        print(
            f"{model}: two processes of a thread {BATCH / np.median(two):.1f} faces/s, one of two "
            f"{BATCH / np.median(one):.1f}: {np.median(one) / np.median(two):.0%} (best by best "
            f"{one.min() / two.min():.0%})"
        )


def card() -> None:
    """On a graphics card: how fast, at what share of its rate for a product of large matrices."""
    if not torch.cuda.is_available():
        print("card: none")
        return
    square = torch.randn(8192, 8192, dtype=torch.bfloat16, device="cuda")
    peak = 20 * 2 * len(square) ** 3 / _awaited(lambda: [square @ square for _ in range(20)])
    print(f"card: a product of bf16 matrices at {peak / 1e12:.0f} TFLOP/s")
    for model in NETWORKS:
        ours = Ours(augmented(model), "bf16")
        for _ in range(STEPS // 5):  # the first are not yet replayed
            ours.step()
        torch.cuda.set_sync_debug_mode("error")  # nothing inside a step waits for the card
        ours.advance()
        torch.cuda.set_sync_debug_mode("default")
        faces = STEPS * BATCH / _awaited(lambda o=ours: [o.advance() for _ in range(STEPS)])
        rate = faces / BATCH * flops(model)
        print(
            f"{model}: {faces:,.0f} faces/s, {FACES / faces:.2f} s an epoch, {rate / 1e12:.0f} "
            f"TFLOP/s: {rate / peak:.0%}"
        )


def _awaited(work: Callable[[], object]) -> float:
    """Seconds of work on the card, which has done something like it before."""
    work()
    torch.cuda.synchronize()
    return seconds(lambda: (work(), torch.cuda.synchronize()))


PARTS = {
    "speed": speed,
    "winograd": filtering,
    "profile": operators,
    "augmentation": augmentation,
    "memory": memory,
    "allocator": allocator,
    "checkpoint": checkpoints,
    "processes": processes,
    "card": card,
}

if __name__ == "__main__":
    print(f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
