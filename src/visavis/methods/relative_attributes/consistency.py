"""Whether comparisons agree: pairs that contradict or repeat each other, leak, or go round in circles.

A user's table is cleaned. Of each attribute and part (split) are left out, in this order: pairs of a photo
with itself; all pairs of two photos that are compared in more than one way; all but the first of those that
say the same; and training pairs of two photos that another part compares too. Published pairs are reported on
and used as they are. Circles (a > b > c > a) stay everywhere: one of their pairs is wrong, but nobody knows
which.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from visavis.files import atomic_path
from visavis.methods.relative_attributes.sources import pair_table
from visavis.tables import SPLITS, DataSet

FEW = 30  # ordered training pairs of an attribute
REASONS = {
    "itself": "of a photo with itself",
    "contradictory": "contradictory",
    "repeated": "repeated",
    "leaked": "in another part too",
}
"""Why a row is flagged, and how that is said."""

_NUMBERS = ("ordered", "equal", *REASONS, "in_circles", "circles")
_COUNTS = {"attribute": pl.String, "split": pl.String} | dict.fromkeys(_NUMBERS, pl.Int64)


@dataclass(frozen=True)
class Consistency:
    """What was found in a table of pairs; prints as a table of counts.

    Attributes:
        kept: the pairs that are used, in their order.
        flagged: the rows that have a defect, with its `reason`, one of `REASONS`.
        counts: of each `attribute` and `split`: rows that are used, `ordered` and `equal`; rows of each
            reason; ordered pairs `in_circles`; and `circles`, the groups of photos that these connect.
        cleaned: whether the flagged rows are left out of `kept`.
        unused: how many rows have no split.
    """

    kept: pl.DataFrame
    flagged: pl.DataFrame
    counts: pl.DataFrame
    cleaned: bool
    unused: int

    def findings(self, attributes: list[str] | None = None, split: str | None = None) -> list[str]:
        """What one should know before using the pairs, a sentence each; none where all is well.

        Args:
            attributes: only what concerns these.
            split: only what is wrong inside this part.
        """
        names = self.counts["attribute"].to_list() if attributes is None else attributes
        counts = self.counts.filter(pl.col("attribute").is_in(names))
        if split is not None:
            counts = counts.filter(split=split)
        told = [self._finding(row) for row in counts.rows(named=True)]
        if split is None:
            told += self._across(self.kept.filter(pl.col("attribute").is_in(names)))
        return [sentence for sentence in told if sentence]

    def _finding(self, row: dict[str, str | int]) -> str:
        told = []
        if flagged := [f"{row[reason]} {words}" for reason, words in REASONS.items() if row[reason]]:
            told.append(f"{'left out' if self.cleaned else 'used as they are'}: {', '.join(flagged)}")
        if row["in_circles"]:
            told.append(f"kept: {row['in_circles']} in circles (groups of photos: {row['circles']})")
        if row["split"] == "train" and int(row["ordered"]) < FEW:
            told.append(f"only {row['ordered']} ordered pairs to train with, fewer than {FEW}")
        return f"{row['attribute']}, {row['split']}: {'; '.join(told)}" if told else ""

    def _across(self, pairs: pl.DataFrame) -> list[str]:
        told = [f"without a split and not used: {self.unused}"] if self.unused else []
        train, test = (pairs.filter(split=split) for split in ("train", "test"))
        shared = {*train["a"], *train["b"]} & {*test["a"], *test["b"]}
        return [*told, f"photos in both training and test pairs: {len(shared)}"] if shared else told

    def write_flagged(self, target: Path) -> None:
        """Write the flagged rows as CSV."""
        with atomic_path(target) as staged:
            self.flagged.write_csv(staged)

    def __str__(self) -> str:
        table = self.counts.drop("circles")
        lines = [[name.replace("_", " ") for name in table.columns], *(map(str, row) for row in table.rows())]
        columns = [list(column) for column in zip(*lines, strict=True)]
        widths = [max(map(len, column)) for column in columns]
        padded = [
            [cell.rjust(width) if number > 1 else cell.ljust(width) for cell in column]
            for number, (column, width) in enumerate(zip(columns, widths, strict=True))
        ]
        return "\n".join("  ".join(line) for line in zip(*padded, strict=True))


def checked_pairs(data: DataSet) -> Consistency:
    """The pairs of a data set: a user's cleaned, others as they are.

    Raises:
        VisavisError: there are none, or a relation is none.
    """
    return check_pairs(pair_table(data), clean=data.pairs is not None and not data.pairs_published)


def check_pairs(table: pl.DataFrame, clean: bool = True) -> Consistency:
    """Find the defects of pairs.

    Args:
        table: as of `pair_table`.
        clean: leave out the flagged rows.
    """
    marked = table.filter(pl.col("split").is_not_null()).with_columns(reason=_reason())
    counts = [
        {"attribute": attribute, "split": split} | _count(rows, clean)
        for attribute in sorted(set(marked["attribute"]))
        for split in SPLITS
        if len(rows := marked.filter(attribute=attribute, split=split))
    ]
    return Consistency(
        kept=(marked.filter(pl.col("reason").is_null()) if clean else marked).drop("reason"),
        flagged=marked.filter(pl.col("reason").is_not_null()),
        counts=pl.DataFrame(counts, schema=_COUNTS),
        cleaned=clean,
        unused=len(table) - len(marked),
    )


def _reason() -> pl.Expr:
    """Of each row the first of `REASONS` that applies, or null."""
    low, high = pl.min_horizontal("a", "b"), pl.max_horizontal("a", "b")
    part = ["attribute", "split"]
    # "a more than b" and "b less than a" say the same.
    says = (
        pl.when(pl.col("relation") == "equal")
        .then(0)
        .otherwise(
            pl.when((pl.col("relation") == "more") == (pl.col("a") <= pl.col("b"))).then(1).otherwise(-1)
        )
    )
    elsewhere = (pl.col("split") != "train").any().over("attribute", low, high)
    applies = {
        "itself": pl.col("a") == pl.col("b"),
        "contradictory": says.n_unique().over(*part, low, high) > 1,
        "repeated": ~pl.struct(*part, low=low, high=high, says=says).is_first_distinct(),
        "leaked": (pl.col("split") == "train") & elsewhere,
    }
    return pl.coalesce(pl.when(applies[reason]).then(pl.lit(reason)) for reason in REASONS)


def _count(rows: pl.DataFrame, clean: bool) -> dict[str, int]:
    """The counts of one attribute and part."""
    sound = rows.filter(pl.col("reason").is_null())
    used = sound if clean else rows
    equal = used.filter(relation="equal")
    reasons = {reason: len(rows.filter(reason=reason)) for reason in REASONS}
    in_circles, circles = count_circles(sound.filter(pl.col("relation") != "equal"))
    return {
        "ordered": len(used) - len(equal),
        "equal": len(equal),
        **reasons,
        "in_circles": in_circles,
        "circles": circles,
    }


def count_circles(ordered: pl.DataFrame) -> tuple[int, int]:
    """How many ordered pairs lie on a circle, and how many groups of photos circles connect.

    A pair lies on a circle where a chain of pairs leads back from its weaker photo to its stronger one: both
    are in one strongly connected component of the graph of the pairs.

    Args:
        ordered: pairs of one attribute, `a` and `b` with `relation` more or less.
    """
    if ordered.is_empty():
        return 0, 0
    names, ends = np.unique(ordered.select("a", "b").to_numpy().astype(str), return_inverse=True)
    a, b = ends.reshape(-1, 2).T
    more = (ordered["relation"] == "more").to_numpy()
    start, end = np.where(more, a, b), np.where(more, b, a)
    graph = csr_array((np.ones(len(a)), (start, end)), shape=(len(names), len(names)))
    group = connected_components(graph, connection="strong")[1]
    circular = group[start] == group[end]
    return int(circular.sum()), len(np.unique(group[start[circular]]))
