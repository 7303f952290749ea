"""Protocols of relative attributes: which pairs are counted, and how.

`lfw10`: ordered test pairs with at least three agreeing annotators of five, accuracy of each attribute,
unweighted mean over the attributes; beside it at least two agreeing, and all listed pairs. `pairs`: all
ordered test pairs. A pair is right when the stronger photo scores higher; a tie is wrong. Equal pairs take no
part.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from visavis.errors import VisavisError
from visavis.methods.relative_attributes.data import Pairs
from visavis.metrics.evaluation import PerQuery


class Protocol(NamedTuple):
    """The least number of agreeing annotators of the main figure, and of those beside it by their suffix."""

    votes: int
    beside: dict[str, int]


PROTOCOLS = {"lfw10": Protocol(3, {"_2_votes": 2, "_all": 0}), "pairs": Protocol(0, {})}


def accuracies(pairs: Pairs, scores: Float[np.ndarray, "N K"], votes: int = 0) -> dict[str, PerQuery]:
    """Share of the ordered pairs of each attribute that are ordered as people did.

    Args:
        pairs: with rows of the scored photos.
        scores: of all photos by all attributes, higher = more.
        votes: the least number of annotators who agree on a pair; 0 takes those of unknown number too.
    """
    gap = scores[pairs.first, pairs.attribute] - scores[pairs.second, pairs.attribute]
    right = np.where(pairs.target > 0.5, gap > 0, gap < 0)
    counted = (pairs.target != 0.5) & ((pairs.votes >= votes) if votes else True)
    found = {}
    for number, name in enumerate(pairs.names):
        rows = counted & (pairs.attribute == number)
        if rows.any():
            found[name] = PerQuery(right[rows].astype(float), np.ones(int(rows.sum())))
    return found


def mean_accuracy(of_attributes: dict[str, PerQuery]) -> PerQuery:
    """The unweighted mean over attributes, however many pairs each has.

    Raises:
        VisavisError: no pair is counted.
    """
    if not of_attributes:
        raise VisavisError(
            "no pair counts: none is both ordered and of enough votes; protocol 'pairs' needs no votes"
        )
    weights = [np.full(len(one.sums), 1 / len(one.sums)) for one in of_attributes.values()]
    sums = [one.sums * weight for one, weight in zip(of_attributes.values(), weights, strict=True)]
    return PerQuery(np.concatenate(sums), np.concatenate(weights))
