"""Confidence intervals for shares and means, over queries rather than over single comparisons."""

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from jaxtyping import Bool, Float, Real

from visavis.errors import VisavisError


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its confidence interval at `level` (0.95: 95 %)."""

    estimate: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        return f"{self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]"


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Score interval of a share successes / n of independent trials (Wilson, JASA 1927).

    >>> print(wilson(58, 115))
    0.5043 [0.4143, 0.5941]

    Raises:
        VisavisError: n is 0 or successes are not within 0..n.
    """
    if not 0 <= successes <= n or n == 0:
        raise VisavisError(f"{successes} successes of {n} trials give no share; check the counts.")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    shrink = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half = z / shrink * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    # The ends are exact in theory and off by a last bit in floats.
    low = centre - half if successes > 0 else 0.0
    high = centre + half if successes < n else 1.0
    return Interval(share, low, high, level)


def bootstrap(
    sums: Real[np.ndarray, " Q"],
    counts: Real[np.ndarray, " Q"],
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of sum(sums) / sum(counts), drawing whole queries with replacement.

    The comparisons of one query depend on each other; drawing queries keeps them together.

    Args:
        sums: (Q,), sum of the values of each query, e.g. its comparisons ordered correctly.
        counts: (Q,), number of values behind each sum, or its weight; above 0.
        level: confidence level.
        n_resamples: number of bootstrap draws.
        seed: of the draws; equal inputs and seed give the equal interval.

    Raises:
        VisavisError: there are no queries, or one has no values.
    """
    n = len(sums)
    if n == 0 or (counts <= 0).any():
        raise VisavisError(
            "An interval needs at least one query and a value in each; leave out empty queries."
        )
    draws = _draws(n, n_resamples, seed)
    low, high = np.quantile((draws @ sums) / (draws @ counts), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high), level)


@lru_cache(maxsize=2)  # the many metrics of one evaluation have the same queries
def _draws(n: int, n_resamples: int, seed: int) -> Float[np.ndarray, "R Q"]:
    """How often each of n queries is drawn, for every resample."""
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=n_resamples)
    return drawn.astype(np.float64)


def paired_bootstrap(
    a: Real[np.ndarray, " Q"] | Bool[np.ndarray, " Q"],
    b: Real[np.ndarray, " Q"] | Bool[np.ndarray, " Q"],
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Interval of mean(a) - mean(b) for two systems measured on the same queries, by `bootstrap`.

    Args:
        a, b: (Q,), value of each query under either system, e.g. rank <= 1.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    counts = np.ones(len(difference), dtype=np.int64)
    return bootstrap(difference, counts, level=level, n_resamples=n_resamples, seed=seed)
