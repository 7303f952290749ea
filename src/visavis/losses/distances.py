"""Euclidean distances between embeddings, with a finite gradient where two of them coincide."""

import torch
from jaxtyping import Float
from torch import Tensor


def pairwise_distances(
    a: Float[Tensor, "N D"], b: Float[Tensor, "M D"], *, squared: bool
) -> Float[Tensor, "N M"]:
    """Distance of every row of `a` (N, D) to every row of `b` (M, D), squared if asked.

    Where two rows coincide the distance is exactly 0 and its gradient the subgradient 0, not NaN.
    """
    # Differences, not the matrix product |a|^2 + |b|^2 - 2ab: that one loses half of the digits
    # between close neighbours, which are the pairs that a ranking loss looks at.
    distance = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    return distance.square() if squared else distance


def paired_distances(
    a: Float[Tensor, "B D"], b: Float[Tensor, "B D"], *, squared: bool
) -> Float[Tensor, " B"]:
    """Distance of each row of `a` (B, D) to the same row of `b` (B, D); see `pairwise_distances`."""
    if squared:
        return (a - b).square().sum(dim=-1)
    # Its backward is defined as 0 at 0, where that of sqrt(sum(x^2)) is NaN.
    distance: Tensor = torch.linalg.vector_norm(a - b, dim=-1)
    return distance
