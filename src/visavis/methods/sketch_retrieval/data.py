"""Tables to tuples: which sketch is drawn with which photos.

Pages are read once and kept in memory as bytes; augmentation is drawn with the batch.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from visavis.errors import VisavisError
from visavis.features.hog_wccn import HogWccn, page_hog, unit
from visavis.features.pages import photo_page, read_pages
from visavis.mining.attributes import attribute_candidates, ordered_pairs
from visavis.mining.triplets import TripletSampler
from visavis.tables import DataSet, attribute_matrix
from visavis.training.augment import Augmentation, Pages, View, as_batch

HOG_CELLS = 7  # a side of the page
CANDIDATES = 10  # photos shown to a person per sketch in the QMUL sets
Tuples = Literal["in_batch", "human", "attributes"]


class Tuple(NamedTuple):
    """One batch. Row i of the three views belongs together; attributes are NaN where unknown.

    With in-batch negatives `negatives` is None and `items` tells which rows show the same item.
    """

    sketches: View
    positives: View
    negatives: View | None
    sketch_attributes: Float[Tensor, "B K"]
    positive_attributes: Float[Tensor, "B K"]
    negative_attributes: Float[Tensor, "B K"] | None
    items: Int[Tensor, " B"]


class Side:
    """The pages of one side (sketches, or photos in all their forms), found by item number."""

    def __init__(self, table: pl.DataFrame, pages: Pages, items: list[str]) -> None:
        number_of = {label: number for number, label in enumerate(items)}
        numbers = np.array([number_of[label] for label in table["label"]])
        self.pages = pages
        self.attributes = torch.from_numpy(attribute_matrix(table))
        self.rows = [np.flatnonzero(numbers == number) for number in range(len(items))]

    def pick(self, items: Int[np.ndarray, " B"], rng: np.random.Generator) -> Int[np.ndarray, " B"]:
        """A random page row of each item."""
        return np.array([rng.choice(self.rows[item]) for item in items])


class TupleData:
    """Draws batches of (sketch, photo+, photo-) from a training table.

    Args:
        data: training items: domain `sketch`, and photos in the domains that `photo_domains` names; a sketch
            and its photo share the label.
        photo_domains: `edge` for edge maps given as files, `photo` for photos.
        rgb: read photos in colour for a learned stem, instead of as edge maps.
        page: side in pixels of the pages kept; `side`, of those drawn.
        tuples: where negatives come from: the other photos of the batch, human comparisons, or comparisons
            generated from attributes.
        hard_ratio: share of negatives taken from the sketch's candidates, the rest from all other photos.
        augmentations: of sketches and of photos.
    """

    def __init__(
        self,
        data: DataSet,
        photo_domains: list[str],
        rgb: bool,
        page: int,
        side: int,
        tuples: Tuples,
        hard_ratio: float,
        augmentations: tuple[Augmentation, Augmentation],
    ) -> None:
        sketches = data.items.filter(pl.col("domain") == "sketch")
        labelled = data.items.filter(pl.col("label").is_not_null())
        photos = labelled.filter(pl.col("domain").is_in(photo_domains))
        self.items = photos["label"].unique(maintain_order=True).to_list()
        sketches = sketches.filter(pl.col("label").is_in(self.items))
        if sketches.is_empty():
            raise VisavisError(
                f"{data.name}: no sketch shares its label with an item of domain "
                f"{' or '.join(photo_domains)}; give each sketch the label of its photo"
            )
        self.hard_ratio = hard_ratio
        sketch_options, photo_options = augmentations
        self.sketches = Side(sketches, Pages(load_pages(sketches, page), side, sketch_options), self.items)
        self.photos = Side(photos, Pages(load_pages(photos, page, rgb), side, photo_options), self.items)
        self.anchors = np.array([item for item, rows in enumerate(self.sketches.rows) if len(rows)])
        self.sampler = self._sampler(data, tuples)
        if self.sampler is not None:
            self.anchors = np.intersect1d(self.anchors, self.sampler.anchors)

    def hog_wccn(self) -> HogWccn:
        """HOG + WCCN of all training pairs; a photo that has several pages is paired with each."""
        pairs = np.array(
            [
                (sketch, photo)
                for sketches, photos in zip(self.sketches.rows, self.photos.rows, strict=True)
                for sketch in sketches
                for photo in photos
            ]
        )
        sketches, photos = (side.pages.pages[:, 0].numpy() for side in (self.sketches, self.photos))
        return HogWccn(hog_cell(photos.shape[-1])).fit(sketches[pairs[:, 0]], photos, pairs[:, 1])

    def draw(self, batch: int, rng: np.random.Generator) -> Tuple:
        """Draw a batch of tuples with their augmentation."""
        chosen = rng.choice(self.anchors, batch, replace=batch > len(self.anchors))
        positive, negative = (chosen, None) if self.sampler is None else self.sampler.draw(chosen, rng)
        sketch_rows, positive_rows = self.sketches.pick(chosen, rng), self.photos.pick(positive, rng)
        negatives = attributes = None
        if negative is not None:
            negative_rows = self.photos.pick(negative, rng)
            negatives = self.photos.pages.draw(negative_rows, rng)
            attributes = self.photos.attributes[negative_rows]
        return Tuple(
            self.sketches.pages.draw(sketch_rows, rng),
            self.photos.pages.draw(positive_rows, rng),
            negatives,
            self.sketches.attributes[sketch_rows],
            self.photos.attributes[positive_rows],
            attributes,
            torch.from_numpy(chosen),
        )

    def _sampler(self, data: DataSet, tuples: Tuples) -> TripletSampler | None:
        if tuples == "in_batch":
            return None
        if tuples == "human":
            anchor, positive, negative, votes, votes_of = self._human_comparisons(data)
            return TripletSampler(
                anchor,
                positive,
                negative,
                n_photos=len(self.items),
                votes=votes,
                votes_of=votes_of,
                hard_ratio=self.hard_ratio,
            )
        anchor, positive, negative = ordered_pairs(self._attribute_candidates(data))
        return TripletSampler(
            anchor, positive, negative, n_photos=len(self.items), hard_ratio=self.hard_ratio
        )

    def _human_comparisons(self, data: DataSet) -> tuple[Int[np.ndarray, " T"], ...]:
        """Comparisons as item numbers; every sketch of an item is drawn with that item's comparisons."""
        if data.triplets is None or data.triplets.is_empty():
            raise VisavisError(
                f"{data.name}: tuples 'human' needs a table of triplets; use 'attributes' or 'in_batch'"
            )
        label_of = dict(zip(data.items["id"], data.items["label"], strict=True))
        number_of = {label: number for number, label in enumerate(self.items)}
        rows = data.triplets.select("anchor", "positive", "negative").rows()
        if unknown := [name for row in rows for name in row if label_of[name] not in number_of]:
            raise VisavisError(
                f"{data.name}: triplets name '{unknown[0]}', which has no label of a training photo; "
                f"give it the label of its photo or leave the triplet out"
            )
        numbers = np.array([[number_of[label_of[name]] for name in row] for row in rows])
        return (*numbers.T, data.triplets["votes"].to_numpy(), data.triplets["votes_of"].to_numpy())

    def _attribute_candidates(self, data: DataSet) -> Int[np.ndarray, "N C"]:
        """Per item the photos nearest by attributes and HOG, in place of the candidates shown to people."""
        if not data.attributes:
            raise VisavisError(f"{data.name}: tuples 'attributes' needs columns attr.<name>; use 'in_batch'")
        first = np.array([rows[0] for rows in self.photos.rows])
        keep = min(CANDIDATES, len(first) - 1)
        if keep < 2:
            raise VisavisError(
                f"{data.name}: tuples 'attributes' needs 3 photos at least; it has {len(first)}"
            )
        attributes = self.photos.attributes[first].numpy()
        pages = self.photos.pages.pages[first, 0].numpy()
        drawn = unit(page_hog(pages, hog_cell(pages.shape[-1])))
        return attribute_candidates(
            attributes, attributes, np.arange(len(first)), keep=keep, feature_distance=1 - drawn @ drawn.T
        )


def hog_cell(page: int) -> int:
    """Side in pixels of HOG's cells on a page of `page` px."""
    return page // HOG_CELLS


def load_pages(table: pl.DataFrame, side: int, rgb: bool = False) -> UInt8[Tensor, "N C H W"]:
    """Pages of a table's items: drawings, photos as edge maps, or photos in colour for a learned stem."""
    if rgb:
        return as_batch([photo_page(Path(path), side) for path in table["path"]])
    return as_batch(read_pages(table["path"].to_list(), table["domain"].to_list(), side))
