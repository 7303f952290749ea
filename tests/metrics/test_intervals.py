import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from visavis.errors import VisavisError
from visavis.metrics import Interval, bootstrap, paired_bootstrap, wilson

RNG = np.random.default_rng(5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_equals_scipy(counts: tuple[int, int], level: float) -> None:
    successes, n = counts
    expected = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    ours = wilson(successes, n, level=level)
    assert (ours.estimate, ours.level) == (successes / n, level)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= ours.low <= ours.estimate <= ours.high <= 1


def test_half_of_115_queries_is_known_to_nine_points() -> None:
    assert str(wilson(58, 115)) == "0.5043 [0.4143, 0.5941]"


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(VisavisError, match=f"{successes} successes of {n} trials give no share"):
        wilson(successes, n)


def test_bootstrap_equals_scipy_up_to_chance() -> None:
    counts = RNG.integers(1, 40, 60)
    sums = RNG.binomial(counts, 0.7)
    expected = stats.bootstrap(
        (sums, counts),
        lambda s, c, axis: s.sum(axis=axis) / c.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=1,
    ).confidence_interval
    ours = bootstrap(sums, counts, n_resamples=20_000)
    assert ours.estimate == sums.sum() / counts.sum()
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=0.002)


def test_bootstrap_is_a_function_of_its_seed() -> None:
    sums, counts = RNG.random(30), np.ones(30, dtype=np.int64)
    assert bootstrap(sums, counts, seed=4) == bootstrap(sums, counts, seed=4)
    assert bootstrap(sums, counts, seed=4) != bootstrap(sums, counts, seed=5)


def test_dependent_comparisons_widen_the_interval() -> None:
    right = RNG.random(50) < 0.6  # each query all right or all wrong on its 45 comparisons
    by_query = bootstrap(45 * right, np.full(50, 45))
    pooled = bootstrap(np.repeat(right, 45).astype(np.int64), np.ones(50 * 45, dtype=np.int64))
    widths = [interval.high - interval.low for interval in (by_query, pooled)]
    assert widths[0] / widths[1] == pytest.approx(45**0.5, rel=0.1)


def test_a_higher_level_contains_the_lower() -> None:
    sums, counts = RNG.random(30), np.ones(30, dtype=np.int64)
    narrow, wide = (bootstrap(sums, counts, level=level) for level in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high


def test_equal_values_leave_no_doubt() -> None:
    assert bootstrap(np.full(9, 3), np.full(9, 4)) == Interval(0.75, 0.75, 0.75, 0.95)


def test_paired_difference_ignores_what_both_share() -> None:
    difficulty = RNG.integers(0, 1000, 40).astype(np.float64)
    interval = paired_bootstrap(difficulty + 0.5, difficulty)
    assert interval == Interval(0.5, 0.5, 0.5, 0.95)


def test_paired_difference_of_hits() -> None:
    a, b = RNG.random(80) < 0.6, RNG.random(80) < 0.4
    interval = paired_bootstrap(a, b)
    assert interval.estimate == pytest.approx(a.mean() - b.mean())
    assert interval.low < interval.estimate < interval.high
    swapped = paired_bootstrap(b, a)
    assert (swapped.low, swapped.high) == pytest.approx((-interval.high, -interval.low))


@pytest.mark.parametrize("counts", [[], [3, 0]])
def test_empty_queries_are_refused(counts: list[int]) -> None:
    with pytest.raises(VisavisError, match="at least one query and a value in each; leave out empty queries"):
        bootstrap(np.zeros(len(counts)), np.array(counts, dtype=np.int64))
