"""Losses on embeddings and attribute logits: pure functions of tensors, one file per loss."""

from visavis.losses.attributes import (
    attribute_cross_entropy,
    attribute_disagreement,
    pairwise_attribute_disagreement,
)
from visavis.losses.closeness import closeness_loss
from visavis.losses.contrastive import contrastive_loss
from visavis.losses.distances import paired_distances, pairwise_distances
from visavis.losses.distributed import gather_rows
from visavis.losses.infonce import info_nce_loss
from visavis.losses.ranknet import ranking_hinge_loss, ranknet_loss
from visavis.losses.triplet import batch_triplet_loss, triplet_loss

__all__ = [
    "attribute_cross_entropy",
    "attribute_disagreement",
    "batch_triplet_loss",
    "closeness_loss",
    "contrastive_loss",
    "gather_rows",
    "info_nce_loss",
    "paired_distances",
    "pairwise_attribute_disagreement",
    "pairwise_distances",
    "ranking_hinge_loss",
    "ranknet_loss",
    "triplet_loss",
]
