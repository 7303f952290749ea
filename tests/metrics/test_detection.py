"""Recall by overlap and the curve of recall, against plain loops; nothing found, ties, no faces."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from visavis.errors import VisavisError
from visavis.metrics import wilson
from visavis.metrics.boxes import intersection_over_union
from visavis.metrics.detection import (
    ENOUGH,
    matches,
    recall_at,
    recall_by_overlap,
    recall_by_rate,
    recall_curve,
    threshold_at,
)

NOTHING = np.full(4, np.nan)


def test_recall_by_overlap_by_hand() -> None:
    truth = np.tile([0.0, 0, 10, 10], (4, 1))
    found = np.array([[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 4], NOTHING])
    recalls = recall_by_overlap(found, truth)
    assert {name: one.value for name, one in recalls.items()} == {
        "recall@0.3": 0.75,
        "recall@0.5": 0.5,
        "recall@0.7": 0.25,
    }
    assert recalls["recall@0.5"].n == 4


@pytest.mark.parametrize("seed", range(5))
def test_things_that_lie_apart_are_matched_as_well_as_can_be(seed: int) -> None:
    """Then no window overlaps two by half, and any best assignment has as many pairs."""
    rng = np.random.default_rng(seed)
    truth = np.array([[20.0 * (n % 4), 20 * (n // 4), 12, 12] for n in range(8)])
    found = truth[rng.integers(0, 8, 20)] + rng.uniform(-3, 3, (20, 4))
    enough = intersection_over_union(found[:, None], truth[None]) >= ENOUGH
    best = enough[linear_sum_assignment(enough, maximize=True)].sum()
    right = matches(found, truth)
    assert right.sum() == best < enough.any(axis=1).sum()
    assert not right[~enough.any(axis=1)].any()


def test_of_things_that_overlap_a_window_takes_what_is_left() -> None:
    truth = np.array([[0.0, 0, 10, 10], [0, 2, 10, 10]])
    found = np.array([[0.0, 0, 10, 11], [0, 0, 10, 10], [0, 0, 10, 10], NOTHING])
    assert matches(found, truth).tolist() == [True, True, False, False]
    assert matches(found, truth[:0]).tolist() == [False] * 4
    assert matches(found[:0], truth).shape == (0,)


def some_windows(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores and overlaps of images with a face, scores of those without; ties and misses among them."""
    rng = np.random.default_rng(seed)
    scores, without = rng.integers(3, 12, 30) / 10, rng.integers(0, 9, 20) / 10
    overlaps = rng.integers(2, 11, 30) / 10
    scores[:3] = overlaps[:3] = without[0] = np.nan
    return scores, overlaps, without


def at(
    threshold: float, scores: np.ndarray, overlaps: np.ndarray, without: np.ndarray
) -> tuple[float, float]:
    """False positives per image and recall at one threshold."""
    hits = mistakes = 0
    for score, overlap in zip(scores, overlaps, strict=True):
        if score >= threshold:
            if overlap >= 0.5:
                hits += 1
            else:
                mistakes += 1
    for score in without:
        if score >= threshold:
            mistakes += 1
    return mistakes / (len(scores) + len(without)), hits / len(scores)


@pytest.mark.parametrize("seed", range(10))
def test_the_curve_is_that_of_a_loop_over_thresholds(seed: int) -> None:
    windows = some_windows(seed)
    curve = recall_curve(*windows)
    values = {score for side in (windows[0], windows[2]) for score in side[~np.isnan(side)]}
    assert curve.thresholds.tolist() == [np.inf, *sorted(values, reverse=True)]
    expected = [at(threshold, *windows) for threshold in curve.thresholds]
    assert curve.false_positives == pytest.approx([rate for rate, _ in expected])
    assert curve.recall == pytest.approx([recall for _, recall in expected])


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.3, 1.0])
def test_recall_at_a_rate_is_the_best_of_all_thresholds(seed: int, rate: float) -> None:
    windows = some_windows(seed)
    curve = recall_curve(*windows)
    tried = [at(threshold, *windows) for threshold in np.linspace(-0.05, 1.25, 27)]
    best = max(recall for false, recall in tried if false <= rate)
    assert recall_at(curve, rate) == pytest.approx(best)
    assert at(threshold_at(curve, rate), *windows)[1] == pytest.approx(best)
    named = recall_by_rate(*windows, rates=[rate])
    assert named[f"recall@{rate:g}fppi"].value == pytest.approx(best)


def test_the_interval_knows_that_the_threshold_is_measured_too() -> None:
    rng = np.random.default_rng(2)
    overlaps = np.where(rng.random(800) < 0.9, 0.8, 0.2)
    scores, without = rng.normal(size=800) + np.where(overlaps > 0.5, 3, 1), rng.normal(size=500)
    named = recall_by_rate(scores, overlaps, without)
    for rate, found in zip((0.01, 0.1), named.values(), strict=True):
        drawn = []
        for _ in range(300):
            faces, others = rng.integers(0, 800, 800), rng.integers(0, 500, 500)
            drawn.append(recall_at(recall_curve(scores[faces], overlaps[faces], without[others]), rate))
        assert found.interval == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist(), abs=0.025)
    low, high = named["recall@0.01fppi"].interval
    given = wilson(round(800 * named["recall@0.01fppi"].value), 800)
    assert high - low > 2 * (given.high - given.low)


def test_a_tie_of_right_and_wrong_is_not_parted() -> None:
    curve = recall_curve(np.array([0.5, 0.4]), np.array([0.9, 0.9]), np.array([0.5]))
    assert recall_at(curve, 0.0) == 0
    assert recall_at(curve, 0.34) == 1


def test_only_the_order_of_scores_matters() -> None:
    scores, overlaps, without = some_windows(3)
    curve, other = (
        recall_curve(scores, overlaps, without),
        recall_curve(scores**3 - 5, overlaps, without**3 - 5),
    )
    assert np.array_equal(curve.recall, other.recall)
    assert np.array_equal(curve.false_positives, other.false_positives)


def test_images_without_faces_are_not_needed_and_nothing_found_is_no_recall() -> None:
    found = recall_curve(np.array([0.2]), np.array([0.9]), np.zeros(0))
    assert recall_at(found, 0.0) == 1
    nothing = recall_curve(np.full(2, np.nan), np.full(2, np.nan), np.full(3, np.nan))
    assert recall_at(nothing, 1.0) == 0


def test_errors() -> None:
    with pytest.raises(VisavisError, match="needs images with a face"):
        recall_curve(np.zeros(0), np.zeros(0), np.ones(3))
    with pytest.raises(VisavisError, match="true box of each"):
        recall_by_overlap(np.ones((1, 4)), NOTHING[None])
    with pytest.raises(VisavisError, match="true box of each"):
        recall_by_overlap(np.ones((0, 4)), np.ones((0, 4)))
