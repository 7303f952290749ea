"""The three-task network: unit embeddings, shared weights, ten views, frozen layers."""

import pytest
import torch

from visavis.methods.sketch_retrieval.model import AttributeRanker


def test_outputs() -> None:
    model = AttributeRanker("small", attributes=5, embedding=32, hidden=16).eval()
    encoding = model(torch.rand(3, 1, 112, 112))
    assert encoding.embedding.shape == (3, 32)
    assert encoding.logits.shape == (3, 5)
    assert torch.allclose(encoding.embedding.norm(dim=1), torch.ones(3), atol=1e-6)


def test_photo_branch_is_the_edge_map_itself_or_a_learned_page() -> None:
    edges = torch.rand(2, 1, 112, 112)
    assert AttributeRanker("small", 0).page_of(edges) is edges
    page = AttributeRanker("small", 0, photo_stem=True).page_of(torch.rand(2, 3, 112, 112))
    assert page.shape == (2, 1, 112, 112)
    assert 0 < page.min() < page.max() < 1


@pytest.mark.parametrize("attributes", [0, 21])
def test_state_round_trip(attributes: int) -> None:
    one, other = (AttributeRanker("small", attributes).eval() for _ in range(2))
    other.load_state_dict(one.state_dict())
    page = torch.rand(1, 1, 112, 112)
    assert torch.equal(one(page).embedding, other(page).embedding)


def test_two_towers_share_nothing() -> None:
    model = AttributeRanker("small", 3, 16, 0, two_towers=True).eval()
    single = AttributeRanker("small", 3, 16, 0)
    page = torch.rand(2, 1, 112, 112)
    assert not torch.allclose(model(page).embedding, model(page, photos=True).embedding)
    assert sum(p.numel() for p in model.parameters()) == 2 * sum(p.numel() for p in single.parameters())


def test_one_network_is_the_same_for_both_sides() -> None:
    model, page = AttributeRanker("small", 3, 16, 0).eval(), torch.rand(2, 1, 112, 112)
    assert torch.equal(model(page).embedding, model(page, photos=True).embedding)
