import math

import pytest
import torch
from torch import Tensor

from visavis.errors import VisavisError
from visavis.losses import contrastive_loss
from visavis.losses.contrastive import ContrastiveForm
from visavis.losses.reduction import Reduction

from .conftest import Embeddings

FORMS: list[ContrastiveForm] = ["lecture", "hadsell"]


def slow_loss(a: Tensor, b: Tensor, same: bool, margin: float, form: str) -> float:
    r = math.dist(a.tolist(), b.tolist())
    if form == "lecture":
        return r**2 if same else max(0.0, margin**2 - r**2)
    return r**2 / 2 if same else max(0.0, margin - r) ** 2 / 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("margin", [0.4, 1.3, 3.0])
def test_equals_a_loop_over_pairs(embeddings: Embeddings, form: ContrastiveForm, margin: float) -> None:
    a, b = embeddings(2, 6)
    same = torch.tensor([True, False, False, True, False, False])
    expected = torch.tensor(
        [slow_loss(*pair, margin, form) for pair in zip(a, b, same.tolist(), strict=True)],
        dtype=torch.float64,
    )
    reductions: dict[Reduction, Tensor] = {"none": expected, "mean": expected.mean(), "sum": expected.sum()}
    for reduction, value in reductions.items():
        loss = contrastive_loss(a, b, same, margin=margin, form=form, reduction=reduction)
        torch.testing.assert_close(loss, value)


@pytest.mark.parametrize("form", FORMS)
def test_gradients(embeddings: Embeddings, form: ContrastiveForm) -> None:
    a, b = embeddings(2, 6)
    same = torch.tensor([True, False] * 3)
    assert torch.autograd.gradcheck(lambda x, y: contrastive_loss(x, y, same, margin=1.5, form=form), (a, b))


@pytest.mark.parametrize("form", FORMS)
def test_sides_are_exchangeable(embeddings: Embeddings, form: ContrastiveForm) -> None:
    a, b = embeddings(2, 6)
    same = torch.tensor([True, False] * 3)
    loss = contrastive_loss(a, b, same, margin=1.5, form=form)
    torch.testing.assert_close(contrastive_loss(b, a, same, margin=1.5, form=form), loss)


@pytest.mark.parametrize(("form", "collapsed_loss"), [("lecture", 4.0), ("hadsell", 2.0)])
def test_collapsed_negative_has_a_known_loss_and_no_nan(form: ContrastiveForm, collapsed_loss: float) -> None:
    a = torch.zeros(1, 3, requires_grad=True)
    loss = contrastive_loss(a, torch.zeros(1, 3), torch.tensor([False]), margin=2.0, form=form)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == collapsed_loss
    assert a.grad is not None
    assert a.grad.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize(("form", "slope"), [("lecture", -2 * 0.01), ("hadsell", -(2 - 0.01))])
def test_push_near_collapse(form: ContrastiveForm, slope: float) -> None:
    a = torch.tensor([[0.01, 0]], dtype=torch.float64, requires_grad=True)
    loss = contrastive_loss(a, torch.zeros_like(a), torch.tensor([False]), margin=2.0, form=form)
    loss.backward()  # type: ignore[no-untyped-call]
    assert a.grad is not None
    assert a.grad[0, 0].item() == pytest.approx(slope)


def test_margin_must_be_positive() -> None:
    a = torch.zeros(1, 3)
    with pytest.raises(VisavisError, match=r"contrastive margin is 0\.0; give a distance above 0"):
        contrastive_loss(a, a, torch.tensor([True]), margin=0.0)
