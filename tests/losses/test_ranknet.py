"""RankNet and the ranking hinge on pairs: by a plain loop, in their symmetry, and where they are flat."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from visavis.losses import ranking_hinge_loss, ranknet_loss

Loss = Callable[..., Tensor]
LOSSES = [ranknet_loss, ranking_hinge_loss]


@pytest.fixture
def scores() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 9, generator=generator, dtype=torch.float64).unbind(0)
    return first.requires_grad_(), second.requires_grad_()


TARGET = torch.tensor([1, 1, 1, 0.5, 0.5, 0.5, 0, 0, 0], dtype=torch.float64)


def slow_ranknet(first: float, second: float, target: float) -> float:
    p = 1 / (1 + math.exp(-(first - second)))
    return -target * math.log(p) - (1 - target) * math.log(1 - p)


def slow_hinge(first: float, second: float, target: float) -> float:
    if target == 0.5:
        return (first - second) ** 2
    stronger, weaker = (first, second) if target else (second, first)
    return max(0.0, 1 - (stronger - weaker)) ** 2


@pytest.mark.parametrize(("loss", "slow"), [(ranknet_loss, slow_ranknet), (ranking_hinge_loss, slow_hinge)])
def test_equals_a_loop(
    scores: tuple[Tensor, Tensor], loss: Loss, slow: Callable[[float, float, float], float]
) -> None:
    expected = [slow(*row) for row in zip(*(part.tolist() for part in (*scores, TARGET)), strict=True)]
    assert loss(*scores, TARGET, reduction="none").tolist() == pytest.approx(expected)
    assert loss(*scores, TARGET).item() == pytest.approx(sum(expected) / 9)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients(scores: tuple[Tensor, Tensor], loss: Loss) -> None:
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, TARGET), scores)


@pytest.mark.parametrize("loss", LOSSES)
def test_swapping_the_images_of_all_pairs_changes_nothing(scores: tuple[Tensor, Tensor], loss: Loss) -> None:
    first, second = scores
    torch.testing.assert_close(loss(first, second, TARGET), loss(second, first, 1 - TARGET))


def test_an_equal_pair_with_equal_scores_costs_ln_2_and_pulls_nowhere() -> None:
    a, b = (torch.tensor([3.0], requires_grad=True) for _ in range(2))
    loss = ranknet_loss(a, b, torch.tensor([0.5]))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == pytest.approx(math.log(2))
    assert a.grad is not None
    assert a.grad.item() == 0


def test_far_scores_stay_finite() -> None:
    a = torch.tensor([1000.0, -1000.0])
    assert ranknet_loss(a, -a, torch.tensor([1.0, 1.0]), reduction="none").tolist() == [0, 2000]
