"""Protocols of relative attributes: which pairs are counted, and how.

A pair is right when the stronger photo scores higher; a tie is wrong. Equal pairs take no part. Every
protocol gives the accuracy of each attribute and their unweighted mean.

`lfw10`: test pairs with at least three agreeing annotators of five; beside it at least two, and all listed.
`lfw10-10-views`: the same, on ten views of each photo as the authors' release has them.
`zap50k-1`: the test pairs of one official split. `osr`, `pubfig`, `shoe-order`: all pairs of test photos
whose classes are ordered. `pairs`: all ordered test pairs of any data.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from visavis.errors import VisavisError
from visavis.methods.relative_attributes.class_pairs import ClassPairs, class_accuracies, mean_over_photos
from visavis.methods.relative_attributes.data import Pairs, pairs_of
from visavis.metrics.evaluation import PerQuery
from visavis.tables import DataSet, family

ANY = "pairs"
PARTS = "parts"  # measures boxes, in localisation.py


@dataclass(frozen=True)
class Protocol:
    """What is counted.

    Attributes:
        data: the data set that it is made for.
        votes: the least number of agreeing annotators of the main figure; 0 takes all pairs.
        beside: that of the figures beside it, by their suffix.
        classes: whether photos are compared by their classes, all of them.
        elsewhere: whether it may be used on other data.
        views: over how many views of a photo scores are averaged; None: as many as the model asks for.
    """

    data: str | None
    votes: int = 0
    beside: dict[str, int] = field(default_factory=dict)
    classes: bool = False
    elsewhere: bool = False
    views: int | None = None


PROTOCOLS = {
    "lfw10": Protocol("lfw10", 3, {"_2_votes": 2, "_all": 0}, elsewhere=True),
    "lfw10-10-views": Protocol("lfw10", 3, {"_2_votes": 2, "_all": 0}, elsewhere=True, views=10),
    "zap50k-1": Protocol("zap50k-1"),
    "osr": Protocol("osr", classes=True),
    "pubfig": Protocol("pubfig", classes=True),
    "shoe-order": Protocol("qmul-shoe-orders", classes=True),
    ANY: Protocol(None, elsewhere=True),
}


def default_protocol(data: DataSet) -> str:
    """The protocol that is made for the data, else `pairs`."""
    ordered = data.orders is not None
    fitting = (
        name for name, one in PROTOCOLS.items() if (one.data, one.classes) == (family(data.name), ordered)
    )
    return next(fitting, ANY)


def choose_protocol(data: DataSet, name: str | None) -> str:
    """The protocol of that name, or the default of the data.

    Raises:
        VisavisError: there is none of that name, or it cannot be used on the data.
    """
    own = default_protocol(data)
    if name is None or name == own:
        return own
    if name not in PROTOCOLS:
        known = ", ".join((*PROTOCOLS, PARTS))
        raise VisavisError(f"protocol '{name}' is unknown; use one of {known}")
    if not PROTOCOLS[name].elsewhere or PROTOCOLS[own].classes:
        raise VisavisError(f"protocol '{name}' does not fit {data.name}; use '{own}'")
    return name


def choose_pairs(data: DataSet, names: list[str], protocol: str) -> Pairs | ClassPairs:
    """What a protocol counts: its photos (`items`), and how they compare by the attributes `names`.

    Raises:
        VisavisError: there are no test pairs of the attributes, or nobody's votes where those are needed.
    """
    if PROTOCOLS[protocol].classes:
        return ClassPairs.of(data, "test", names)
    pairs = pairs_of(data, "test", names)
    if PROTOCOLS[protocol].votes and (pairs.votes < 0).all():
        raise VisavisError(
            f"protocol '{protocol}' counts pairs by their votes, and {data.name} has none; use '{ANY}'"
        )
    return pairs


def count(test: Pairs | ClassPairs, scores: Float[np.ndarray, "N K"], protocol: str) -> dict[str, PerQuery]:
    """The metrics of scores under a protocol, the mean over the attributes first.

    Args:
        test: of `choose_pairs`.
        scores: of its photos by its attributes, higher = more.
        protocol: name of the protocol.

    Raises:
        VisavisError: no pair of an attribute is counted.
    """
    if isinstance(test, ClassPairs):
        found = class_accuracies(test, scores)
        return {"mean_accuracy": mean_over_photos(list(found.values()))} | found
    votes, beside = PROTOCOLS[protocol].votes, PROTOCOLS[protocol].beside
    found = accuracies(test, scores, votes)
    metrics = {"mean_accuracy": mean_accuracy(found)} | found
    for suffix, least in beside.items():
        metrics[f"mean_accuracy{suffix}"] = mean_accuracy(accuracies(test, scores, least))
    return metrics


def accuracies(pairs: Pairs, scores: Float[np.ndarray, "N K"], votes: int = 0) -> dict[str, PerQuery]:
    """Share of the ordered pairs of each attribute that are ordered as people did.

    Args:
        pairs: with rows of the scored photos.
        scores: of all photos by all attributes, higher = more.
        votes: the least number of annotators who agree on a pair; 0 takes those of unknown number too.

    Raises:
        VisavisError: no pair of an attribute is counted.
    """
    gap = scores[pairs.first, pairs.attribute] - scores[pairs.second, pairs.attribute]
    right = np.where(pairs.target > 0.5, gap > 0, gap < 0)
    counted = (pairs.target != 0.5) & ((pairs.votes >= votes) if votes else True)
    found = {}
    for number, name in enumerate(pairs.names):
        rows = counted & (pairs.attribute == number)
        if not rows.any():
            asked = f"ordered pair with {votes} agreeing votes" if votes else "ordered pair"
            raise VisavisError(f"attribute '{name}' has no {asked} to be counted, so that it has no accuracy")
        found[name] = PerQuery(right[rows].astype(float), np.ones(int(rows.sum())))
    return found


def mean_accuracy(of_attributes: dict[str, PerQuery]) -> PerQuery:
    """The unweighted mean over attributes, however many pairs each has."""
    weights = [np.full(len(one.sums), 1 / len(one.sums)) for one in of_attributes.values()]
    sums = [one.sums * weight for one, weight in zip(of_attributes.values(), weights, strict=True)]
    return PerQuery(np.concatenate(sums), np.concatenate(weights))
