import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from visavis.errors import VisavisError
from visavis.losses import pairwise_attribute_disagreement
from visavis.metrics import multi_task_score

RNG = np.random.default_rng(11)
Q, N, D, K = 4, 23, 37, 15
QUERIES = RNG.normal(size=(Q, D)).astype(np.float32)
GALLERY = RNG.normal(size=(N, D)).astype(np.float32)
QUERY_LOGITS = RNG.normal(scale=3, size=(Q, K)).astype(np.float32)
GALLERY_LOGITS = RNG.normal(scale=3, size=(N, K)).astype(np.float32)
P = 1 / (1 + np.exp(-QUERY_LOGITS))
R = 1 / (1 + np.exp(-GALLERY_LOGITS))
WHOLE = multi_task_score(QUERIES, GALLERY, P, R, attribute_weight=0.7)


def test_equals_a_loop() -> None:
    for i in range(Q):
        for j in range(N):
            distance = math.dist(QUERIES[i].tolist(), GALLERY[j].tolist())
            h = -sum(
                p * math.log(q) + (1 - p) * math.log(1 - q)
                for p, q in zip(P[i].tolist(), R[j].tolist(), strict=True)
            )
            assert WHOLE[i, j] == pytest.approx(distance + 0.7 * h / K, rel=1e-6)


def test_weight_zero_is_the_plain_distance() -> None:
    expected = np.linalg.norm(QUERIES[:, None].astype(np.float64) - GALLERY, axis=2).astype(np.float32)
    np.testing.assert_array_max_ulp(multi_task_score(QUERIES, GALLERY), expected, maxulp=1)
    with_attributes = multi_task_score(QUERIES, GALLERY, P, R, attribute_weight=0.0)
    np.testing.assert_array_equal(with_attributes, multi_task_score(QUERIES, GALLERY))


def test_attribute_term_equals_the_one_of_the_loss() -> None:
    same_place = multi_task_score(QUERIES * 0, GALLERY * 0, P, R, attribute_weight=1.0)
    loss = pairwise_attribute_disagreement(torch.from_numpy(QUERY_LOGITS), torch.from_numpy(GALLERY_LOGITS))
    np.testing.assert_allclose(same_place, loss.numpy(), rtol=1e-5)


@given(
    st.lists(st.integers(0, Q - 1), min_size=1),
    st.lists(st.integers(0, N - 1), min_size=1),
    st.sampled_from(["C", "F"]),
)
def test_a_pair_scores_the_same_bits_in_any_company(rows: list[int], items: list[int], order: str) -> None:
    part = multi_task_score(
        np.array(QUERIES[rows], order=order),  # type: ignore[call-overload]
        np.array(GALLERY[items], order=order),  # type: ignore[call-overload]
        np.array(P[rows], order=order),  # type: ignore[call-overload]
        np.array(R[items], order=order),  # type: ignore[call-overload]
        attribute_weight=0.7,
    )
    np.testing.assert_array_equal(part, WHOLE[np.ix_(rows, items)])


@pytest.mark.parametrize("n_items", [1, 2, 3, 7, 1000, 5000])
def test_the_size_of_the_gallery_does_not_touch_the_bits(n_items: int) -> None:
    alone = multi_task_score(QUERIES[:1], GALLERY[:1], P[:1], R[:1], attribute_weight=0.7)
    repeated = [np.repeat(rows[:1], n_items, axis=0) for rows in (GALLERY, R)]
    crowd = multi_task_score(QUERIES[:1], repeated[0], P[:1], repeated[1], attribute_weight=0.7)
    assert set(crowd[0].tolist()) == set(alone[0].tolist())


def test_saturated_probabilities_stay_finite_and_ordered() -> None:
    query = np.zeros((1, 2))
    gallery = np.zeros((3, 2))
    scores = multi_task_score(
        query, gallery, np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), 1.0
    )[0]
    assert scores[0] == pytest.approx(0, abs=2e-7)
    assert scores[2] == pytest.approx(-math.log(1e-7))
    assert scores[0] < scores[1] < scores[2]


@pytest.mark.parametrize(("p", "r"), [(None, R), (P, None), (None, None)])
def test_a_weight_without_probabilities_is_refused(p: np.ndarray | None, r: np.ndarray | None) -> None:
    message = "attribute weight is 0.5 but a side has no attribute probabilities; use a model with attributes"
    with pytest.raises(VisavisError, match=message):
        multi_task_score(QUERIES, GALLERY, p, r, attribute_weight=0.5)
