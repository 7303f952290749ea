"""Whether probabilities mean what they say: log loss, reliability, expected calibration error.

A. H. Murphy and R. L. Winkler, Applied Statistics 1977 (reliability); M. P. Naeini et al., AAAI 2015 (error).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from visavis.errors import VisavisError

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Forecasts in bins of probability, those bins that hold some.

    `low`, `high` (T,) are the bins' bounds, `counts` (T,) the forecasts in them, `predicted` (T,) their mean
    probability, and `observed` (T,) the share that came true.
    """

    low: Float[np.ndarray, " T"]
    high: Float[np.ndarray, " T"]
    counts: Int[np.ndarray, " T"]
    predicted: Float[np.ndarray, " T"]
    observed: Float[np.ndarray, " T"]

    @property
    def error(self) -> float:
        """Expected calibration error: mean of |predicted - observed|, each bin as often as its forecasts.

        On few forecasts it is above 0 even where every probability is true.
        """
        return float(np.average(np.abs(self.predicted - self.observed), weights=self.counts))

    def __str__(self) -> str:
        lines = ["   confidence   pairs   predicted   observed"]
        for low, high, count, predicted, observed in zip(
            self.low, self.high, self.counts, self.predicted, self.observed, strict=True
        ):
            bounds = f"{100 * low:.0f} to {100 * high:.0f} %"
            lines.append(f"{bounds:>13s} {count:7d} {100 * predicted:9.1f} % {100 * observed:8.1f} %")
        return "\n".join(lines)


def reliability(
    probabilities: Float[np.ndarray, " Q"], outcomes: Bool[np.ndarray, " Q"], bins: int = BINS
) -> Reliability:
    """Compare probabilities with what happened, in bins of equal width from 0 to 1.

    >>> curve = reliability(np.array([0.62, 0.66, 0.95]), np.array([True, False, True]))
    >>> curve.counts.tolist(), curve.observed.tolist(), round(curve.error, 3)
    ([2, 1], [0.5, 1.0], 0.11)

    Args:
        probabilities: (Q,), forecasts in 0..1.
        outcomes: (Q,), whether each came true.
        bins: how many; a forecast on a bound is of the bin above, 1 of the last.

    Raises:
        VisavisError: there is no forecast, or one is no probability.
    """
    require_probabilities(probabilities)
    bounds, number = np.linspace(0, 1, bins + 1), bin_of(probabilities, bins)
    counts = np.bincount(number, minlength=bins)
    used = counts > 0
    predicted, observed = (
        np.bincount(number, values, minlength=bins)[used] / counts[used]
        for values in (probabilities, outcomes)
    )
    return Reliability(bounds[:-1][used], bounds[1:][used], counts[used], predicted, observed)


def bin_of(probabilities: Float[np.ndarray, "*N"], bins: int = BINS) -> Int[np.ndarray, "*N"]:
    """The bin of each probability, all of one width; one on a bound is of the bin above, 1 of the last."""
    return np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], probabilities, side="right")


def log_loss(probabilities: Float[np.ndarray, " Q"], outcomes: Bool[np.ndarray, " Q"]) -> float:
    """Mean of -log of the probability of what happened; a coin that is called 1/2 has log 2 = 0.693.

    >>> round(log_loss(np.array([0.5, 0.9]), np.array([False, True])), 3)
    0.399

    A forecast of 0 or 1 that is wrong counts as one that is off by the spacing of floats, not as infinite.

    Raises:
        VisavisError: there is no forecast, or one is no probability.
    """
    require_probabilities(probabilities)
    happened = np.where(outcomes, probabilities, 1 - probabilities)
    return float(-np.log(np.maximum(happened, np.finfo(np.float64).eps)).mean())


def require_probabilities(probabilities: Float[np.ndarray, "..."]) -> None:
    """Raise VisavisError where there is no forecast, or one is no probability."""
    if not len(probabilities):
        raise VisavisError("Calibration needs at least one forecast.")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():  # NaN is not either
        raise VisavisError("A forecast is not within 0..1; give probabilities.")
