import math
from typing import Literal

import pytest
import torch
from torch import Tensor

from visavis.losses import batch_triplet_loss, triplet_loss
from visavis.losses.reduction import Reduction

from .conftest import Embeddings

MARGINS = [0.3, 1.5, None]


def slow_loss(a: Tensor, p: Tensor, n: Tensor, margin: float | None, squared: bool) -> float:
    def distance(x: Tensor, y: Tensor) -> float:
        r = math.dist(x.tolist(), y.tolist())
        return r**2 if squared else r

    difference = distance(a, p) - distance(a, n)
    return math.log1p(math.exp(difference)) if margin is None else max(0.0, margin + difference)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("squared", [True, False])
def test_equals_a_loop_over_triplets(embeddings: Embeddings, margin: float | None, squared: bool) -> None:
    a, p, n = embeddings(3, 8)
    expected = torch.tensor(
        [slow_loss(*triplet, margin, squared) for triplet in zip(a, p, n, strict=True)], dtype=torch.float64
    )
    reductions: dict[Reduction, Tensor] = {"none": expected, "mean": expected.mean(), "sum": expected.sum()}
    for reduction, value in reductions.items():
        loss = triplet_loss(a, p, n, margin=margin, squared=squared, reduction=reduction)
        torch.testing.assert_close(loss, value)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("squared", [True, False])
def test_gradients(embeddings: Embeddings, margin: float | None, squared: bool) -> None:
    assert torch.autograd.gradcheck(
        lambda a, p, n: triplet_loss(a, p, n, margin=margin, squared=squared), tuple(embeddings(3, 4))
    )
    assert torch.autograd.gradcheck(
        lambda a, p: batch_triplet_loss(a, p, margin=margin, squared=squared), tuple(embeddings(2, 4))
    )


@pytest.mark.parametrize("squared", [True, False])
def test_equal_distances_give_exactly_the_margin(squared: bool) -> None:
    constant = torch.full((4, 3), 0.57735)
    assert triplet_loss(constant, constant, constant, margin=0.25, squared=squared).item() == 0.25
    assert batch_triplet_loss(constant, constant, margin=0.25, squared=squared).item() == 0.25
    assert triplet_loss(constant, constant, constant, margin=None, squared=squared).item() == pytest.approx(
        math.log(2)
    )


@pytest.mark.parametrize("squared", [True, False])
def test_invariant_to_a_rigid_motion(embeddings: Embeddings, squared: bool) -> None:
    a, p, n = embeddings(3, 8)
    rotation, _ = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64))
    moved = [x @ rotation + 3 for x in (a, p, n)]
    loss = triplet_loss(a, p, n, margin=0.3, squared=squared)
    torch.testing.assert_close(triplet_loss(*moved, margin=0.3, squared=squared), loss)


@pytest.mark.parametrize("labels", [None, [0, 1, 0, 2, 1, 3]])
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("average", ["all", "active"])
@pytest.mark.parametrize("squared", [True, False])
def test_batch_equals_a_loop(
    embeddings: Embeddings,
    labels: list[int] | None,
    margin: float | None,
    average: Literal["all", "active"],
    squared: bool,
) -> None:
    a, p = embeddings(2, 6)
    names = labels or list(range(6))
    losses = [
        slow_loss(a[i], p[i], p[j], margin, squared)
        for i in range(6)
        for j in range(6)
        if names[i] != names[j]
    ]
    if average == "active":
        losses = [loss for loss in losses if loss > 0]
    loss = batch_triplet_loss(
        a,
        p,
        margin=margin,
        squared=squared,
        labels=None if labels is None else torch.tensor(labels),
        average=average,
    )
    assert loss.item() == pytest.approx(sum(losses) / len(losses))


@pytest.mark.parametrize("average", ["all", "active"])
def test_batch_of_one_label_has_no_triplets(
    embeddings: Embeddings, average: Literal["all", "active"]
) -> None:
    a, p = embeddings(2, 3)
    labels = torch.zeros(3, dtype=torch.int64)
    loss = batch_triplet_loss(a, p, margin=0.3, squared=True, labels=labels, average=average)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert a.grad is not None
    assert not a.grad.any()
