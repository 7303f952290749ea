"""Reliability and log loss against scikit-learn, and the expected calibration error by a plain loop."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss as sklearn_log_loss

from visavis.errors import VisavisError
from visavis.metrics import log_loss, reliability

RNG = np.random.default_rng(3)
FORECASTS = RNG.random(400)
OUTCOMES = RNG.random(400) < FORECASTS**2


@pytest.mark.parametrize("bins", [1, 7, 10, 300])
def test_reliability_equals_scikit_learn(bins: int) -> None:
    observed, predicted = calibration_curve(OUTCOMES, FORECASTS, n_bins=bins)
    curve = reliability(FORECASTS, OUTCOMES, bins)
    assert curve.observed == pytest.approx(observed)
    assert curve.predicted == pytest.approx(predicted)
    assert curve.counts.sum() == 400
    assert (curve.low <= curve.predicted).all()
    assert (curve.predicted <= curve.high).all()


def test_the_error_by_a_loop_over_bins() -> None:
    expected = 0.0
    for low in range(10):
        inside = [n for n in range(400) if low <= 10 * FORECASTS[n] < low + 1]
        gap = sum(FORECASTS[n] for n in inside) / len(inside) - sum(OUTCOMES[n] for n in inside) / len(inside)
        expected += len(inside) / 400 * abs(gap)
    assert reliability(FORECASTS, OUTCOMES).error == pytest.approx(expected)


def test_log_loss_equals_scikit_learn() -> None:
    assert log_loss(FORECASTS, OUTCOMES) == pytest.approx(sklearn_log_loss(OUTCOMES, FORECASTS))
    certain, wrong = np.array([1.0, 0.0]), np.array([False, False])
    assert log_loss(certain, wrong) == pytest.approx(sklearn_log_loss(wrong, certain, labels=[False, True]))


def test_bounds_belong_to_the_bin_above_and_the_last_holds_one() -> None:
    curve = reliability(np.array([0.0, 0.5, 1.0]), np.array([True, True, False]), bins=2)
    assert curve.counts.tolist() == [1, 2]
    assert curve.observed.tolist() == [1, 0.5]
    assert str(curve).splitlines()[1:] == [
        "    0 to 50 %       1       0.0 %    100.0 %",
        "  50 to 100 %       2      75.0 %     50.0 %",
    ]


def test_no_forecast_and_no_probability_are_told() -> None:
    with pytest.raises(VisavisError, match="at least one forecast"):
        log_loss(np.array([]), np.array([], dtype=bool))
    for bad in (-0.1, 1.1, np.nan):
        with pytest.raises(VisavisError, match=r"not within 0\.\.1"):
            reliability(np.array([bad, 0.5]), np.array([True, False]))
