"""FER2013's own page: what the recipes reach there, beside what others have published."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import UNKNOWN, listing, machine, percent, plural, span
from fer_lib.questions.confusion import accuracy, balanced_accuracy, macro_f1
from fer_lib.questions.intervals import wilson
from fer_lib.report.export import MOST, View, read
from fer_lib.stored_results import Result, choices, stem
from fer_lib.studies import homework_claims
from fer_lib.studies.intensity import CLAIMED, CLAIMED_ABOVE, below
from fer_lib.training.recipe import Recipe, from_fields
from fer_lib.training.recipes import NAMES, named

HUMAN = 0.65  # Goodfellow et al. (2013): people on FER2013, give or take 5 points

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


def name(result: Result) -> str:
    """The recipe's, however many epochs were asked of it; where it has none, the network's."""
    epochs = {"epochs": result.choices["epochs"]}
    alike = (n for n in NAMES if result.choices == choices(named(n)) | epochs)
    return next(alike, result.choices["model"])


def title(result: Result) -> str:
    """The name, and the epochs where the name alone does not tell them."""
    known, epochs = name(result), result.choices["epochs"]
    told = known in NAMES and named(known).total_epochs == epochs
    return known if told else f"{known}, {epochs} epochs"


def table(groups: Sequence[Group]) -> pd.DataFrame:
    """A row a recipe: its title, its name, network, epochs, seeds, and means over the seeds.

    Columns: accuracy, ten_views (that of the mean over ten views of a face) and no_twin (that on
    the faces that have no twin in Training, `new` of them, from the `new_seeds` seeds that have
    it), each with its deviation over seeds (`_std`, nan for one), low and high (Wilson's interval
    of the mean: chance in the choice of faces), balanced and f1, minutes of training and on how
    many threads, 0 for a graphics card.
    """
    return pd.DataFrame([_row(group) for group in groups])


def _row(group: Group) -> dict[str, object]:
    first, matrices = group[0], np.array([r.matrix for r in group])
    # as series: the mean of none and the deviation of one are nan
    plain = pd.Series(accuracy(matrices))
    ten = pd.Series([accuracy(r.ten_views) for r in group if r.ten_views is not None], dtype=float)
    apart = [r.no_twin for r in group if r.no_twin is not None]
    no_twin = pd.Series([accuracy(m) for m in apart], dtype=float)
    told = pd.DataFrame([r.facts for r in group if r.facts], columns=["seconds", "threads"])
    faces = matrices[0].sum()
    low, high = wilson(plain.mean() * faces, faces)
    return {
        "recipe": title(first),
        "name": name(first),
        "network": first.choices["model"],
        "epochs": first.choices["epochs"],
        "seeds": len(group),
        "accuracy": plain.mean(),
        "accuracy_std": plain.std(),
        "ten_views": ten.mean(),
        "ten_views_std": ten.std(),
        "no_twin": no_twin.mean(),
        "no_twin_std": no_twin.std(),
        "new": int(apart[0].sum()) if apart else 0,
        "new_seeds": len(apart),
        "low": float(low),
        "high": float(high),
        "balanced": balanced_accuracy(matrices).mean(),
        "f1": macro_f1(matrices).mean(),
        "minutes": told["seconds"].mean() / 60,
        "threads": told["threads"].mean(),
    }


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """`table`, written out."""
    return pd.DataFrame(
        {
            "epochs": rows["epochs"],
            "seeds": rows["seeds"],
            "accuracy": _with_deviation(rows["accuracy"], rows["accuracy_std"]),
            "ten views": _with_deviation(rows["ten_views"], rows["ten_views_std"]),
            "no twin": _with_deviation(rows["no_twin"], rows["no_twin_std"]),
            "interval": list(map(span, rows["low"], rows["high"])),
            "balanced": rows["balanced"].map(percent),
            "macro F1": rows["f1"].map(percent),
            "min": [_few(minutes) for minutes in rows["minutes"]],
            "on": [_place(threads) for threads in rows["threads"]],
        }
    ).set_axis(list(rows["name"]), axis=0)


def _few(minutes: float) -> str:
    return UNKNOWN if np.isnan(minutes) else f"{minutes:.{0 if minutes >= 10 else 1}f}"


def _place(threads: float) -> str:
    return UNKNOWN if np.isnan(threads) else plural(round(threads), "thread") if threads else "GPU"


def _with_deviation(means: pd.Series, deviations: pd.Series) -> list[str]:
    pairs = zip(means, deviations, strict=True)
    return [percent(m) if np.isnan(d) else f"{100 * m:.1f} ± {100 * d:.1f} %" for m, d in pairs]


def answer(groups: Sequence[Group]) -> str:
    """What the best recipe reaches, and how it stands to people."""
    if not groups:
        return "No result on FER2013 is stored: train one, and store it by `fer-lib export`."
    best = table(groups[:1]).iloc[0]
    over = "above" if best["low"] > HUMAN else "below" if best["high"] < HUMAN else "level with"
    sure = f"{best['recipe']}, {plural(best['seeds'], 'seed')}"
    told = (
        f"The best of our recipes ({sure}) is right on **{percent(best['accuracy'])}** of "
        f"PublicTest, {span(best['low'], best['high'])} with the chance in the choice of faces; "
        f"the mean over ten views of each face reaches {percent(best['ten_views'])}. "
        f"That is {over} people, who are right on about {percent(HUMAN, 0)}."
    )
    if not best["new"]:
        return told
    return (
        f"{told} On the {plural(best['new'], 'face')} that have no twin in Training it is right on "
        f"**{percent(best['no_twin'])}** ({plural(best['new_seeds'], 'seed')})."
    )


def risen(group: Group) -> str:
    """Which of the original's classes below 60 % recall rise above it, from a recipe's runs."""
    rows = below(np.mean([r.matrix for r in group], axis=0))
    low = rows[~rows["expression"].isin(CLAIMED_ABOVE)]
    above, still = (low[low["verdict"] == v]["expression"] for v in ("above", "below"))
    return (
        f"Of the {len(low)} classes that the original has below {percent(CLAIMED, 0)} recall, "
        f"surely above it here: {listing(above)}; surely below: {listing(still)}."
    )


def calibrated(group: Group) -> str:
    """The calibration error before and after temperature scaling, averaged over seeds."""
    facts = pd.DataFrame([r.facts for r in group if r.facts])
    if facts.empty:
        return "No calibration is stored with these results."
    mean = facts[["calibration", "calibration_tempered", "temperature"]].mean()
    return (
        f"The expected calibration error is {percent(mean['calibration'])}; after temperature "
        "scaling, each half of PublicTest by the temperature of the other half (about "
        f"{mean['temperature']:.2f}), it is **{percent(mean['calibration_tempered'])}**."
    )


def recipe(group: Group) -> Recipe:
    """The recipe of a group, for its learning rates; `data` is the data's name, not a path."""
    first = group[0]
    return from_fields(
        first.choices | {"data": first.data, "seed": first.seed, "precision": "auto"}
    )


def machines(groups: Sequence[Group]) -> str:
    """Where the stored runs were trained."""
    facts = [r.facts for group in groups for r in group if r.facts]
    made = {
        f"{machine(f['processor'], f['threads'])}, {f['precision']}, torch {f['torch']}"
        for f in facts
    }
    return f"Trained on: {'; '.join(sorted(made)) or UNKNOWN}."


def views(folder: str | Path, groups: Sequence[Group]) -> list[tuple[Result, View]]:
    """Each recipe's first seed with its stored view, the most accurate recipe first."""
    paths = [(group[0], Path(folder) / f"view-{stem(group[0])}.json") for group in groups]
    return [(result, read(path)) for result, path in paths if path.is_file()]


def claimed(seen: Sequence[tuple[Result, View]]) -> str:
    """What becomes of the original's claims about places, by the most accurate of `views`."""
    if not seen:
        return "No view of FER2013 is stored: train a network, and store it by `fer-lib export`."
    result, view = seen[0]
    return (
        f"{homework_claims.reading(view.claims, 'photographs of PublicTest')}\n\n"
        f"The network asked is that of {title(result)}, right on "
        f"{percent(float(accuracy(result.matrix)))} of PublicTest; n are those that it gets "
        f"right, the surest {MOST} of a class where there are more."
    )


def on_drawn(m: np.ndarray, on_photographs: np.ndarray) -> str:
    """How a network fitted on photographs reads drawn faces, from its confusions on both."""
    right, n, said = int(m.trace()), int(m.sum()), m.sum(0)
    return (
        f"It is right on **{percent(right / n)}** of {plural(n, 'drawn face')} "
        f"({span(*map(float, wilson(right, n)))}), and on "
        f"{percent(float(accuracy(on_photographs)))} of PublicTest; chance is one in seven. Most "
        f"often it says {EXPRESSIONS[said.argmax()]}, of {percent(said.max() / n, 0)} of them."
    )


def verdicts(seen: Sequence[tuple[Result, View]]) -> pd.DataFrame:
    """The verdict on each claim by each network of `views`: a row a network, a column a claim."""
    return pd.DataFrame(
        {title(result): homework_claims.overall(view.claims) for result, view in seen}
    ).T
