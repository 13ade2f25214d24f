"""Activation maximisation of all filters against one filter at a time on the whole image.

    python benchmarks/filters.py

Uses the default run of ShallowCNN (trained now if it is not there). The rival is what the
well-known scripts do: a 48 × 48 image a filter, the whole network's features forward, the mean of
one channel as the objective, as many steps and starts. It is timed on a few filters, the two in
turn, and its time for all is their number times that.
"""

import time

import numpy as np
import torch
from torch import nn

from fer_lib.data.faceset import SIZE
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions import filters
from fer_lib.questions.maximisation import RATE, LastConv, maximise
from fer_lib.training.recipe import Recipe

STARTS, STEPS = 4, 48
RIVALS = 4  # filters on which the rival is timed


def one_at_a_time(features: nn.Sequential, filter_: int) -> None:
    """Adam on a whole image for the mean activation of one channel, start after start."""
    for _ in range(STARTS):
        logits = (0.5 * torch.randn(1, 1, 48, 48)).requires_grad_()
        climber = torch.optim.Adam([logits], RATE)
        for _ in range(STEPS):
            climber.zero_grad()
            x = (torch.sigmoid(logits) - 0.5) / 0.25
            (-features(x)[0, filter_].mean()).backward()
            climber.step()


def main() -> None:
    run = load_or_train(Recipe(model="shallow"))
    bank = LastConv.of(run.model)
    count = bank.last.out_channels
    assert isinstance(bank.below, nn.Sequential)  # ShallowCNN is a chain
    features = nn.Sequential(bank.below, bank.last)
    began = time.perf_counter()
    for filter_ in range(RIVALS):
        one_at_a_time(features, filter_)
    rival = (time.perf_counter() - began) / RIVALS * count
    began = time.perf_counter()
    found = maximise(run.model, starts=STARTS, steps=STEPS)
    ours = time.perf_counter() - began
    print(
        f"all {count} filters at once: {ours:.1f} s; one at a time: {rival:.0f} s (from {RIVALS})"
    )
    print(f"ratio: {rival / ours:.1f}")

    noise = np.random.default_rng(1).integers(0, 256, (1000, SIZE, SIZE), np.uint8)
    random = filters.responses(run.model, noise).highest.max(0)  # at the best of all places
    print(f"patterns above the best of 1,000 random images: {(found.activations > random).sum()}")
    best = filters.responses(run.model, load_faces("embedded").train.images).highest.max(0)
    live = best > 0
    share = (found.activations > best)[live].mean()
    print(f"live filters: {live.sum()}; above the best training face: {100 * share:.1f} %")


if __name__ == "__main__":
    main()
