from collections.abc import Callable

import pytest
import torch
from torch import Tensor

Embeddings = Callable[[int, int], list[Tensor]]


@pytest.fixture
def embeddings() -> Embeddings:
    """`embeddings(k, n)`: k leaves of n unit vectors, float64, no two at a kink of a loss."""
    generator = torch.Generator().manual_seed(7)

    def make(k: int, n: int) -> list[Tensor]:
        rows = torch.randn(k, n, 5, dtype=torch.float64, generator=generator)
        return [row.requires_grad_() for row in torch.nn.functional.normalize(rows, dim=-1).unbind()]

    return make
