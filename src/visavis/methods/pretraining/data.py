"""Two views of the same item, from any mix of data."""

from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Int
from torch import Tensor

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.pages import read_pages
from visavis.folds import held_out_labels
from visavis.methods.pretraining.recipe import Source, Stage
from visavis.tables import DataSet
from visavis.training.augment import as_batch, augment


class Views(NamedTuple):
    """A batch: two views of each of B items, and the items' numbers within the stage."""

    anchors: Float[Tensor, "B 1 H W"]
    positives: Float[Tensor, "B 1 H W"]
    items: Int[Tensor, " B"]


class Pool:
    """The training pages of one source, grouped by label; an item without a label is its own group."""

    def __init__(self, source: Source, page: int, fold: int | None) -> None:
        self.data = open_dataset(source.data)
        table = training_items(self.data, fold)
        self.sides = [self._rows(table, source.anchors), self._rows(table, source.positives)]
        groups = [set(side) for side in self.sides]
        self.labels = sorted(groups[0] & groups[1])
        if not self.labels:
            raise VisavisError(
                f"{self.data.name}: no item has both a view of domain {' or '.join(source.anchors)} and "
                f"one of {' or '.join(source.positives)}; correct 'anchors' and 'positives' of this source"
            )
        self.pages = as_batch(read_pages(table["path"].to_list(), table["domain"].to_list(), page))

    def pick(self, group: int, rng: np.random.Generator) -> tuple[int, int]:
        """Rows of the two views of a group: different pages where it has more than one."""
        label = self.labels[group]
        anchor = int(rng.choice(self.sides[0][label]))
        others = [row for row in self.sides[1][label] if row != anchor]
        return anchor, int(rng.choice(others)) if others else anchor

    @staticmethod
    def _rows(table: pl.DataFrame, domains: list[str]) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, (name, label, domain) in enumerate(table.select("id", "label", "domain").iter_rows()):
            if domain in domains:
                rows.setdefault(label or name, []).append(row)
        return rows


class StageData:
    """Draws the batches of a stage. A batch comes from one source, so that its negatives are of a kind."""

    def __init__(self, stage: Stage, page: int, side: int, fold: int | None) -> None:
        self.stage, self.side = stage, side
        self.pools = [Pool(source, page, fold) for source in stage.sources]
        sizes = np.array([len(pool.labels) for pool in self.pools])
        self.offsets = np.concatenate([[0], np.cumsum(sizes)])
        self.share = sizes / sizes.sum()

    @property
    def classes(self) -> int:
        """Number of groups in all sources: the classes of objective `classes`."""
        return int(self.offsets[-1])

    def draw(self, rng: np.random.Generator) -> Views:
        """Draw the two augmented views of a batch of items."""
        number = int(rng.choice(len(self.pools), p=self.share))
        pool, batch = self.pools[number], self.stage.schedule.batch
        groups = rng.choice(len(pool.labels), batch, replace=batch > len(pool.labels))
        rows = np.array([pool.pick(group, rng) for group in groups])
        sides = (self.stage.anchor_augmentation, self.stage.positive_augmentation)
        views = []
        for column, options in zip(rows.T, sides, strict=True):
            views.append(augment(pool.pages[column], self.side, options, rng))
        return Views(views[0], views[1], torch.from_numpy(groups + self.offsets[number]))


def training_items(data: DataSet, fold: int | None) -> pl.DataFrame:
    """All items but those of a test or validation part, and of a held-out fold of the training part."""
    items = data.items.filter(pl.col("split").is_null() | (pl.col("split") == "train"))
    if fold is None:
        return items
    held_out = held_out_labels(items, fold)
    return items.filter(pl.col("label").is_null() | ~pl.col("label").is_in(held_out))
