"""Pairs of expressions that are taken for each other, and whether one way more than the other."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import listing, percent, plural
from fer_lib.questions.intervals import LEVEL, holm

CLASSES = len(EXPRESSIONS)
SURE = 5  # pairs that a sentence can carry


def pairs(m: np.ndarray) -> pd.DataFrame:
    """The confusions that occur, most faces first: labelled, predicted, faces, of, rate."""
    rows = [
        (EXPRESSIONS[i], EXPRESSIONS[j], int(m[i, j]), int(m[i].sum()), m[i, j] / m[i].sum())
        for i, j in permutations(range(CLASSES), 2)
        if m[i, j]
    ]
    table = pd.DataFrame(rows, columns=["labelled", "predicted", "faces", "of", "rate"])
    return table.sort_values("faces", ascending=False, kind="stable", ignore_index=True)


def asymmetry(m: np.ndarray) -> pd.DataFrame:
    """Is a taken for b as often as b for a? Fisher's exact test, Holm over the pairs.

    A row a pair of classes that both occur, surest first: there and back in faces and in shares
    of the class, p as tested, and p_holm to be compared with 0.05.
    """
    rows = []
    for i, j in combinations(range(CLASSES), 2):
        n_i, n_j = m[i].sum(), m[j].sum()
        if n_i and n_j:
            test = fisher_exact([[m[i, j], n_i - m[i, j]], [m[j, i], n_j - m[j, i]]])
            there, back = (int(m[i, j]), m[i, j] / n_i), (int(m[j, i]), m[j, i] / n_j)
            rows.append((EXPRESSIONS[i], EXPRESSIONS[j], *there, *back, float(test.pvalue)))
    names = ["a", "b", "a_for_b", "rate_a_for_b", "b_for_a", "rate_b_for_a", "p"]
    table = pd.DataFrame(rows, columns=names)
    table["p_holm"] = holm(table["p"])
    return table.sort_values("p", kind="stable", ignore_index=True)


def shown_pairs(m: np.ndarray) -> pd.DataFrame:
    """The first ten of `pairs`, written out."""
    table = pairs(m).head(10)
    table.index += 1
    return table.assign(rate=[percent(rate) for rate in table["rate"]])


def shown_asymmetry(m: np.ndarray) -> pd.DataFrame:
    """The seven surest of `asymmetry`, written out: faces, share of the class, p."""
    table = asymmetry(m).head(7)
    shown = pd.DataFrame(index="a = " + table["a"] + ", b = " + table["b"])
    for name, way in (("a taken for b", "a_for_b"), ("b taken for a", "b_for_a")):
        faces = zip(table[way], table[f"rate_{way}"], strict=True)
        shown[name] = [f"{n} ({percent(rate)})" for n, rate in faces]
    for name, p in (("p (Fisher)", "p"), ("p (Holm)", "p_holm")):
        shown[name] = [f"{value:.2g}" for value in table[p]]
    return shown


def most_confused(m: np.ndarray) -> str:
    """The three most confused pairs in a sentence, with their faces."""
    table = pairs(m)
    if table.empty:
        return "It confuses no pair of expressions."
    worst = [f"{p.labelled} for {p.predicted} ({p.faces})" for p in table[:3].itertuples()]
    return f"Most often it takes {listing(worst)}; in brackets, faces."


def reading_asymmetry(table: pd.DataFrame) -> str:
    """Which confusions go one way more than the other, in words."""
    if table.empty:
        return "Fewer than two classes occur, so no pair can be tested."
    sure = table[table["p_holm"] < 1 - LEVEL]
    tested = f"Of the {plural(len(table), 'pair')} tested"
    if sure.empty:
        return f"{tested}, none goes one way surely more than the other."
    go = "goes" if len(sure) == 1 else "go"
    ways = [
        f"{row.a} for {row.b} in {percent(row.rate_a_for_b)}, back in {percent(row.rate_b_for_a)}"
        for row in sure[:SURE].itertuples()
    ]
    first = ", the surest first" if len(sure) > SURE else ""
    return (
        f"{tested}, {len(sure)} surely {go} one way more than the other{first}: {'; '.join(ways)}."
    )
