"""Two views of the same item, from any mix of data."""

from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import read_frames
from visavis.features.pages import read_pages
from visavis.folds import held_out_labels
from visavis.methods.pretraining.recipe import Source, Stage
from visavis.nets.backbone import Backbone
from visavis.tables import DataSet, attribute_matrix
from visavis.training.augment import Outside, Pages, View, as_batch


class Views(NamedTuple):
    """A batch from pool number `pool`: two views of each of B items, their numbers in the stage and tags."""

    pool: int
    anchors: View
    positives: View
    items: Int[Tensor, " B"]
    tags: Float[Tensor, "2*B K"]  # of all anchors, then of all positives; NaN where unknown


class Pool(nn.Module):
    """The training pages of one source, grouped by label; an item without a label is its own group."""

    def __init__(self, source: Source, stage: Stage, page: int, net: Backbone, fold: int | None) -> None:
        super().__init__()
        self.data = open_dataset(source.data)
        table = training_items(self.data, fold)
        if source.group == "item":
            table = table.with_columns(label=pl.lit(None, pl.String))
        self.sides = [self._rows(table, source.anchors), self._rows(table, source.positives)]
        groups = [set(side) for side in self.sides]
        self.labels = sorted(groups[0] & groups[1])
        if not self.labels:
            raise VisavisError(
                f"{self.data.name}: no item has both a view of domain {' or '.join(source.anchors)} and "
                f"one of {' or '.join(source.positives)}; correct 'anchors' and 'positives' of this source"
            )
        self.tags = torch.from_numpy(attribute_matrix(table))
        pages = load_views(table, page, net, source.share, source.down)
        outside: Outside = "white" if net.colours == 1 else "border"
        self.anchors = Pages(pages, net.side, stage.anchor_augmentation, outside)
        self.positives = Pages(pages, net.side, stage.positive_augmentation, outside)

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


class StageData(nn.Module):
    """Draws the batches of a stage. A batch comes from one source, so that its negatives are of a kind."""

    def __init__(self, stage: Stage, page: int, net: Backbone, fold: int | None) -> None:
        super().__init__()
        self.stage, self.page = stage, page
        self.pools = nn.ModuleList(Pool(source, stage, page, net, fold) for source in stage.sources)
        sizes = np.array([len(self._pool(number).labels) for number in range(len(self.pools))])
        self.offsets = np.concatenate([[0], np.cumsum(sizes)])
        self.share = sizes / sizes.sum()

    @property
    def sources(self) -> list[DataSet]:
        """The data sets of the pools."""
        return [self._pool(number).data for number in range(len(self.pools))]

    @property
    def tags(self) -> int:
        """Number of attributes of the first source, which alone is read by objective `tags`."""
        return self._pool(0).tags.shape[1]

    @property
    def classes(self) -> int:
        """Number of groups in all sources: the classes of objective `classes`."""
        return int(self.offsets[-1])

    def draw(self, rng: np.random.Generator) -> Views:
        """Draw the two augmented views of a batch of items."""
        number = int(rng.choice(len(self.pools), p=self.share))
        pool, batch = self._pool(number), self.stage.schedule.batch
        groups = rng.choice(len(pool.labels), batch, replace=batch > len(pool.labels))
        rows = np.array([pool.pick(group, rng) for group in groups])
        return Views(
            number,
            pool.anchors.draw(rows[:, 0], rng),
            pool.positives.draw(rows[:, 1], rng),
            torch.from_numpy(groups + self.offsets[number]),
            pool.tags[rows.T.ravel()],
        )

    def forward(self, batch: Views) -> Float[Tensor, "_ C side side"]:
        """The pages of a batch: all anchors, then all positives."""
        pool = self._pool(batch.pool)
        return torch.cat([pool.anchors(batch.anchors), pool.positives(batch.positives)])

    def _pool(self, number: int) -> Pool:
        pool = self.pools[number]
        assert isinstance(pool, Pool)
        return pool


def load_views(
    table: pl.DataFrame, page: int, net: Backbone, share: float = 1.0, down: float = 0.0
) -> UInt8[Tensor, "N C page page"]:
    """What the net reads of a table's items: drawings and edge maps as pages, or photos in colour."""
    paths = table["path"].to_list()
    if net.colours == 1:
        return as_batch(read_pages(paths, table["domain"].to_list(), page))
    return as_batch(read_frames(paths, page, share, down))


def training_items(data: DataSet, fold: int | None) -> pl.DataFrame:
    """All items but those of a test or validation part, and of a held-out fold of the training part."""
    items = data.items.filter(pl.col("split").is_null() | (pl.col("split") == "train"))
    if fold is None:
        return items
    held_out = held_out_labels(items, fold)
    return items.filter(pl.col("label").is_null() | ~pl.col("label").is_in(held_out))
