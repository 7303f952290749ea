from collections.abc import Iterator
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from visavis.errors import VisavisError
from visavis.metrics import (
    accuracy_at_k,
    average_precision,
    cmc,
    mean_average_precision,
    precision_at_k,
    ranks,
    triplet_accuracy,
)

RNG = np.random.default_rng(3)
TIED = arrays(np.float64, (3, 5), elements=st.integers(0, 3).map(float))  # few values: ties in most rows
RELEVANT = arrays(np.bool_, (3, 5)).filter(lambda relevant: bool(relevant.any(axis=1).all()))
TRUTH = arrays(np.int64, 3, elements=st.integers(0, 4))


@given(TIED, TRUTH)
def test_rank_equals_a_loop_with_ties_wrong(distances: np.ndarray, truth: np.ndarray) -> None:
    expected = [
        1 + sum(j != t and distance <= row[t] for j, distance in enumerate(row))
        for row, t in zip(distances.tolist(), truth.tolist(), strict=True)
    ]
    assert ranks(distances, truth).tolist() == expected


@given(TIED, TRUTH, st.permutations(range(5)))
def test_rank_depends_on_the_order_of_distances_only(
    distances: np.ndarray, truth: np.ndarray, order: list[int]
) -> None:
    expected = ranks(distances, truth).tolist()
    assert ranks(np.exp(distances) - 7, truth).tolist() == expected
    assert ranks(distances[:, order], np.argsort(order)[truth]).tolist() == expected


def test_equal_distances_everywhere_put_the_truth_last() -> None:
    assert ranks(np.full((2, 115), 0.4), np.array([0, 50])).tolist() == [115, 115]


def test_accuracy_and_cmc() -> None:
    found = np.array([1, 3, 3, 12])
    assert [accuracy_at_k(found, k) for k in (1, 2, 3, 10, 12)] == [0.25, 0.25, 0.75, 0.75, 1]
    assert cmc(found, up_to=4).tolist() == [0.25, 0.25, 0.75, 0.75]


def test_average_precision_equals_sklearn_without_ties() -> None:
    distances = RNG.random((6, 40))
    relevant = RNG.random((6, 40)) < 0.3
    expected = [
        average_precision_score(row, -distance) for row, distance in zip(relevant, distances, strict=True)
    ]
    np.testing.assert_allclose(average_precision(distances, relevant), expected, rtol=1e-12)
    assert mean_average_precision(distances, relevant) == pytest.approx(np.mean(expected))


def orders_by_distance(row: np.ndarray) -> Iterator[np.ndarray]:
    """Every order of the items that is sorted by distance: the ways to break the ties."""
    for order in permutations(range(len(row))):
        if (np.diff(row[list(order)]) >= 0).all():
            yield np.array(order)


@given(TIED, RELEVANT, st.integers(1, 5))
def test_ties_are_broken_in_the_worst_way(distances: np.ndarray, relevant: np.ndarray, k: int) -> None:
    worst_ap, worst_precision = [], []
    for row, hits in zip(distances, relevant, strict=True):
        ranked = [hits[order] for order in orders_by_distance(row)]
        worst_ap.append(min(np.mean([h[: i + 1].mean() for i in np.flatnonzero(h)]) for h in ranked))
        worst_precision.append(min(h[:k].mean() for h in ranked))
    np.testing.assert_allclose(average_precision(distances, relevant), worst_ap)
    assert precision_at_k(distances, relevant, k) == pytest.approx(np.mean(worst_precision))


def test_a_single_relevant_item_has_the_reciprocal_of_its_rank_as_average_precision() -> None:
    distances = RNG.integers(0, 4, (8, 9)).astype(np.float32)
    truth = RNG.integers(0, 9, 8)
    relevant = np.eye(9, dtype=bool)[truth]
    np.testing.assert_allclose(average_precision(distances, relevant), 1 / ranks(distances, truth))


def test_precision_counts_missing_places_as_wrong() -> None:
    assert precision_at_k(np.array([[0.1, 0.2]]), np.array([[True, True]]), k=8) == 0.25


def test_triplet_accuracy_counts_ties_as_wrong() -> None:
    closer, farther = np.array([0.1, 0.4, 0.3, 0.2]), np.array([0.2, 0.4, 0.1, 0.9])
    assert triplet_accuracy(closer, farther) == 0.5
    assert triplet_accuracy(farther, closer) == 0.25


def test_nan_is_refused() -> None:
    distances = np.ones((3, 4))
    distances[1, 2] = np.nan
    message = r"A distance of query 1 is NaN and cannot be ranked; check that training did not diverge"
    with pytest.raises(VisavisError, match=message):
        ranks(distances, np.array([0, 0, 0]))
    with pytest.raises(VisavisError, match=message):
        mean_average_precision(distances, distances == 1)
    with pytest.raises(VisavisError, match="A distance of comparison 1 is NaN"):
        triplet_accuracy(np.array([0.1, 0.2]), np.array([0.2, np.nan]))


@pytest.mark.parametrize("index", [-1, 4])
def test_a_truth_outside_the_gallery_is_refused(index: int) -> None:
    message = (
        f"true item of query 1 has index {index}, which is not in the gallery of 4 items; drop the query"
    )
    with pytest.raises(VisavisError, match=message):
        ranks(np.ones((2, 4)), np.array([0, index]))


def test_a_query_without_a_match_is_refused() -> None:
    with pytest.raises(VisavisError, match="Query 1 has no relevant item in the gallery; drop it"):
        average_precision(np.ones((2, 2)), np.array([[True, False], [False, False]]))


def test_no_queries_are_refused() -> None:
    with pytest.raises(VisavisError, match="nothing to measure; check that the chosen split has queries"):
        accuracy_at_k(np.array([], dtype=np.int64), k=1)
