import pytest
import torch
from jaxtyping import TypeCheckError

from visavis.losses.distances import paired_distances


def test_shapes_are_checked_while_testing() -> None:
    """Broadcasting would otherwise answer as if nothing were wrong."""
    with pytest.raises(TypeCheckError):
        paired_distances(torch.zeros(3, 2), torch.zeros(1, 2), squared=True)
