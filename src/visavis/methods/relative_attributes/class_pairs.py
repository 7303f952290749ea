"""All pairs of photos whose classes are ordered, counted without listing them: OSR has millions of them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from visavis.datasets.class_orders import class_order, class_ranks
from visavis.errors import VisavisError
from visavis.metrics.evaluation import PerQuery
from visavis.tables import DataSet


@dataclass(frozen=True)
class ClassPairs:
    """Photos and the ranks (N, K) of their classes by the attributes `names`, NaN where a photo has none."""

    items: pl.DataFrame
    names: list[str]
    ranks: Float[np.ndarray, "N K"]

    @classmethod
    def of(cls, data: DataSet, split: str, names: list[str]) -> Self:
        """The photos of a split.

        Raises:
            VisavisError: the data does not order its classes, or not by one of the attributes.
        """
        order = class_order(data)
        if unknown := [name for name in names if name not in order]:
            raise VisavisError(
                f"{data.name}: no classes are ordered by '{unknown[0]}'; there are {', '.join(order)}"
            )
        ranks = class_ranks(data, {name: order[name] for name in names})
        chosen = (data.items["split"] == split).fill_null(False)
        known = ranks.filter(chosen).select(pl.all().cast(pl.Float64).fill_null(float("nan"))).to_numpy()
        return cls(data.items.filter(chosen), names, known)


def class_accuracies(pairs: ClassPairs, scores: Float[np.ndarray, "N K"]) -> dict[str, PerQuery]:
    """Share of all ordered pairs of each attribute in which the photo of the higher class scores higher.

    The interval draws photos, not pairs, of which each photo is in many.

    Raises:
        VisavisError: the photos of an attribute are all of one rank.
    """
    found = {}
    for number, name in enumerate(pairs.names):
        right, there_are = count_pairs(pairs.ranks[:, number], scores[:, number])
        if not there_are.any():
            raise VisavisError(
                f"attribute '{name}' has no ordered pair to be counted: its photos are all of one rank"
            )
        found[name] = _over_photos(right, there_are)
    return found


def count_pairs(
    ranks: Float[np.ndarray, " N"], scores: Float[np.ndarray, " N"]
) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    """Of each photo the ordered pairs that it is in: how many are right, and how many there are.

    Each pair is counted twice, once for either photo. Time grows with N log N for each two ranks.
    """
    right, there_are = np.zeros(len(ranks), np.int64), np.zeros(len(ranks), np.int64)
    of_rank = [np.flatnonzero(ranks == rank) for rank in np.unique(ranks[~np.isnan(ranks)])]
    for number, high in enumerate(of_rank):
        for low in of_rank[:number]:
            right[high] += np.searchsorted(np.sort(scores[low]), scores[high], side="left")
            right[low] += len(high) - np.searchsorted(np.sort(scores[high]), scores[low], side="right")
            there_are[high] += len(low)
            there_are[low] += len(high)
    return right, there_are


def _over_photos(right: Int[np.ndarray, " N"], there_are: Int[np.ndarray, " N"]) -> PerQuery:
    """The share as a ratio of sums over photos, such that drawing photos gives its interval.

    Half of a pair belongs to either photo. Of these halves alone the ratio would vary half as much as the
    share does when photos are drawn, for a drawn photo brings the other halves of its pairs along: its
    deviation from the share counts twice (first-order term of a U-statistic of degree 2, Hoeffding, 1948).
    """
    share = right.sum() / there_are.sum()
    return PerQuery(right - share * there_are / 2, there_are / 2, judged=int(there_are.sum()) // 2)


def mean_over_photos(of_attributes: list[PerQuery]) -> PerQuery:
    """The unweighted mean over attributes that are judged on the same photos."""
    weights = [1 / one.counts.sum() for one in of_attributes]
    sums, counts = (
        np.sum([weight * part for weight, part in zip(weights, parts, strict=True)], axis=0)
        for parts in ([one.sums for one in of_attributes], [one.counts for one in of_attributes])
    )
    return PerQuery(sums, counts, judged=sum(one.n for one in of_attributes))
