"""Thresholds: the least error by trying every one, exact ties, both sides weighing the same."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from visavis.errors import VisavisError
from visavis.metrics.thresholds import best_thresholds, threshold_between


def error(threshold: float, positive: np.ndarray, negative: np.ndarray) -> float:
    missed = len([score for score in positive if score < threshold]) / len(positive)
    return missed + len([score for score in negative if score >= threshold]) / len(negative)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_threshold_errs_less(seed: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.integers(2, 12, 9).astype(dtype) / 10  # few values: ties within and across
    negative = rng.integers(0, 9, 14).astype(dtype) / 10
    found = threshold_between(positive, negative)
    least = min(error(candidate, positive, negative) for candidate in np.linspace(-0.05, 1.35, 29))
    assert error(found, positive, negative) == pytest.approx(least)


def test_it_lies_in_the_middle_of_the_gap() -> None:
    assert threshold_between(np.array([3.0, 7.0]), np.array([-4.0, 1.0])) == 2


def test_of_equal_errors_the_widest_gap_wins_then_the_lowest() -> None:
    assert threshold_between(np.array([1.0, 6.0]), np.array([0.0, 4.0])) == 5  # 0.5 and 5 err once each
    assert threshold_between(np.array([1.0, 3.0]), np.array([0.0, 2.0])) == 0.5


def test_sides_weigh_the_same() -> None:
    positive, negative = np.array([1.0, 3.0, 4.0]), np.array([0.0, 2.0])
    found = threshold_between(positive, negative)
    assert threshold_between(np.tile(positive, 50), negative) == found == 2.5


def test_useless_scores_call_everything_a_yes() -> None:
    assert threshold_between(np.array([1.0, 1.0]), np.array([1.0])) == 1
    assert threshold_between(np.array([1.0, 2.0]), np.array([5.0])) == 1


def test_neighbours_among_floats_are_told_apart() -> None:
    low = 1.0
    high = np.nextafter(low, 2)
    assert threshold_between(np.array([high]), np.array([low])) == high


def test_best_thresholds_have_the_highest_balanced_accuracy() -> None:
    rng = np.random.default_rng(0)
    targets = (rng.random((80, 3)) < [0.5, 0.1, 0.9]).astype(float)
    scores = rng.normal(size=(80, 3)) + targets
    targets[rng.random((80, 3)) < 0.2] = np.nan
    found = best_thresholds(scores, targets)
    for k, threshold in enumerate(found):
        known = ~np.isnan(targets[:, k])
        truth, values = targets[known, k], scores[known, k]
        best = max(balanced_accuracy_score(truth, values >= candidate) for candidate in values)
        assert balanced_accuracy_score(truth, values >= threshold) == pytest.approx(best)


def test_an_attribute_that_never_varies_has_the_threshold_that_is_asked_for() -> None:
    scores = np.array([[0.9, 0.1, 0.2], [0.2, 0.8, 0.3]])
    targets = np.array([[1.0, 1, np.nan], [0, 1, np.nan]])
    assert best_thresholds(scores, targets).tolist() == pytest.approx([0.55, 0.5, 0.5])
    assert best_thresholds(scores, targets, otherwise=0.0)[1:].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("positive", "negative", "side"),
    [
        ([], [1.0], "positive"),
        ([1.0], [], "negative"),
        ([np.nan], [1.0], "positive"),
        ([1], [np.inf], "negative"),
    ],
)
def test_errors(positive: list[float], negative: list[float], side: str) -> None:
    with pytest.raises(VisavisError, match=f"{side} examples with finite scores"):
        threshold_between(np.array(positive, float), np.array(negative, float))
