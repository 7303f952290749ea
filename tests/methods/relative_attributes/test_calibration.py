"""Temperatures of simulated pairs: found again, drawn to each other where pairs are few, and honest."""

import numpy as np
import polars as pl
import pytest

from visavis.methods.relative_attributes.calibration import (
    JudgedPairs,
    Trust,
    cross_validated,
    fit_temperatures,
    joined,
    judged_pairs,
    spread_of,
    trust_table,
)
from visavis.methods.relative_attributes.data import Pairs


def simulated(
    rng: np.random.Generator, temperatures: list[float], pairs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Margins and attributes of pairs that are right as often as sigmoid(gap / T) says."""
    attribute = np.repeat(np.arange(len(temperatures)), pairs)
    gap = np.abs(rng.normal(0, 3, len(attribute)))
    right = rng.random(len(gap)) < 1 / (1 + np.exp(-gap / np.array(temperatures)[attribute]))
    return np.where(right, gap, -gap), attribute


def judged(margin: np.ndarray, attribute: np.ndarray, part: np.ndarray | None = None) -> JudgedPairs:
    parts = np.zeros(len(margin), dtype=int) if part is None else part
    return JudgedPairs(margin, np.ones(len(margin)), attribute, parts)


def test_temperatures_are_found_again() -> None:
    truth = [0.5, 2.0, 6.0]
    found = fit_temperatures(*simulated(np.random.default_rng(0), truth, 20_000), 3)
    assert found == pytest.approx(truth, rel=0.06)


def test_the_least_log_loss_by_search_on_a_grid() -> None:
    margin, attribute = simulated(np.random.default_rng(1), [2.0], 5000)
    grid = np.geomspace(0.1, 20, 4000)
    loss = [np.log1p(np.exp(-margin / t)).sum() for t in grid]
    (found,) = fit_temperatures(margin, attribute, 1)
    assert found == pytest.approx(grid[np.argmin(loss)], rel=0.02)  # 20 prior pairs of 5000 agree with it


def test_temperatures_are_in_units_of_the_gaps() -> None:
    margin, attribute = simulated(np.random.default_rng(2), [1.0, 3.0], 300)
    one, other = (fit_temperatures(scale * margin, attribute, 2) for scale in (1.0, 4.0))
    assert other == pytest.approx(4 * one, rel=1e-4)


def test_few_pairs_are_drawn_to_the_temperature_of_all() -> None:
    rng = np.random.default_rng(4)
    margin, attribute = simulated(rng, [1.0], 2000)
    distance = []
    for count in (0, 5, 50, 500):  # of an attribute that is ordered by chance
        noise = rng.choice([-1.0, 1.0], count) * np.abs(rng.normal(0, 3, count))
        both = np.append(margin, noise)
        found = fit_temperatures(both, np.append(attribute, np.ones(count, dtype=int)), 2)
        distance.append(abs(np.log(found[1] / found[0])))
    assert distance[0] == pytest.approx(0, abs=1e-2)
    assert distance == sorted(distance)
    assert distance[-1] > 1


def test_pairs_that_are_all_right_are_not_trusted_without_end() -> None:
    margin = np.linspace(0.5, 3, 30)
    (found,) = fit_temperatures(margin, np.zeros(30, dtype=int), 1)
    confidence = judged(margin, np.zeros(30, dtype=int)).confidence(found)
    assert 0.9 < confidence.mean() < 0.999


def test_overconfidence_is_cured_on_pairs_left_out() -> None:
    margin, attribute = simulated(np.random.default_rng(5), [4.0, 8.0], 1000)
    pairs = judged(margin, attribute, np.arange(2000) % 5)
    trust = Trust(pairs.confidence(1.0), pairs.confidence(cross_validated(pairs, 2)), pairs.right)
    figures = trust.figures
    assert figures["calibration_error_before"] > 0.15
    assert figures["calibration_error"] < 0.03
    assert figures["log_loss"] < figures["log_loss_before"]
    line = trust_table({"held out": trust}).splitlines()[1]
    assert line.split()[:3] == ["held", "out", "2000"]
    assert f"{100 * figures['calibration_error']:.1f} %" in line


@pytest.mark.parametrize("folds", [1, 3])
def test_a_temperature_does_not_know_its_own_part(folds: int) -> None:
    margin, attribute = simulated(np.random.default_rng(6), [1.0], 60)
    part = np.arange(60) % folds
    before = cross_validated(judged(margin, attribute, part), 1)
    # Temperatures fitted without a part are the same whatever this part says; of one fold parts are random.
    own = before == before[0]
    assert 0 < own.sum() < 60
    turned = np.where(own, -margin, margin)
    after = cross_validated(judged(turned, attribute, part), 1)
    assert after[own] == pytest.approx(before[own])
    assert not np.isclose(after[~own], before[~own]).any()


def test_pairs_as_scores_judge_them() -> None:
    """Photo n scores n and -n; an equal pair takes no part; which photo is named first does not matter."""
    scores = np.stack([np.arange(4.0), -np.arange(4.0)], axis=1)
    first, second = np.array([3, 0, 1, 1]), np.array([1, 2, 1, 2])
    target, attribute = np.array([1.0, 0.0, 0.5, 0.0]), np.array([0, 1, 0, 1])
    items = pl.DataFrame({"id": list("abcd")})
    pairs = Pairs(items, ["x", "y"], first, second, attribute, target, np.full(4, -1))
    found = judged_pairs(pairs, scores, np.array([2.0, 5.0]), part=3)
    assert found.margin.tolist() == [2, -2, -1]
    assert found.right.tolist() == [True, False, False]
    assert (found.spread.tolist(), found.part.tolist()) == ([2, 5, 5], [3, 3, 3])
    assert found.confidence(2.0) == pytest.approx(1 / (1 + np.exp(-np.array([1, 1, 0.5]))))
    swapped = Pairs(items, ["x", "y"], second, first, attribute, 1 - target, np.full(4, -1))
    assert judged_pairs(swapped, scores, np.ones(2)).margin.tolist() == found.margin.tolist()
    assert joined([found, found]).attribute.tolist() == [0, 1, 1, 0, 1, 1]


def test_the_spread_is_robust_and_never_none() -> None:
    scores = np.array([[0.0, 7], [1, 7], [2, 7], [3, 7], [1000, 7]])
    assert spread_of(scores).tolist() == [1, 1]
