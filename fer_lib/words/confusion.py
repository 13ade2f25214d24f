"""Page 3 in words, and its scores as tables; the command line and model cards print them too."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.near_duplicates import LOOKED_FOR
from fer_lib.formatting import OPEN, estimates, listing, percent, plural, span
from fer_lib.questions.confusion import METRICS, accuracy, accuracy_apart, by_class, matrix
from fer_lib.questions.intervals import LEVEL, bootstrap_counts
from fer_lib.studies.calibration import Reliability
from fer_lib.studies.drawn_faces import units_of
from fer_lib.studies.intensity import CLAIMED, STRONG, WEAK, rises

NAMED = 3  # confusions in a sentence


def overall_scores(m: np.ndarray) -> pd.DataFrame:
    """Accuracy, balanced accuracy and macro F1 of a matrix (K, K), with their 95 % intervals."""
    rows = [(float(metric(m)), *bootstrap_counts(m, metric)) for metric in METRICS.values()]
    names = [name.replace("_", " ").replace("f1", "F1") for name in METRICS]
    return pd.DataFrame({"value": estimates(*zip(*rows, strict=True))}, names)


def class_scores(m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> pd.DataFrame:
    """Faces, recall and precision of each class, with their intervals."""
    table = by_class(m, classes).set_index("expression").rename_axis(None)
    for name in ("recall", "precision"):
        ends = table.pop(f"{name}_low"), table.pop(f"{name}_high")
        table[name] = estimates(table[name], *ends)
    return table


def how_often_right(m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> str:
    """Accuracy, the classes with the highest and the lowest recall, and a single answer to all."""
    low, high = bootstrap_counts(m, accuracy)
    interval = "" if np.isnan(low) else f" ({percent(LEVEL, 0)} interval {span(low, high)})"
    text = (
        f"The network is right on **{percent(float(accuracy(m)))}** of "
        f"{plural(int(m.sum()), 'validation face')}{interval}."
    )
    named = np.flatnonzero(m.sum(0))
    if len(named) == 1 < len(classes):
        text += f" It says {classes[named[0]]} of every face, so it tells no class from another."
    table = by_class(m, classes).dropna(subset="recall").sort_values("recall", ascending=False)
    # with one class, or all alike, there is no best and no worst
    if table["recall"].nunique() == 1:
        return text
    best, worst = table.iloc[0], table.iloc[-1]
    return (
        f"{text} It recognises {best.expression} best ({percent(best.recall)} of its faces) and "
        f"{worst.expression} worst ({percent(worst.recall)})."
    )


def most_confused(pairs: pd.DataFrame) -> str:
    """The first confusions of `confused_pairs`."""
    if pairs.empty:
        return "It confuses no two expressions."
    worst = (
        f"{p.labelled} mistaken for {p.predicted} ({p.faces} of {p.of})"
        for p in pairs[:NAMED].itertuples()
    )
    return f"Its most frequent mistakes, by their share of the class: {listing(worst)}."


def why(pairs: pd.DataFrame, gains: pd.DataFrame | None) -> str:
    """What lies behind the confusions that `most_confused` names; gains of `recall_gains`."""
    if gains is None:
        return (
            "Why that is so cannot be told here: nobody has said how strong these expressions are."
        )
    reasons = {}
    for p in pairs[:NAMED].itertuples():
        a, b = units_of(p.labelled), units_of(p.predicted)
        if a and b:
            these = " and ".join(sorted((p.labelled, p.predicted)))
            reasons[these] = (
                f"{these.capitalize()} share {len(a & b)} of their {len(a | b)} action units."
            )
        elif b:  # a face without units can be no faint one
            reasons[p.predicted] = f"Why {p.labelled} is mistaken for {p.predicted} is open."
    rising = rises(gains)
    faint = "That faint expressions are missed more often is not shown."
    if rising.any():
        rest = gains.loc[~rising, "expression"]
        but = f"; for {listing(rest)} this is {OPEN}" if len(rest) else ""
        faint = f"Faint expressions are missed more often{but}."
    return " ".join([faint, *reasons.values()])


def near_duplicates(labels: np.ndarray, probabilities: np.ndarray, copies: np.ndarray) -> str:
    """Accuracy on the faces with a near-duplicate in train, `copies` (N,), and on the others."""
    apart = accuracy_apart(labels, probabilities, copies)
    known, new = apart.loc[True], apart.loc[False]
    some = f"{plural(int(known['faces']), 'face')} ({percent(copies.mean())}) have"
    text = (
        f"{some if known['faces'] else 'No face scored has'} a near-duplicate in train: "
        f"the same photograph, perhaps {LOOKED_FOR}."
    )
    if not known["faces"]:
        return text
    on_known, on_new = estimates(apart["accuracy"], apart["low"], apart["high"])
    return (
        f"{text} On these the network is right on {on_known}, on "
        f"{'the other ' + plural(int(new['faces']), 'face')} on {on_new}."
    )


def scores(
    labels: np.ndarray,
    probabilities: np.ndarray,
    copies: np.ndarray | None,
    classes: Sequence[str] = EXPRESSIONS,
) -> str:
    """All scores, and once more without near-duplicates; None where they cannot be looked for."""

    def tables(some: np.ndarray) -> str:
        m = matrix(labels[some], probabilities[some])
        each = class_scores(m, classes).to_string()
        return f"{overall_scores(m).to_string(header=False)}\n\n{each}"

    every = np.ones(len(labels), bool)
    if copies is None:
        none = "Near-duplicates in train were not looked for: what it was trained on is not here."
        return f"{tables(every)}\n\n{none}"
    known = fill(near_duplicates(labels, probabilities, copies), 88)
    text = f"{tables(every)}\n\n{known}"
    return f"{text}\n\nWithout these faces\n\n{tables(~copies)}" if copies.any() else text


def one_way(table: pd.DataFrame) -> str:
    """Which confusions of `asymmetry` go one way more than the other."""
    if table.empty:
        return "Fewer than two classes occur, so no pair can be tested."
    tested = f"Of the {plural(len(table), 'pair')} tested"
    clear = table[table["p_holm"] < 1 - LEVEL]
    if clear.empty:
        return f"{tested}, none shows a difference at 95 % confidence."
    rows = []
    for row in clear[:5].itertuples():
        ways = sorted([(row.rate_a_for_b, row.a, row.b), (row.rate_b_for_a, row.b, row.a)])[::-1]
        often, rarely = (f"{a} is mistaken for {b} in {percent(rate)}" for rate, a, b in ways)
        rows.append(f"{often}, {rarely}")
    return (
        f"{tested}, {len(clear)} {'differs' if len(clear) == 1 else 'differ'} between the two "
        f"directions at 95 % confidence: {'; '.join(rows)}."
    )


def confidence(r: Reliability) -> str:
    """Whether the network's confidence is justified."""
    text = (
        f"The expected calibration error is **{percent(r.error)}**. A perfectly calibrated network "
        f"would stay below {percent(r.by_chance)} in 95 of 100 such splits. "
    )
    if r.error <= r.by_chance:
        return text + "So no miscalibration is shown."
    side = "above" if r.excess > 0 else "below"
    return text + (
        f"So the network is not calibrated: on average its confidence is "
        f"{100 * abs(r.excess):.1f} points {side} its accuracy."
    )


def below_claim(table: pd.DataFrame, faces: str) -> str:
    """The first half of the homework's claim, from `below`; `faces` says which were judged."""
    table = table.dropna(subset="recall")
    by_verdict = table.groupby("verdict")["expression"].agg(listing)
    border = percent(CLAIMED, 0)
    words = {"below": f"below {border}", "above": f"above {border}", OPEN: OPEN}
    parts = [f"{words[v]} for {by_verdict[v]}" for v in words if v in by_verdict]
    against = table[(table["verdict"] != OPEN) & (table["verdict"] != table["claim"])]["expression"]
    if len(against):
        claim = f"The homework's claim **does not hold** for {listing(against)}."
    elif OPEN in by_verdict or len(table) < len(EXPRESSIONS):
        claim = "Nothing contradicts the homework's claim."
    else:
        claim = "The homework's claim **holds** for every class."
    return f"On {faces}, recall is {listing(parts)}. {claim}"


def weakness(gains: pd.DataFrame | None) -> str:
    """The second half of the homework's claim, from `recall_gains`; None without intensities."""
    if gains is None:
        return f"Without ratings of intensity by people, the reason is {OPEN} on these faces."
    if gains["gain"].isna().all():
        return "No class has both hits and mistakes, so the reason cannot be tested here."
    rising, rest = gains[rises(gains)], gains.loc[~rises(gains), "expression"]
    if rising.empty:
        return "For no class does recall rise with intensity at 95 % confidence."
    rows = (
        f"{row.expression} {100 * row.gain:.0f} ({100 * row.low:.0f} to {100 * row.high:.0f})"
        for row in rising.itertuples()
    )
    but = f" For {listing(rest)} this is {OPEN}." if len(rest) else ""
    return (
        f"From intensity {WEAK} to {STRONG}, recall rises by this many points, with 95 % "
        f"intervals: {listing(rows)}.{but} So on drawn faces a weak expression is "
        "harder to recognise. It does not explain why the classes differ there, for all six that "
        "have action units have the same distribution of intensity."
    )
