"""Triplet losses: an anchor is to lie closer to its positive than to a negative."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import softplus

from visavis.losses.distances import paired_distances, pairwise_distances
from visavis.losses.distributed import gather_rows
from visavis.losses.reduction import Reduction, reduce

Average = Literal["all", "active"]


def triplet_loss(
    anchor: Float[Tensor, "B D"],
    positive: Float[Tensor, "B D"],
    negative: Float[Tensor, "B D"],
    *,
    margin: float | None,
    squared: bool,
    reduction: Reduction = "mean",
) -> Float[Tensor, "..."]:
    """max(0, m + d(a, p) - d(a, n)) per triplet, or log(1 + exp(d(a, p) - d(a, n))) without a margin.

    Schroff et al., CVPR 2015, equation 3, and Yu et al., CVPR 2016 use squared distances; Song et al.,
    BMVC 2016 plain ones. A margin does not carry over between the two, so neither has a default.

    Args:
        anchor, positive, negative: embeddings (B, D).
        margin: m, in units of the (squared) distance; None for the soft margin of Hermans et al. 2017.
        squared: whether d is the squared Euclidean distance.
        reduction: over the B triplets.
    """
    to_positive = paired_distances(anchor, positive, squared=squared)
    to_negative = paired_distances(anchor, negative, squared=squared)
    return reduce(_hinge(to_positive, to_negative, margin), reduction)


def batch_triplet_loss(
    anchors: Float[Tensor, "B D"],
    positives: Float[Tensor, "B D"],
    *,
    margin: float | None,
    squared: bool,
    labels: Int[Tensor, " B"] | None = None,
    average: Average = "all",
    gather: bool = False,
) -> Float[Tensor, ""]:
    """Mean triplet loss of each pair (a_i, p_i) against every p_j of another label in the batch.

    A batch without any negative has loss 0.

    Args:
        anchors, positives: embeddings (B, D), row i of one belonging to row i of the other.
        margin, squared: as in `triplet_loss`.
        labels: (B,), rows of one label are no negatives of each other; None: every row is its own.
        average: over `"all"` triplets, or over the `"active"` ones, whose loss is above 0.
        gather: take the negatives from all processes, see `gather_rows`.
    """
    if gather:
        anchors, positives = gather_rows(anchors), gather_rows(positives)
        labels = None if labels is None else gather_rows(labels)
    if labels is None:
        labels = torch.arange(len(anchors), device=anchors.device)
    distances = pairwise_distances(anchors, positives, squared=squared)  # (B, B)
    losses = _hinge(distances.diagonal()[:, None], distances, margin)
    counted = labels[:, None] != labels
    if average == "active":
        counted = counted & (losses > 0)
    return losses.where(counted, 0).sum() / counted.sum().clamp(min=1)


def _hinge(
    to_positive: Float[Tensor, "..."], to_negative: Float[Tensor, "..."], margin: float | None
) -> Float[Tensor, "..."]:
    difference = to_positive - to_negative
    return softplus(difference) if margin is None else (margin + difference).clamp(min=0)
