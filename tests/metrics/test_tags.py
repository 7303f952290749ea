"""Tags against scikit-learn, intervals against the bootstrap of the metric itself, unknown tags, people."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from torchmetrics.functional.classification import binary_calibration_error

from visavis.errors import VisavisError
from visavis.metrics.calibration import reliability
from visavis.metrics.evaluation import Evaluation, PerQuery, gains_over_seeds, over_seeds
from visavis.metrics.tags import balanced_accuracy, calibration_error, macro_f1, mean_accuracy, of_each

Measure = Callable[..., PerQuery]
Peer = Callable[[np.ndarray, np.ndarray], float]


def f1(truth: np.ndarray, yes: np.ndarray) -> float:
    return float(f1_score(truth, yes, zero_division=0))


PEERS: list[tuple[Measure, Peer]] = [
    (mean_accuracy, accuracy_score),
    (balanced_accuracy, balanced_accuracy_score),
    (macro_f1, f1),
]
THRESHOLDS = np.array([0.0, 0.5, 1.0, -0.5])


def some_tags(images: int = 150, seed: int = 0, unknown: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = (rng.random((images, 4)) < [0.5, 0.2, 0.85, 0.4]).astype(float)
    scores = rng.normal(size=targets.shape) + targets
    targets[rng.random(targets.shape) < unknown] = np.nan
    return scores, targets


def by_peer(peer: Peer, scores: np.ndarray, targets: np.ndarray) -> list[float]:
    """The figure of each attribute."""
    known = ~np.isnan(targets)
    return [peer(targets[of, k], scores[of, k] >= THRESHOLDS[k]) for k, of in enumerate(known.T)]


@pytest.mark.parametrize(("measure", "peer"), PEERS)
@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_means_and_each_attribute_equal_scikit_learn(measure: Measure, peer: Peer, unknown: float) -> None:
    scores, targets = some_tags(unknown=unknown)
    expected = by_peer(peer, scores, targets)
    assert measure(scores, targets, THRESHOLDS).value == pytest.approx(np.mean(expected))
    each = of_each(measure, list("abcd"), scores, targets, THRESHOLDS)
    assert [each[name].value for name in "abcd"] == pytest.approx(expected)


@pytest.mark.parametrize(("measure", "peer"), PEERS)
@pytest.mark.parametrize("grouped", [False, True])
def test_intervals_near_the_bootstrap_of_the_metric(measure: Measure, peer: Peer, grouped: bool) -> None:
    scores, targets = some_tags(400, seed=1)
    people = np.arange(400) // 5 if grouped else np.arange(400)
    rng = np.random.default_rng(5)
    drawn = []
    for _ in range(200):
        rows = np.concatenate(
            [np.flatnonzero(people == one) for one in rng.choice(people.max() + 1, people.max() + 1)]
        )
        drawn.append(np.mean(by_peer(peer, scores[rows], targets[rows])))
    low, high = measure(scores, targets, THRESHOLDS, people).interval
    width = np.quantile(drawn, 0.975) - np.quantile(drawn, 0.025)
    assert high - low == pytest.approx(width, rel=0.15)
    assert (low + high) / 2 == pytest.approx(np.mean(drawn), abs=0.1 * width)


def test_people_change_the_interval_and_not_the_value() -> None:
    scores, targets = (np.repeat(part, 4, axis=0) for part in some_tags(60))
    people = np.repeat(np.arange(60), 4)
    for measure, _ in PEERS:
        alone, grouped = measure(scores, targets, THRESHOLDS), measure(scores, targets, THRESHOLDS, people)
        assert grouped.value == pytest.approx(alone.value)
        assert grouped.n == alone.n == 240
        widths = [np.diff(one.interval)[0] for one in (alone, grouped)]
        assert widths[1] == pytest.approx(2 * widths[0], rel=0.15)  # 60 independent ones, not 240


def test_where_the_metric_is_linear_an_image_has_its_own_share() -> None:
    scores, targets = some_tags()
    right = (scores >= THRESHOLDS) == targets
    found = mean_accuracy(scores, targets, THRESHOLDS)
    assert found.sums / found.counts == pytest.approx(right.mean(axis=1))


def test_the_order_of_images_and_attributes_does_not_matter() -> None:
    scores, targets = some_tags(unknown=0.2)
    rows, columns = np.random.default_rng(2).permutation(150), [2, 0, 3, 1]
    for measure, _ in PEERS:
        moved = measure(scores[rows][:, columns], targets[rows][:, columns], THRESHOLDS[columns])
        assert moved.value == pytest.approx(measure(scores, targets, THRESHOLDS).value)


def test_means_over_seeds_and_gains_are_those_of_the_values() -> None:
    scores, targets = some_tags()
    better = scores + 0.4 * (targets - 0.5)
    for measure, _ in PEERS:
        ours, theirs = (measure(one, targets, THRESHOLDS) for one in (better, scores))
        evaluations = [Evaluation("celeba", "x", "0", {"m": one}) for one in (ours, theirs)]
        assert over_seeds(evaluations)["m"].mean == pytest.approx((ours.value + theirs.value) / 2)
        gain = gains_over_seeds(evaluations[:1], evaluations[1:])["gain_m"]
        assert gain.mean == pytest.approx(ours.value - theirs.value)
        assert gain.ci95 is not None
        assert gain.ci95[0] < gain.mean < gain.ci95[1]


def test_a_score_at_the_threshold_is_a_yes() -> None:
    scores, targets = np.array([[0.5], [0.4]]), np.array([[1.0], [0.0]])
    assert mean_accuracy(scores, targets, np.array([0.5])).value == 1
    assert mean_accuracy(scores, targets, np.array([0.6])).value == 0.5


def test_attributes_without_what_a_figure_needs() -> None:
    scores = np.array([[1.0, 0, 0], [0, 0, 0]])
    targets = np.array([[1.0, 0, np.nan], [0, 0, np.nan]])
    thresholds = np.full(3, 0.5)
    assert mean_accuracy(scores, targets, thresholds).value == 1  # of two attributes
    assert balanced_accuracy(scores, targets, thresholds).value == 1  # of one
    assert macro_f1(scores, targets, thresholds).value == 0.5  # the second is 0 / 0
    with pytest.raises(VisavisError, match="No attribute has the tags"):
        balanced_accuracy(scores[:, 1:], targets[:, 1:], thresholds[1:])
    with pytest.raises(VisavisError, match="No attribute has the tags"):
        macro_f1(scores[:, 2:], targets[:, 2:], thresholds[2:])


@pytest.mark.parametrize("unknown", [0.0, 0.3])
def test_calibration_error_equals_torchmetrics(unknown: float) -> None:
    scores, targets = some_tags(unknown=unknown)
    probabilities, known = expit(scores), ~np.isnan(targets)
    expected = [
        binary_calibration_error(
            torch.from_numpy(probabilities[of, k]), torch.from_numpy(targets[of, k]).int(), 10, "l1"
        )
        for k, of in enumerate(known.T)
    ]
    assert calibration_error(probabilities, targets).value == pytest.approx(np.mean(expected), abs=1e-6)
    curves = [reliability(probabilities[of, k], targets[of, k] == 1) for k, of in enumerate(known.T)]
    assert np.mean([curve.error for curve in curves]) == pytest.approx(np.mean(expected), abs=1e-6)


def test_the_interval_of_calibration_error_is_that_of_people() -> None:
    scores, targets = (np.repeat(part, 4, axis=0) for part in some_tags(200))
    probabilities = expit(3 * scores)  # far too sure, so that no bin is near to 0
    alone, grouped = (
        calibration_error(probabilities, targets, people) for people in (None, np.repeat(np.arange(200), 4))
    )
    assert grouped.value == pytest.approx(alone.value)
    assert np.diff(grouped.interval)[0] == pytest.approx(2 * np.diff(alone.interval)[0], rel=0.15)


def test_what_is_no_probability_is_not_calibrated() -> None:
    with pytest.raises(VisavisError, match=r"A forecast is not within 0\.\.1"):
        calibration_error(np.array([[1.5]]), np.array([[1.0]]))
    with pytest.raises(VisavisError, match="No attribute has the tags"):
        calibration_error(np.array([[0.5]]), np.array([[np.nan]]))


def test_images_without_a_tag_are_not_counted() -> None:
    scores, targets = some_tags(10)
    targets[:3] = np.nan
    assert mean_accuracy(scores, targets, THRESHOLDS).n == 7


def test_errors() -> None:
    scores, targets = some_tags(10)
    with pytest.raises(VisavisError, match="score of image 4 is NaN"):
        mean_accuracy(np.where(np.arange(10)[:, None] == 4, np.nan, scores), targets, THRESHOLDS)
    with pytest.raises(VisavisError, match="neither 1, 0 nor unknown"):
        mean_accuracy(scores, targets / 2, THRESHOLDS)
