"""The best unit, the best tenth, the LASSO's: planted units are found; thresholds come from validation."""

import warnings

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from visavis.methods.face_attributes.linear import Linear
from visavis.methods.face_attributes.studies.sparse import (
    best_single,
    by_lasso,
    by_weight,
    fit_single,
    fit_svm,
    how_many,
    measure,
)
from visavis.methods.face_attributes.studies.units import Parts

PLANTED = (7, 2, 11)  # one unit, then two of which neither does alone


@pytest.fixture
def units() -> Parts:
    """20 units of which the last never changes."""
    rng = np.random.default_rng(0)
    return Parts(*(np.where(np.arange(20) == 19, 0.0, rng.normal(size=(n, 20))) for n in (300, 120, 200)))


@pytest.fixture
def tags(units: Parts) -> Parts:
    """Low in unit 7, high in 2 + 11, and one that nobody has."""

    def of(part: np.ndarray) -> np.ndarray:
        first, second, third = (part[:, unit] for unit in PLANTED)
        return np.stack([first < 0.5, second + third > 0, first > 9], axis=1).astype(float)

    found = Parts(*map(of, units))
    found.train[:40, 1] = np.nan
    return found


def test_the_best_unit_is_that_of_the_largest_area(units: Parts, tags: Parts) -> None:
    single = best_single(units, tags)
    for number in range(2):
        known = ~np.isnan(tags.train[:, number])
        areas = [roc_auc_score(tags.train[known, number], unit[known]) for unit in units.train.T]
        assert single.units[number] == np.argmax(np.abs(np.array(areas) - 0.5))
        assert single.signs[number] == np.sign(areas[single.units[number]] - 0.5)
    assert (single.units[0], single.signs[0]) == (7, -1)
    linear = fit_single(units, tags)
    assert (linear.weights[0] != 0).nonzero()[0].tolist() == [7]
    assert measure(linear, units, tags, None).each[0] > 0.97


def test_areas_share_ties(units: Parts, tags: Parts) -> None:
    """Units behind a ReLU are 0 for many faces."""
    half = Parts(*(np.maximum(part, 0) for part in units))
    single = best_single(half, tags)
    areas = [roc_auc_score(tags.train[:, 0], unit) for unit in half.train.T]
    assert single.units[0] == np.argmax(np.abs(np.array(areas) - 0.5)) == 7


def test_a_share_is_of_those_with_the_largest_weights(units: Parts, tags: Parts) -> None:
    every = fit_svm(units, tags)
    chosen = by_weight(every, 0.1)
    assert [len(one) for one in chosen] == [2, 2, 2]
    assert 7 in chosen[0]
    assert {*chosen[1].tolist()} == {2, 11}
    assert {*by_weight(every, 1.0)[0].tolist()} == {*range(20)}
    few = fit_svm(units, tags, chosen)
    assert {*(few.weights[1] != 0).nonzero()[0].tolist()} == {2, 11}
    assert measure(few, units, tags, None).each[1] > 0.95


def test_the_lasso_takes_the_planted_units_first_and_no_more_than_asked(units: Parts, tags: Parts) -> None:
    shares = (0.05, 0.1, 0.5, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the unit that never changes is left out
        chosen = by_lasso(units, tags, shares)
    assert chosen[0.05][0].tolist() == [7]
    assert {*chosen[0.1][1].tolist()} == {2, 11}
    for share in shares:
        assert all(len(one) <= 20 * share for one in chosen[share])
        assert all(19 not in one for one in chosen[share])
    assert len(chosen[0.5][0]) > len(chosen[0.1][0])


@pytest.mark.parametrize(("share", "count"), [(0.01, 3), (0.1, 26), (0.5, 128), (1.0, 256)])
def test_shares_are_rounded_up(share: float, count: int) -> None:
    assert how_many(256, share) == count
    assert how_many(30, 0.1) == 3  # 0.1 * 30 is more than 3 in floats


def test_accuracy_is_that_of_thresholds_chosen_on_validation(units: Parts, tags: Parts) -> None:
    offset = fit_svm(units, tags)
    linear = Linear(offset.weights, offset.offsets + np.array([5.0, -3, 0]))  # is made up for by thresholds
    told = measure(linear, units, tags, np.arange(200))
    scores, known = linear.scores(units.test), linear.scores(units.validation)
    expected = []
    for number in range(2):
        places = np.sort(known[:, number])
        middles = (places[1:] + places[:-1]) / 2
        reached = [
            balanced_accuracy_score(tags.validation[:, number], known[:, number] >= middle)
            for middle in middles
        ]
        equal = np.flatnonzero(np.isclose(reached, max(reached)))
        sides = [
            balanced_accuracy_score(tags.test[:, number], scores[:, number] >= middles[one]) for one in equal
        ]
        assert min(sides) - 1e-9 <= told.each[number] <= max(sides) + 1e-9
        expected.append(told.each[number])
    assert np.isnan(told.each[2])
    assert told.overall.value == pytest.approx(np.mean(expected))
