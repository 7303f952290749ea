import math
from itertools import combinations

import numpy as np
import pytest

from visavis.errors import VisavisError
from visavis.mining import attribute_candidates, ordered_pairs

RNG = np.random.default_rng(2)


def slow_distance(query: np.ndarray, photo: np.ndarray) -> float:
    gaps = [abs(q - p) for q, p in zip(query.tolist(), photo.tolist(), strict=True)]
    known = [gap for gap in gaps if not math.isnan(gap)]
    return sum(known) / len(known) if known else 1.0


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_equals_a_loop(weight: float) -> None:
    queries, photos = RNG.random((6, 4)), RNG.random((12, 4))
    queries[RNG.random(queries.shape) < 0.3] = np.nan
    photos[RNG.random(photos.shape) < 0.3] = np.nan
    queries[0] = np.nan
    truth, features = RNG.integers(0, 12, 6), RNG.random((6, 12))
    candidates = attribute_candidates(
        queries, photos, truth, keep=5, feature_distance=features, feature_weight=weight
    )
    for i in range(6):
        distance = {j: slow_distance(queries[i], photos[j]) + weight * features[i, j] for j in range(12)}
        others = sorted(set(range(12)) - {int(truth[i])}, key=lambda j: (distance[j], j))
        assert candidates[i].tolist() == [truth[i], *others[:4]]


def test_features_break_the_ties_of_attributes() -> None:
    alike = np.ones((4, 3))
    features = np.array([[0.3, 0.2, 0.0, 0.1]])
    truth = np.array([1])
    by_index = attribute_candidates(alike[:1], alike, truth, keep=4)
    by_feature = attribute_candidates(alike[:1], alike, truth, keep=4, feature_distance=features)
    assert by_index.tolist() == [[1, 0, 2, 3]]
    assert by_feature.tolist() == [[1, 2, 3, 0]]


def test_inputs_are_left_alone() -> None:
    queries, photos, features = RNG.random((2, 3)), RNG.random((10, 3)), RNG.random((2, 10))
    kept = [array.copy() for array in (queries, photos, features)]
    attribute_candidates(queries, photos, np.array([0, 1]), feature_distance=features)
    for array, before in zip((queries, photos, features), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_ten_candidates_make_45_comparisons_nearest_first() -> None:
    candidates = np.array([RNG.permutation(30)[:10] for _ in range(3)])
    made = list(zip(*(column.tolist() for column in ordered_pairs(candidates)), strict=True))
    assert made == [(i, *pair) for i, row in enumerate(candidates.tolist()) for pair in combinations(row, 2)]
    assert len(made) == 3 * 45


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(VisavisError, match="10 candidates cannot be taken from 7 photos; keep fewer"):
        attribute_candidates(RNG.random((2, 3)), RNG.random((7, 3)), np.array([0, 1]))
