"""Choosing tuples: samplers of triplets for an epoch, miners inside a batch."""

from visavis.mining.attributes import attribute_candidates, ordered_pairs
from visavis.mining.batch import hardest_negatives, semi_hard_negatives
from visavis.mining.triplets import TripletSampler

__all__ = [
    "TripletSampler",
    "attribute_candidates",
    "hardest_negatives",
    "ordered_pairs",
    "semi_hard_negatives",
]
