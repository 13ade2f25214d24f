import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, bootstrap

from fer_lib.questions.confusion import accuracy
from fer_lib.questions.intervals import (
    bootstrap_counts,
    bootstrap_p,
    holm,
    paired_difference,
    percentile_interval,
    wilson,
)


@settings(deadline=None)  # the first call may wait for a busy machine
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(successes_of):
    successes, trials = successes_of
    oracle = binomtest(successes, trials).proportion_ci(method="wilson")
    low, high = wilson(successes, trials)
    np.testing.assert_allclose([low, high], [oracle.low, oracle.high], atol=1e-12)
    assert 0 <= low <= successes / trials <= high <= 1


def test_wilson_of_nothing_is_unknown_without_a_warning():
    low, high = wilson([0, 3], [0, 4])
    assert np.isnan([low[0], high[0]]).all()
    assert not np.isnan([low[1], high[1]]).any()


def test_multinomial_draws_are_the_bootstrap_of_faces():
    counts = np.array([[70, 10], [20, 50]])
    right = np.repeat([1, 0], [120, 30])
    oracle = bootstrap(
        (right,), np.mean, method="percentile", n_resamples=20_000, vectorized=True, rng=1
    ).confidence_interval
    assert bootstrap_counts(counts, accuracy) == pytest.approx(tuple(oracle), abs=0.005)


def test_the_bootstrap_is_the_same_every_time_and_knows_nothing_of_no_faces():
    counts = np.array([[3, 1], [0, 2]])
    assert bootstrap_counts(counts, accuracy) == bootstrap_counts(counts, accuracy)
    assert np.isnan(bootstrap_counts(np.zeros((2, 2), int), accuracy)).all()
    assert np.isnan(bootstrap_counts(np.diag([3, 4]), accuracy)).all()  # always right: no spread


def test_percentile_interval_leaves_out_the_undefined():
    values = np.append(np.linspace(0, 1, 1001), np.nan)
    assert percentile_interval(values) == pytest.approx((0.025, 0.975))


def test_holm_of_a_worked_example():
    # sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1; a later one is never below an earlier
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert len(holm([])) == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=21))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values):
    rejected = set()
    for step, index in enumerate(np.argsort(p_values, kind="stable")):
        if p_values[index] * (len(p_values) - step) > 0.05:
            break
        rejected.add(index)
    assert set(np.flatnonzero(holm(p_values) <= 0.05)) == rejected


def test_a_bootstrap_p_counts_the_resamples_on_the_wrong_side():
    resampled = np.r_[np.full(989, 1.0), np.full(10, -1.0)]
    assert bootstrap_p(resampled) == pytest.approx(2 * 11 / 1000)
    assert bootstrap_p(np.r_[-resampled, np.nan]) == bootstrap_p(resampled)
    assert bootstrap_p(np.zeros(99)) == 1
    assert bootstrap_p(np.full(9, np.nan)) == 1


def test_a_paired_difference_is_of_the_faces_that_only_one_gets_right():
    counts = np.array([[300, 60], [30, 110]])
    gain, low, high = paired_difference(counts)
    assert gain == pytest.approx(30 / 500)
    # the normal approximation for pairs: b + c - (b - c)^2 / n under the root
    half = 1.96 * np.sqrt(60 + 30 - 30**2 / 500) / 500
    assert (low, high) == pytest.approx((gain - half, gain + half), abs=0.002)
