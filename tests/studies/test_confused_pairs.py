import numpy as np
import pytest
from scipy.stats import fisher_exact

from fer_lib.errors import UserError
from fer_lib.studies import confused_pairs

FEAR, SURPRISE = 2, 5


def matrix(*cells):
    m = np.zeros((7, 7), np.int64)
    for labelled, predicted, n in cells:
        m[labelled, predicted] = n
    return m


def test_asymmetry_is_fishers_test_of_the_two_rates():
    cells = (FEAR, SURPRISE, 30), (FEAR, FEAR, 70), (SURPRISE, FEAR, 10), (SURPRISE, SURPRISE, 190)
    table = confused_pairs.asymmetry(matrix(*cells))
    assert len(table) == 1  # only two classes occur
    row = table.loc[0]
    assert (row.a, row.b, row.a_for_b, row.b_for_a) == ("fear", "surprise", 30, 10)
    assert (row.rate_a_for_b, row.rate_b_for_a) == (0.3, 0.05)
    assert row.p == row.p_holm == fisher_exact([[30, 70], [10, 190]]).pvalue


def test_one_pair_among_others_needs_more_to_be_sure():
    m = np.diag([100] * 7)
    m[FEAR, SURPRISE] = 5  # never back: p is below 0.05 once, not when it is one of 21
    table = confused_pairs.asymmetry(m)
    assert table["p"][0] == fisher_exact([[5, 100], [0, 100]]).pvalue
    m[FEAR, SURPRISE] = 7
    table = confused_pairs.asymmetry(m)
    assert table["p"][0] < 0.05 < table["p_holm"][0]
    assert table["p_holm"][0] == 21 * table["p"][0]


def test_asymmetry_tests_all_21_pairs_when_all_classes_occur():
    table = confused_pairs.asymmetry(np.full((7, 7), 10))
    assert len(table) == 21
    assert (table.p_holm == 1).all()


def test_pairs_of_other_classes():
    table = confused_pairs.asymmetry(np.array([[5, 5], [0, 10]]), ("grin", "gasp"))
    assert table[["a", "b", "a_for_b"]].values.tolist() == [["grin", "gasp", 5]]
    with pytest.raises(UserError, match="2 classes and 7 names"):
        confused_pairs.asymmetry(np.eye(2, dtype=int))
