"""Pairs of photos: which of two shows more of an attribute, or as much."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from visavis.errors import VisavisError
from visavis.features.frames import read_frames
from visavis.methods.relative_attributes.consistency import checked_pairs
from visavis.tables import DataSet
from visavis.training.augment import Augmentation, Pages, View, as_batch

TARGET = {"more": 1.0, "equal": 0.5, "less": 0.0}
HELD_OUT_PARTS = 10  # of the people, one of which a fold holds out, and with it a fifth of the pairs


@dataclass(frozen=True)
class Pairs:
    """Ordered and equal pairs of one split.

    `first`, `second` (P,) are rows of `items`, `attribute` (P,) numbers of `names`, `target` (P,) is 1 where
    the first shows more, 0 where the second does and 1/2 where both show as much; `votes` (P,) counts the
    annotators who said so, -1 where unknown.
    """

    items: pl.DataFrame
    names: list[str]
    first: Int[np.ndarray, " P"]
    second: Int[np.ndarray, " P"]
    attribute: Int[np.ndarray, " P"]
    target: Float[np.ndarray, " P"]
    votes: Int[np.ndarray, " P"]

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: Int[np.ndarray, " C"]) -> "Pairs":
        """Some of the pairs, among all the items still."""
        parts = (self.first, self.second, self.attribute, self.target, self.votes)
        return Pairs(self.items, self.names, *(part[chosen] for part in parts))

    def ordered(self, attribute: int) -> tuple[Int[np.ndarray, " P"], Int[np.ndarray, " P"]]:
        """Of the ordered pairs of an attribute, the photos that show more and those that show less."""
        pairs = self.take(np.flatnonzero((self.attribute == attribute) & (self.target != 0.5)))
        first = pairs.target == 1
        return np.where(first, pairs.first, pairs.second), np.where(first, pairs.second, pairs.first)


def pairs_of(data: DataSet, split: str, attributes: list[str] | None = None) -> Pairs:
    """The pairs of a split as rows and numbers, without those that `checked_pairs` drops.

    Raises:
        VisavisError: there are no such pairs, an attribute is unknown, a relation is none, or an attribute
            has no ordered pair to train with.
    """
    checked = checked_pairs(data)
    known = checked.counts["attribute"].unique().sort().to_list()
    names = known if attributes is None else attributes
    if unknown := [name for name in names if name not in known]:
        raise VisavisError(f"{data.name}: no pairs of attribute '{unknown[0]}'; there are {', '.join(known)}")
    kept = checked.kept.filter(pl.col("split") == split, pl.col("attribute").is_in(names))
    if checked.counts.filter(pl.col("split") == split, pl.col("attribute").is_in(names)).is_empty():
        raise VisavisError(f"{data.name}: no pair is of split {split}; give some pairs split '{split}'")
    ordered = set(kept.filter(pl.col("relation") != "equal")["attribute"])
    if split == "train" and (idle := [name for name in names if name not in ordered]):
        raise VisavisError(
            f"{data.name}: no ordered pair of attribute '{idle[0]}' is left to train with; "
            "see `visavis pairs`, add some (relation more or less), or leave the attribute out"
        )
    used = set(kept["a"]) | set(kept["b"])
    items = data.items.filter(pl.col("id").is_in(list(used)))
    row_of = {name: row for row, name in enumerate(items["id"])}
    number_of = {name: number for number, name in enumerate(names)}
    return Pairs(
        items,
        names,
        np.array([row_of[name] for name in kept["a"]]),
        np.array([row_of[name] for name in kept["b"]]),
        np.array([number_of[name] for name in kept["attribute"]]),
        np.array([TARGET[relation] for relation in kept["relation"]]),
        kept["votes"].fill_null(-1).to_numpy(),
    )


def held_out_pairs(pairs: Pairs, fold: int) -> tuple[Pairs, Pairs]:
    """The pairs without anyone of a tenth of the people, and the ordered ones of the others.

    People are labels, or photos where there is none. Pairs that are held out at random show people who are
    known from others, and promise more than the test pairs keep.

    Args:
        pairs: to learn from.
        fold: 0..4, which tenth is held out. The other photo of a held-out pair may be known.

    Raises:
        VisavisError: an attribute has an ordered pair in only one of the two.
    """
    owner = pairs.items.select(pl.coalesce("label", "id")).to_series()
    owners = owner.unique(maintain_order=True).to_numpy()
    chosen = np.array_split(np.random.default_rng(0).permutation(owners), HELD_OUT_PARTS)[fold]
    strange = owner.is_in(chosen.tolist()).to_numpy()
    outside = strange[pairs.first] | strange[pairs.second]
    kept, held_out = np.flatnonzero(~outside), np.flatnonzero(outside & (pairs.target != 0.5))
    for rows, where in ((held_out, "in"), (kept[pairs.target[kept] != 0.5], "outside of")):
        if idle := set(range(len(pairs.names))) - set(pairs.attribute[rows].tolist()):
            raise VisavisError(
                f"no ordered pair of attribute '{pairs.names[min(idle)]}' is {where} fold {fold}; "
                "set fold to null, or leave the attribute out"
            )
    return pairs.take(kept), pairs.take(held_out)


class PairBatch(NamedTuple):
    """P pairs; both views of a pair are drawn apart, as the authors' release does."""

    first: View
    second: View
    attribute: Int[Tensor, " P"]
    target: Float[Tensor, " P"]


class PairData:
    """Draws batches of pairs, each attribute as often as any other.

    Args:
        pairs: ordered and equal ones.
        photos: of `pairs.items`.
        side, options: of the views, see `Pages`.
        equal: how often an equal pair is drawn for each time that an ordered one of its attribute is.
    """

    def __init__(
        self,
        pairs: Pairs,
        photos: UInt8[Tensor, "N 3 H W"],
        side: int,
        options: Augmentation,
        equal: float = 1.0,
    ) -> None:
        self.pairs = pairs
        self.photos = Pages(photos, side, options, outside="border")
        weight = np.where(pairs.target == 0.5, equal, 1.0)
        drawn = [np.flatnonzero((pairs.attribute == k) & (weight > 0)) for k in range(len(pairs.names))]
        self.of_attribute = [rows for rows in drawn if len(rows)]
        self.chances = [weight[rows] / weight[rows].sum() for rows in self.of_attribute]

    def draw(self, batch: int, rng: np.random.Generator) -> PairBatch:
        """Draw a batch of pairs with their augmentation."""
        attributes = rng.integers(len(self.of_attribute), size=batch)
        chosen = np.array([rng.choice(self.of_attribute[k], p=self.chances[k]) for k in attributes])
        pairs = self.pairs.take(chosen)
        return PairBatch(
            self.photos.draw(pairs.first, rng),
            self.photos.draw(pairs.second, rng),
            torch.from_numpy(pairs.attribute),
            torch.from_numpy(pairs.target).float(),
        )


def load_photos(items: pl.DataFrame, page: int, share: float, down: float) -> UInt8[Tensor, "N 3 page page"]:
    """Photos of a table's items, framed."""
    return as_batch(read_frames(items["path"].to_list(), page, share, down))
