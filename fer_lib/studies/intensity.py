"""The original's claim, tested: recall below 60 % but for two classes, for expressions are weak.

The first half is counted, on any faces. The second needs the truth about intensity, which only the
embedded faces know; photographs would need people's ratings.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS, Split
from fer_lib.formatting import OPEN, UNKNOWN, estimates, listing, percent, plural
from fer_lib.questions.confusion import by_class
from fer_lib.questions.intervals import RESAMPLES, percentile_interval, share, wilson
from fer_lib.store import Result

CLAIMED = 0.60  # recall that, in the original, only the next two reach
CLAIMED_ABOVE = ("happy", "surprise")
EDGES = np.linspace(0, 1, 6)  # five steps of intensity
NEUTRAL = EXPRESSIONS.index("neutral")  # shows no unit, so it has no intensity


def below(m: np.ndarray) -> pd.DataFrame:
    """Which classes lie below 60 % recall: expression, recall, low, high, claim, verdict.

    The verdict is 'below' or 'above' where the 95 % interval clears 60 %, else OPEN.
    Shapes: m (7, 7), a mean over runs is allowed.
    """
    table = by_class(m)[["expression", "recall", "recall_low", "recall_high"]]
    table = table.rename(columns=lambda name: name.removeprefix("recall_"))
    clear = [table["high"] < CLAIMED, table["low"] > CLAIMED]
    return table.assign(
        claim=np.where(table["expression"].isin(CLAIMED_ABOVE), "above", "below"),
        verdict=np.select(clear, ["below", "above"], OPEN),
    )


def shown_below(m: np.ndarray) -> pd.DataFrame:
    """`below`, written out."""
    table = below(m).set_index("expression").rename_axis(None)
    recall = estimates(table["recall"], table["low"], table["high"])
    here = table["verdict"].mask(table["recall"].isna(), UNKNOWN)
    return pd.DataFrame({"recall": recall, "the original": table["claim"], "here": here})


def verdict(m: np.ndarray, faces: str) -> str:
    """The first half of the claim, judged on `faces` (such as 'FER2013's validation faces')."""
    table = below(m).dropna(subset="recall")
    if table.empty:
        return f"On {faces} no class can be judged."
    told = table[table["verdict"] != OPEN]
    against = told[told["verdict"] != told["claim"]]
    unsure = table[table["verdict"] == OPEN]["expression"]
    lying = listing(told[told["verdict"] == "below"]["expression"], "no class")
    text = f"On {faces}, surely below {percent(CLAIMED, 0)} recall: {lying}. "
    if against.empty and unsure.empty and len(table) == len(EXPRESSIONS):
        return text + "The original's claim **holds** for every class."
    if against.empty:
        return text + f"Nothing contradicts the claim; undecided: {listing(unsure)}."
    return text + f"The claim **does not hold** for {listing(against['expression'])}."


def verdict_stored(results: Sequence[Result]) -> str:
    """`verdict` on stored runs: recall is their mean; the interval counts each face once."""
    if not results:
        return "No results on FER2013 are stored, so the claim is not judged on real faces here."
    mean = np.mean([r.matrix for r in results], axis=0)
    model, epochs = results[0].choices["model"], results[0].choices["epochs"]
    each = " each" if len(results) > 1 else ""
    made = f"{plural(len(results), 'stored run')} of the {model} network, {epochs} epochs{each}"
    return verdict(mean, f"FER2013's validation faces ({made})")


def of(split: Split) -> np.ndarray | None:
    """The intensities of drawn faces, (N,) in 0..1; None for photographs."""
    return None if split.truth is None else np.array([face.intensity for face in split.truth])


def by_intensity(labels: np.ndarray, predicted: np.ndarray, intensity: np.ndarray) -> pd.DataFrame:
    """Recall in five steps of intensity for every expression but neutral, with Wilson intervals.

    Shapes: labels, predicted, intensity (N,). A row a class and step that has faces:
    expression, intensity (mean), faces, recall, low, high.
    """
    step = np.clip(np.digitize(intensity, EDGES) - 1, 0, len(EDGES) - 2)
    frame = pd.DataFrame({"intensity": intensity, "right": labels == predicted})
    shows = (labels >= 0) & (labels != NEUTRAL)
    groups = frame[shows].groupby([labels[shows], step[shows]])
    table = groups.agg(
        intensity=("intensity", "mean"), faces=("right", "size"), recall=("right", "mean")
    )
    low, high = wilson(table["recall"] * table["faces"], table["faces"])
    table.insert(0, "expression", [EXPRESSIONS[label] for label, _ in table.index])
    return table.assign(low=low, high=high).reset_index(drop=True)


def slopes(labels: np.ndarray, predicted: np.ndarray, intensity: np.ndarray) -> pd.DataFrame:
    """How much recall rises with intensity, class by class: the least-squares line's slope.

    1 means: from intensity 0 to 1 recall rises by all of it. The 95 % interval is the bootstrap's
    over faces. nan where the line cannot be drawn: no mistake, no hit, or all of one intensity.
    """
    rows = []
    for k in np.unique(labels[(labels >= 0) & (labels != NEUTRAL)]):
        own = labels == k
        x, right = intensity[own], (predicted[own] == k).astype(float)
        known = 0 < right.mean() < 1 and np.ptp(x) > 0
        line = _slope_and_interval(x, right) if known else (np.nan,) * 3
        rows.append((EXPRESSIONS[k], len(x), right.mean(), *line))
    return pd.DataFrame(rows, columns=["expression", "faces", "recall", "slope", "low", "high"])


def _slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares over the last axis; nan where x does not vary."""
    dx = x - x.mean(-1, keepdims=True)
    return share((dx * y).sum(-1), (dx**2).sum(-1))


def _slope_and_interval(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    drawn = np.random.default_rng(0).integers(0, len(x), (RESAMPLES, len(x)))
    return float(_slope(x, y)), *percentile_interval(_slope(x[drawn], y[drawn]))


def reading(table: pd.DataFrame | None) -> str:
    """The second half of the claim, from `slopes`; None for faces whose intensity is unknown."""
    if table is None:
        return (
            "Whether weak expressions are the reason can't be told on these faces without human "
            "ratings of intensity."
        )
    told = table.dropna(subset="slope")
    if told.empty:
        return "No class has both hits and mistakes, so the reason cannot be tested here."
    rising = told[told["low"] > 0]
    if rising.empty:
        return "For no class does recall surely rise with intensity: the reason finds no support."
    steepest = rising.loc[rising["slope"].idxmax()]
    gain = f"{100 * steepest.slope:.0f}"
    return (
        f"Recall surely rises with intensity for {listing(rising['expression'])}, most steeply for "
        f"{steepest.expression}: a straight line through it climbs {gain} points over the whole "
        f"range of intensity ({100 * steepest.low:.0f} to {100 * steepest.high:.0f}). "
        "There the reason holds for drawn faces: a weak expression is harder to tell."
    )


def why(table: pd.DataFrame | None) -> str:
    """The same in one sentence, for the page's answer."""
    if table is None:
        return "Whether weak expressions are the reason, these faces cannot tell."
    rising = table.loc[table["low"] > 0, "expression"]
    if rising.empty:
        return "Weak expressions are not shown to be the reason."
    return f"One reason is weakness: the fainter {listing(rising)} are, the more often missed."
