"""Is one expression mistaken for another more often than the other way round?"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from fer_lib.data.faceset import EXPRESSIONS, check_classes
from fer_lib.questions.intervals import holm


def asymmetry(m: np.ndarray, classes: Sequence[str] = EXPRESSIONS) -> pd.DataFrame:
    """Fisher's exact test of each pair of classes that both occur, corrected by Holm's method.

    A row a pair, the smallest p first: faces of a that were taken for b, their share of a's
    faces, the same back, p as tested, and p_holm to be compared with 0.05.
    """
    check_classes(len(m), classes)
    rows = []
    for i, j in combinations(range(len(m)), 2):
        n_i, n_j = m[i].sum(), m[j].sum()
        # counts are small, so the test is exact
        if n_i and n_j:
            test = fisher_exact([[m[i, j], n_i - m[i, j]], [m[j, i], n_j - m[j, i]]])
            there, back = (int(m[i, j]), m[i, j] / n_i), (int(m[j, i]), m[j, i] / n_j)
            rows.append((classes[i], classes[j], *there, *back, float(test.pvalue)))
    names = ["a", "b", "a_for_b", "rate_a_for_b", "b_for_a", "rate_b_for_a", "p"]
    table = pd.DataFrame(rows, columns=names)
    table["p_holm"] = holm(table["p"])
    return table.sort_values("p", kind="stable", ignore_index=True)
