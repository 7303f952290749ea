import math

import pytest
import torch
from torch import Tensor

from visavis.losses import paired_distances, pairwise_distances

from .conftest import Embeddings


def slow_distance(a: Tensor, b: Tensor, squared: bool) -> float:
    r = math.dist(a.tolist(), b.tolist())
    return r**2 if squared else r


@pytest.mark.parametrize("squared", [True, False])
def test_equal_a_loop(embeddings: Embeddings, squared: bool) -> None:
    (a,), (b,) = embeddings(1, 4), embeddings(1, 3)
    expected = torch.tensor([[slow_distance(x, y, squared) for y in b] for x in a], dtype=torch.float64)
    torch.testing.assert_close(pairwise_distances(a, b, squared=squared), expected)
    torch.testing.assert_close(paired_distances(a[:3], b, squared=squared), expected.diagonal())


@pytest.mark.parametrize("squared", [True, False])
def test_gradients(embeddings: Embeddings, squared: bool) -> None:
    (a,), (b,) = embeddings(1, 4), embeddings(1, 4)
    assert torch.autograd.gradcheck(lambda x, y: pairwise_distances(x, y, squared=squared), (a, b))
    assert torch.autograd.gradcheck(lambda x, y: paired_distances(x, y, squared=squared), (a, b))


@pytest.mark.parametrize("distance", [pairwise_distances, paired_distances])
@pytest.mark.parametrize("squared", [True, False])
def test_coinciding_rows_have_distance_and_gradient_zero(distance: object, squared: bool) -> None:
    a = torch.full((1, 3), 0.7, requires_grad=True)
    result = distance(a, a.detach().clone(), squared=squared)  # type: ignore[operator]
    result.sum().backward()
    assert result.item() == 0
    assert a.grad is not None
    assert a.grad.tolist() == [[0, 0, 0]]


def test_near_neighbours_keep_their_digits_in_float32() -> None:
    a = torch.ones(1, 64)
    b = a + 2.0**-20  # the matrix-product form gives 0 or twice as much here
    expected = 2.0**-20 * 8
    assert pairwise_distances(a, b, squared=False).item() == pytest.approx(expected, rel=1e-6)
    assert paired_distances(a, b, squared=False).item() == pytest.approx(expected, rel=1e-6)
