"""Recipes with a name, for FER2013: `train --recipe NAME --data PATH`.

Each value has its reason. What a recipe gave (mean and deviation over seeds, machine, time,
command) stands on the page of FER2013's results, computed from the stored runs.
"""

from typing import Any

from fer_lib.errors import UserError
from fer_lib.training.recipe import Recipe

NAMED: dict[str, dict[str, Any]] = {
    # The original's DeepCNN as a student of that course would train it: no trick of ours.
    "faithful": {
        "model": "deep",
        "epochs": 20,  # as long as such a student would wait
        "batch_size": 128,  # the usual one
        "optimizer": "adamw",  # Adam was their choice; without decay the two are the same
        "learning_rate": 1e-3,  # Adam's default
        "warmup": 0.0,  # from the peak down by a cosine, the one thing that is ours
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "clip": 1e6,  # none
        "flip": True,  # the usual ImageDataGenerator: mirror, shift, turn, zoom by a tenth
        "shift": 4.8,
        "rotate": 10.0,
        "scale": 0.1,
        "light": 0.0,
    },
    # DeepCNN's best: the network to the letter, every trick in training.
    "best": {
        "model": "deep",
        "epochs": 60,  # a quarter of the published ones; mixup needs it long
        "batch_size": 128,
        "optimizer": "sgd",  # what each of the published from-scratch results used
        "learning_rate": 0.05,  # between WuJie1010's 0.01 and LetheSec's 0.1
        "warmup": 0.1,
        "weight_decay": 5e-4,  # WuJie1010's, the cheapest of the proven schedules
        "label_smoothing": 0.1,
        "ema": 0.999,  # an average over about a thousand steps, four epochs
        "shift": 4.0,
        "rotate": 12.0,
        "scale": 0.15,
        "light": 0.3,
        "erase": 0.5,  # no single part may decide; hands and glasses do hide some
        "mixup": 0.2,
    },
}


def named(name: str, **choices: Any) -> Recipe:
    """The recipe called `name`, with `choices` (data, seed, …) in place of its own values.

    Raises UserError for a name that is not there.
    """
    if name not in NAMED:
        raise UserError(f"no recipe {name!r}; the recipes are {', '.join(NAMED)}")
    return Recipe(**(NAMED[name] | choices))
