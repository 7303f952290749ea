import numpy as np
import pytest
from scipy.linalg import sqrtm

from visavis.features.wccn import WCCN

RNG = np.random.default_rng(2)
TRUTH = np.array([0, 1, 2, 3, 4, 5, 0, 3, 3])


@pytest.fixture
def pairs() -> tuple[np.ndarray, np.ndarray]:
    return RNG.normal(size=(9, 20)) + 3, RNG.normal(size=(6, 20)) - 1


@pytest.mark.parametrize("dimension", [20, 4])  # more and fewer dimensions than pairs
def test_equals_the_direct_formula(pairs: tuple[np.ndarray, np.ndarray], dimension: int) -> None:
    queries, gallery = (part[:, :dimension] for part in pairs)
    centred = queries - queries.mean(axis=0)
    differences = centred - (gallery - gallery.mean(axis=0))[TRUTH]
    covariance = differences.T @ differences / len(TRUTH)
    regularised = covariance + 2.5 * np.trace(covariance) / dimension * np.eye(dimension)
    expected = centred @ np.linalg.inv(sqrtm(regularised).real)
    found = WCCN(ridge=2.5).fit(queries, gallery, TRUTH).transform_queries(queries)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_projection_keeps_inner_products_of_the_training_features(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    full, small = WCCN().fit(*pairs, TRUTH), WCCN(dimension=15).fit(*pairs, TRUTH)  # 15 vectors in all
    assert small.projection_.shape == (20, 15)
    expected, found = (w.transform_queries(pairs[0]) @ w.transform_gallery(pairs[1]).T for w in (full, small))
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_each_side_is_centred_apart(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    wccn = WCCN().fit(*pairs, TRUTH)
    moved = WCCN().fit(pairs[0] + 7, pairs[1] - 2, TRUTH)
    np.testing.assert_allclose(
        moved.transform_gallery(pairs[1] - 2), wccn.transform_gallery(pairs[1]), atol=1e-10
    )
    np.testing.assert_allclose(wccn.transform_queries(pairs[0]).mean(axis=0), 0, atol=1e-10)


def test_shrinks_the_direction_in_which_pairs_differ() -> None:
    gallery = RNG.normal(size=(50, 3))
    queries = gallery + RNG.normal(size=(50, 3)) * [5, 0.1, 0.1]
    wccn = WCCN(ridge=0.01).fit(queries, gallery, np.arange(50))
    gains = np.linalg.norm(wccn.projection_, axis=1)
    assert gains[0] < gains[1:].min() / 5
