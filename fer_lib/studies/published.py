"""FER2013's own page: what the recipes reach there, beside what others have published."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fer_lib.formatting import machine
from fer_lib.questions.confusion import accuracy, balanced_accuracy, macro_f1
from fer_lib.questions.intervals import wilson
from fer_lib.store import Result, View, read_view, recipe_choices
from fer_lib.training.recipe import Recipe, from_fields
from fer_lib.training.recipes import NAMES, named

HUMAN, HUMAN_MARGIN = 0.65, 0.05  # people on FER2013, give or take (Goodfellow et al. 2013)

# Who, the split that was scored, its accuracy, and how the model was chosen, as their papers and
# their code tell. Single networks, without other faces.
PUBLISHED = pd.DataFrame(
    [
        ("people (Goodfellow et al. 2013)", "both", HUMAN, "a small study"),
        ("Tang 2013", "PrivateTest", 0.7116, "clean, a contest"),
        ("Pramerdorfer & Kampel 2016, VGG", "PrivateTest", 0.727, "as published"),
        ("EmoClass2019, ResNet18", "PublicTest", 0.7144, "best epoch by this split"),
        ("EmoClass2019, ResNet18", "PrivateTest", 0.7278, "clean, one seed"),
        ("EmoClass2019, VGG19", "PublicTest", 0.7097, "best epoch by this split"),
        ("EmoClass2019, VGG19", "PrivateTest", 0.7283, "clean, one seed"),
        ("WuJie1010, VGG19", "PrivateTest", 0.7311, "best epoch by this split"),
        ("Khaireddin & Chen 2021", "PublicTest", 0.7328, "splits swapped"),
        ("LetheSec, ResNet18", "PrivateTest", 0.7370, "best epoch by this split"),
    ],
    columns=["who", "split", "accuracy", "protocol"],
)

Group = Sequence[Result]  # one recipe's results, a seed each


def recipe_name(result: Result) -> str:
    """The recipe's, however many epochs were asked of it; where it has none, the network's."""
    epochs = {"epochs": result.choices["epochs"]}
    names = (n for n in NAMES if result.choices == recipe_choices(named(n)) | epochs)
    return next(names, result.choices["model"])


def results(groups: Sequence[Group]) -> pd.DataFrame:
    """A row a recipe: its title, its name, network, epochs, seeds, and means over the seeds.

    The title is the name, with the epochs where the name alone does not tell them.
    Columns: accuracy, ten_views (that of the mean over ten views of a face) and new_faces (that on
    the faces without a near-duplicate in Training, `new` of them, from the `new_seeds` seeds that
    have it), each with its deviation over seeds (`_std`, nan for one), low and high (Wilson's
    interval of the mean: chance in the choice of faces), balanced and f1, minutes of training and
    on how many threads, 0 for a graphics card.
    """
    return pd.DataFrame([_row(group) for group in groups])


def _row(group: Group) -> dict[str, object]:
    first, matrices = group[0], np.array([r.matrix for r in group])
    apart = [r.new_faces for r in group if r.new_faces is not None]
    ten = [r.ten_views for r in group if r.ten_views is not None]
    over_seeds, scored = {}, {"accuracy": matrices, "ten_views": ten, "new_faces": apart}
    for name, each in scored.items():
        # as a series: the mean of none and the deviation of one are nan
        values = pd.Series([accuracy(m) for m in each], dtype=float)
        over_seeds |= {name: values.mean(), f"{name}_std": values.std()}
    facts = pd.DataFrame([r.facts for r in group if r.facts], columns=["seconds", "threads"])
    faces = matrices[0].sum()
    # The seeds are scored on the same faces, so they make the mean no more certain.
    low, high = wilson(over_seeds["accuracy"] * faces, faces)
    name, epochs = recipe_name(first), first.choices["epochs"]
    known = name in NAMES and named(name).total_epochs == epochs
    return {
        "recipe": name if known else f"{name}, {epochs} epochs",
        "name": name,
        "network": first.choices["model"],
        "epochs": epochs,
        "seeds": len(group),
        **over_seeds,
        "new": int(apart[0].sum()) if apart else 0,
        "new_seeds": len(apart),
        "low": float(low),
        "high": float(high),
        "balanced": balanced_accuracy(matrices).mean(),
        "f1": macro_f1(matrices).mean(),
        "minutes": facts["seconds"].mean() / 60,
        "threads": facts["threads"].mean(),
    }


def mean_calibration(group: Group) -> pd.Series:
    """Calibration error, that after temperature scaling, and temperature; nan if not stored."""
    columns = ["calibration", "calibration_tempered", "temperature"]
    return pd.DataFrame([r.facts for r in group if r.facts], columns=columns).mean()


def calibration_by_views(groups: Sequence[Group]) -> pd.DataFrame:
    """Two rows a recipe for which it is stored, one view and ten: means over its seeds.

    Columns: recipe, views, error (expected calibration error), by_chance (what a perfectly
    calibrated network as confident stays below in 95 of 100 splits), tempered (the error after
    temperature scaling) and temperature.
    """
    columns = ["error", "by_chance", "tempered", "temperature"]
    keys = ["calibration", "calibration_by_chance", "calibration_tempered", "temperature"]
    rows = [
        [recipe_name(r), views, *(known[key] for key in keys)]
        for group in groups
        for r in group
        if r.facts and "ten_views" in r.facts
        for views, known in (("one", r.facts), ("ten", r.facts["ten_views"]))
    ]
    table = pd.DataFrame(rows, columns=["recipe", "views", *columns])
    return table.groupby(["recipe", "views"], sort=False, as_index=False).mean()


def installed(networks: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A row a network that pip installs: how often it is right, how fast it is and how large.

    Columns: network, accuracy, low, high (Wilson), new_faces (accuracy on faces without a
    near-duplicate in Training), milliseconds a face on one thread, megabytes of weights.
    """
    rows = []
    for name, measured in networks.items():
        m, new = np.array(measured["matrix"]), np.array(measured["new_faces"])
        low, high = wilson(m.trace(), m.sum())
        rows.append({
            "network": name,
            "accuracy": float(accuracy(m)),
            "low": float(low),
            "high": float(high),
            "new_faces": float(accuracy(new)),
            "milliseconds": measured["milliseconds"],
            "megabytes": measured["megabytes"],
        })  # fmt: skip
    return pd.DataFrame(rows)


def first_recipe(group: Group) -> Recipe:
    """The recipe of a group, for its learning rates; `data` is the data's name, not a path."""
    first = group[0]
    # `store.FREE`: these are not among the choices that runs share
    free = {"data": first.data, "seed": first.seed, "precision": "auto"}
    return from_fields(first.choices | free)


def training_machines(groups: Sequence[Group]) -> list[str]:
    """Where the stored runs were trained, each kind of machine once."""
    facts = [r.facts for group in groups for r in group if r.facts]
    return sorted({
        f"{machine(f['processor'], f['threads'])}, {f['precision']}, torch {f['torch']}"
        for f in facts
    })  # fmt: skip


def views(folder: str | Path, groups: Sequence[Group]) -> list[View]:
    """What is stored of the view of each recipe's first seed, the most accurate recipe first."""
    return [view for group in groups if (view := read_view(group[0], folder))]
