"""Where pairs come from: people who compared photos, the order of their classes, or their strengths."""

import numpy as np
import polars as pl
from jaxtyping import Int

from visavis.datasets.class_orders import class_order, class_order_pairs
from visavis.datasets.official import RELATIONS
from visavis.errors import VisavisError
from visavis.tables import ATTRIBUTE, DataSet

UNNAMED = "strength"  # the attribute of pairs that name none
OF_CLASSES = 10_000  # training pairs of each attribute at most, where classes are ordered
SAMPLED = {"train": 200, "test": 100}  # pairs an attribute, where there are only strengths
ALIKE = 0.1  # strengths that differ by less count as equal


def pair_table(data: DataSet) -> pl.DataFrame:
    """All pairs of a data set: `a`, `b`, `relation`, `attribute`, `split`, `votes`, the last two with gaps.

    A table that names no attribute has one, and one without splits is all for training; where it has splits,
    a pair without one takes part in nothing. Without a table, pairs are drawn from the orders of classes or
    the strengths of photos.

    Raises:
        VisavisError: there is none of the three, or a relation is none.
    """
    if data.pairs is not None:
        pairs = data.pairs
    else:
        pairs = strength_pairs(data) if data.orders is None else order_pairs(data)
    wrong = pairs.filter(~pl.col("relation").is_in(RELATIONS))
    if len(wrong):
        raise VisavisError(
            f"{data.name}: relation '{wrong['relation'][0]}' of a pair is none of {', '.join(RELATIONS)}"
        )
    defaults = {"attribute": UNNAMED, "split": "train", "votes": None}
    absent = {name: pl.lit(value) for name, value in defaults.items() if name not in pairs.columns}
    return pairs.with_columns(**absent).select(
        "a",
        "b",
        "relation",
        pl.col("attribute").fill_null(UNNAMED),
        "split",
        pl.col("votes").cast(pl.Int64),
    )


def order_pairs(data: DataSet) -> pl.DataFrame:
    """Training pairs by the orders of classes, drawn without repetition and the same at every call.

    Raises:
        VisavisError: as `class_order_pairs` does.
    """
    return class_order_pairs(data, class_order(data), "train", OF_CLASSES, np.random.default_rng(0))


def strength_pairs(data: DataSet) -> pl.DataFrame:
    """Pairs sampled from the attribute strengths of photos, the same at every call.

    Raises:
        VisavisError: there are neither pairs nor strengths, or no photos of a split to sample from.
    """
    photos = data.items.filter(pl.col("domain") == "photo")
    columns = [name for name in photos.columns if name.startswith(ATTRIBUTE)]
    if not columns:
        raise VisavisError(
            f"{data.name}: has neither pairs nor attributes (attr.<name>); put a table NAME.pairs.csv "
            "with columns a, b, relation beside that of the items"
        )
    rng = np.random.default_rng(0)
    parts = []
    for split, count in SAMPLED.items():
        part = photos.filter(pl.col("split") == split)
        if len(part) < 2:
            continue
        for column in columns:
            first, second = _two_of(len(part), count, rng)
            strengths = part[column].to_numpy()
            gap = strengths[first] - strengths[second]
            relation = np.where(np.abs(gap) < ALIKE, "equal", np.where(gap > 0, "more", "less"))
            known = ~np.isnan(gap)
            ids = part["id"].to_numpy()
            parts.append(
                pl.DataFrame(
                    {
                        "a": ids[first[known]],
                        "b": ids[second[known]],
                        "relation": relation[known],
                        "attribute": column.removeprefix(ATTRIBUTE),
                        "split": split,
                    }
                )
            )
    if not parts:
        raise VisavisError(
            f"{data.name}: pairs are sampled from photos of split train or test, but neither has two of them"
        )
    return pl.concat(parts)


def _two_of(
    count: int, times: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
    """Two different numbers below `count`, many times."""
    first = rng.integers(0, count, times)
    return first, (first + rng.integers(1, count, times)) % count
