import itertools

import pytest
import torch

from visavis.losses import closeness_loss

from .conftest import Embeddings

LABELS = torch.tensor([3, 1, 3, 0, 1, 3])


def test_equals_a_loop_over_pairs(embeddings: Embeddings) -> None:
    (features,) = embeddings(1, 6)
    pairs = [(i, j) for i, j in itertools.combinations(range(6), 2) if LABELS[i] == LABELS[j]]
    assert len(pairs) == 4
    rows = features.tolist()
    squares = [sum((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True)) for i, j in pairs]
    assert closeness_loss(features, LABELS).item() == pytest.approx(sum(squares) / 4)


def test_gradients(embeddings: Embeddings) -> None:
    (features,) = embeddings(1, 6)
    assert torch.autograd.gradcheck(lambda f: closeness_loss(f, LABELS), (features,))


def test_neither_order_nor_place_matters(embeddings: Embeddings) -> None:
    (features,) = embeddings(1, 6)
    loss, order = closeness_loss(features, LABELS), torch.tensor([4, 2, 0, 5, 1, 3])
    torch.testing.assert_close(closeness_loss(features[order], LABELS[order]), loss)
    torch.testing.assert_close(closeness_loss(features + 5, LABELS), loss)
    torch.testing.assert_close(closeness_loss(3 * features, LABELS), 9 * loss)


def test_coincident_features_and_strangers_have_no_loss_and_no_nan() -> None:
    for labels in (torch.zeros(3, dtype=torch.long), torch.arange(3)):
        features = torch.ones(3, 2, requires_grad=True)
        loss = closeness_loss(features, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.item() == 0
        assert features.grad is not None
        assert (features.grad == 0).all()
