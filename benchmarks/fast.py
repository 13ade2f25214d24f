"""How long the recipe `fast` trains on FER2013, in epochs of the plain loop.

    python benchmarks/fast.py    # two and a half minutes on two cores

Nothing is trained to its end: steps at each of the recipe's sizes, as many as last about as long as
one of the plain loop's DeepCNN, a validation and that one take turns, and each mean is multiplied
by how often the whole needs it. Means, for a machine may go at two speeds, a minute of each.
How right the recipe then is stands in book/results/. The bar: a third of such an epoch.
"""

from collections import Counter
from collections.abc import Callable
from statistics import fmean

import plain_loop
import torch
from training import BATCH, FACES, Ours, faces, in_turn

from fer_lib.training.manifest import processor
from fer_lib.training.prediction import predict
from fer_lib.training.recipes import named

ROUNDS, STEPS = 20, 40
VALIDATED = 3_589  # faces in PublicTest


def main() -> None:
    """Print minutes and ratio."""
    recipe, data = named("fast", data="random"), faces()
    ours = Ours(recipe)
    state = ours.training.state

    def step_of(epoch: int) -> Callable[[], None]:
        def work() -> None:
            state.epoch, state.step = epoch, 0
            for _ in range(STEPS):
                ours.step()

        return work

    def validation() -> None:
        images = data.train.images[:VALIDATED]
        predict(state.model, images, 7, ours.training.hooks)

    sizes = [recipe.image_size(epoch) for epoch in range(ours.training.epochs)]
    epochs_at = Counter(sizes)
    steps = [step_of(sizes.index(side)) for side in epochs_at]
    plain = plain_loop.elsewhere("deep", data.train.images, data.train.labels, BATCH)
    *ours_each, validating, plain_each = map(fmean, in_turn(ROUNDS, *steps, validation, plain))
    an_epoch = FACES // BATCH
    whole = 0.0
    for (side, epochs), some in zip(epochs_at.items(), ours_each, strict=True):
        one = some / STEPS * an_epoch + validating
        print(f"{epochs} epochs at {side} pixels, each {one:.0f} s")
        whole += epochs * one
    yardstick = plain_each * an_epoch
    print(
        f"fast, {recipe.epochs} epochs in {ours.precision}: {whole / 60:.1f} min; an epoch of the "
        f"plain loop: {yardstick / 60:.1f} min; ratio {whole / yardstick:.2f}"
    )


if __name__ == "__main__":
    print(f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    main()
