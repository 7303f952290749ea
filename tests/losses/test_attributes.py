import math

import pytest
import torch
from torch import Tensor

from visavis.losses import (
    attribute_cross_entropy,
    attribute_disagreement,
    pairwise_attribute_disagreement,
)


def random_logits(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(*shape, dtype=torch.float64, generator=generator)).requires_grad_()


def slow_cross_entropy(target: float, logit: float) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -(target * math.log(probability) + (1 - target) * math.log(1 - probability))


def test_prediction_equals_a_loop_over_the_known() -> None:
    nan = math.nan
    targets = [[1, 0, nan, 0.3], [nan, nan, nan, nan], [nan, 1, nan, nan]]
    logits = random_logits(3, 4)
    rows = []
    for row, row_logits in zip(targets, logits.tolist(), strict=True):
        known = [(t, x) for t, x in zip(row, row_logits, strict=True) if not math.isnan(t)]
        if known:
            rows.append(sum(slow_cross_entropy(t, x) for t, x in known) / len(known))
    loss = attribute_cross_entropy(logits, torch.tensor(targets, dtype=torch.float64))
    assert loss.item() == pytest.approx(sum(rows) / 2)


def test_prediction_gradient_is_zero_where_unknown() -> None:
    targets = torch.tensor([[1, math.nan, 0], [math.nan] * 3], dtype=torch.float64)
    logits = random_logits(2, 3)
    assert torch.autograd.gradcheck(lambda x: attribute_cross_entropy(x, targets), (logits,))
    attribute_cross_entropy(logits, targets).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[True, False, True], [False] * 3]


def test_prediction_without_any_known_attribute_is_zero() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    loss = attribute_cross_entropy(logits, torch.full((2, 3), math.nan))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_probability_one_half_gives_ln_2() -> None:
    half = torch.zeros(2, 5)
    assert attribute_cross_entropy(half, torch.eye(2, 5)).item() == pytest.approx(math.log(2))
    assert attribute_disagreement(torch.randn(2, 5), half).tolist() == pytest.approx([math.log(2)] * 2)


def test_disagreement_equals_a_loop() -> None:
    p, q = random_logits(3, 4, seed=1), random_logits(5, 4, seed=2)
    expected = [
        [
            sum(slow_cross_entropy(1 / (1 + math.exp(-x)), y) for x, y in zip(s, t, strict=True)) / 4
            for t in q.tolist()
        ]
        for s in p.tolist()
    ]
    pairwise = pairwise_attribute_disagreement(p, q)
    torch.testing.assert_close(pairwise, torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(attribute_disagreement(p, q[:3]), pairwise.diagonal())


def test_disagreement_gradients_reach_both_sides() -> None:
    p, q = random_logits(3, 4, seed=1), random_logits(3, 4, seed=2)
    assert torch.autograd.gradcheck(attribute_disagreement, (p, q))
    assert torch.autograd.gradcheck(pairwise_attribute_disagreement, (p, q))


def test_disagreement_is_least_at_the_target_and_then_its_entropy() -> None:
    p = random_logits(1, 4)
    probability = p.sigmoid()
    entropy = -(probability * probability.log() + (1 - probability) * (1 - probability).log()).mean()
    others = p.detach() + random_logits(50, 4, seed=3)
    torch.testing.assert_close(attribute_disagreement(p, p)[0], entropy)
    assert (pairwise_attribute_disagreement(p, others) > entropy).all()


def test_disagreement_stays_finite_for_saturated_logits() -> None:
    p = torch.tensor([[200.0, -200.0]], requires_grad=True)
    q = torch.tensor([[-200.0, 200.0]], requires_grad=True)
    assert attribute_disagreement(p, p).item() == 0
    assert pairwise_attribute_disagreement(p, q).item() == 200
    attribute_disagreement(p, q).sum().backward()  # type: ignore[no-untyped-call]
    assert p.grad is not None
    assert q.grad is not None
    assert p.grad.isfinite().all()
    assert q.grad.tolist() == [[-0.5, 0.5]]
