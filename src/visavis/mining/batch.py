"""Choosing negatives inside a batch from its distance matrix.

Both miners return indices (anchors, positives, negatives), (T,) each: anchors are rows of the matrix,
positives and negatives columns. A row and a column of the same label form a positive pair. When rows and
columns are the same items, no item is its own positive; when they are two sides, such as sketches and
photos, pass the labels of the columns apart.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Triplets = tuple[Int[Tensor, " T"], Int[Tensor, " T"], Int[Tensor, " T"]]


@torch.no_grad()
def hardest_negatives(
    distances: Float[Tensor, "N M"], labels: Int[Tensor, " N"], column_labels: Int[Tensor, " M"] | None = None
) -> Triplets:
    """For every positive pair (a, p) the negative closest to a.

    Early in training these can collapse the embedding (Schroff et al., CVPR 2015, section 3.2).
    """
    anchors, positives, negative = _pairs(labels, column_labels)
    return _closest(distances, anchors, positives, negative)


@torch.no_grad()
def semi_hard_negatives(
    distances: Float[Tensor, "N M"],
    labels: Int[Tensor, " N"],
    column_labels: Int[Tensor, " M"] | None = None,
    *,
    margin: float,
) -> Triplets:
    """For every positive pair (a, p) the closest negative with 0 < d(a, n) - d(a, p) <= margin.

    `margin` is in units of `distances`. Pairs without such a negative are left out (Schroff et al., CVPR
    2015, equation 4).
    """
    anchors, positives, negative = _pairs(labels, column_labels)
    excess = distances[anchors] - distances[anchors, positives][:, None]  # (P, M)
    return _closest(distances, anchors, positives, negative & (excess > 0) & (excess <= margin))


def _pairs(
    labels: Int[Tensor, " N"], column_labels: Int[Tensor, " M"] | None
) -> tuple[Int[Tensor, " P"], Int[Tensor, " P"], Bool[Tensor, "P M"]]:
    """Rows and columns of the P positive pairs, and which columns are negatives of each pair's row."""
    same = labels[:, None] == (labels if column_labels is None else column_labels)
    positive = same.clone().fill_diagonal_(False) if column_labels is None else same
    anchors, positives = positive.nonzero(as_tuple=True)
    return anchors, positives, ~same[anchors]


def _closest(
    distances: Float[Tensor, "N M"],
    anchors: Int[Tensor, " P"],
    positives: Int[Tensor, " P"],
    allowed: Bool[Tensor, "P M"],
) -> Triplets:
    negatives = distances[anchors].masked_fill(~allowed, torch.inf).argmin(dim=1)
    found = allowed.any(dim=1)
    return anchors[found], positives[found], negatives[found]
