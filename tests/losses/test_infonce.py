import math

import pytest
import torch
from torch import Tensor

from visavis.errors import VisavisError
from visavis.losses import info_nce_loss

from .conftest import Embeddings


def slow_loss(a: Tensor, b: Tensor, temperature: float, labels: list[int]) -> float:
    """One direction: a_i picks b_i out of b_i and every b_j of another label."""
    total = 0.0
    for i in range(len(a)):
        similarity = {
            j: math.exp(sum(x * y for x, y in zip(a[i].tolist(), b[j].tolist(), strict=True)) / temperature)
            for j in range(len(b))
            if j == i or labels[j] != labels[i]
        }
        total -= math.log(similarity[i] / sum(similarity.values()))
    return total / len(a)


@pytest.mark.parametrize("labels", [None, [0, 1, 0, 2, 1, 3]])
@pytest.mark.parametrize("temperature", [0.07, 1.0])
def test_equals_a_loop(embeddings: Embeddings, labels: list[int] | None, temperature: float) -> None:
    a, b = embeddings(2, 6)
    names = labels or list(range(6))
    expected = (slow_loss(a, b, temperature, names) + slow_loss(b, a, temperature, names)) / 2
    given = None if labels is None else torch.tensor(labels)
    assert info_nce_loss(a, b, temperature=temperature, labels=given).item() == pytest.approx(expected)


def test_gradients(embeddings: Embeddings) -> None:
    labels = torch.tensor([0, 1, 0, 2])
    assert torch.autograd.gradcheck(
        lambda a, b: info_nce_loss(a, b, temperature=0.5, labels=labels), tuple(embeddings(2, 4))
    )


def test_without_any_information_it_is_the_logarithm_of_the_batch() -> None:
    constant = torch.full((8, 4), 0.5)
    assert info_nce_loss(constant, constant, temperature=0.1).item() == pytest.approx(math.log(8))


def test_a_batch_of_one_label_has_nothing_to_tell_apart(embeddings: Embeddings) -> None:
    a, b = embeddings(2, 4)
    loss = info_nce_loss(a, b, temperature=0.1, labels=torch.zeros(4, dtype=torch.int64))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert a.grad is not None
    assert not a.grad.any()


def test_invariant_to_the_order_of_the_pairs_and_to_the_sides(embeddings: Embeddings) -> None:
    a, b = embeddings(2, 6)
    loss = info_nce_loss(a, b, temperature=0.2)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    torch.testing.assert_close(info_nce_loss(a[order], b[order], temperature=0.2), loss)
    torch.testing.assert_close(info_nce_loss(b, a, temperature=0.2), loss)


def test_temperature_must_be_positive() -> None:
    a = torch.zeros(2, 3)
    with pytest.raises(VisavisError, match=r"InfoNCE temperature is 0\.0; give a number above 0"):
        info_nce_loss(a, a, temperature=0.0)
