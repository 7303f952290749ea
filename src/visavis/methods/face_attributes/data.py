"""Photos as the localisers see them, and faces as the reader does."""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.features.frames import cut, read_frames
from visavis.folds import held_out_labels
from visavis.sheets import nearest
from visavis.tables import ATTRIBUTE, BOX, DataSet, attribute_matrix
from visavis.training.augment import Augmentation, Pages, View, as_batch

FINER = 3  # pixels of a photo to one that is asked for, at least, so that reading it smaller changes little

Boxes = Float[np.ndarray, "N 4"]


class Squares(NamedTuple):
    """Squares of photos: `middle` (N, 2), x and y, and `side` (N,), in pixels from the photos' upper left."""

    middle: Float[np.ndarray, "N 2"]
    side: Float[np.ndarray, " N"]

    def boxes(self, inside: Boxes, page: int) -> Boxes:
        """Boxes in pixels of pages of that side that were cut at the squares, in those of the photos."""
        scale = (self.side / page)[:, None]
        corner = self.middle - self.side[:, None] / 2
        return np.hstack([corner + scale * inside[:, :2], scale * inside[:, 2:]])


def whole_photos(paths: list[str]) -> Squares:
    """The square about each photo, as large as its longer side."""
    sizes = sizes_of(paths)
    return Squares(sizes / 2, sizes.max(axis=1))


def sizes_of(paths: list[str]) -> Float[np.ndarray, "N 2"]:
    """Width and height of photos in pixels."""
    return np.array([images.size_of(path)[::-1] for path in paths], dtype=np.float64)


def squares_about(boxes: Boxes, around: float) -> Squares:
    """Squares with the middles of boxes, `around` times as large as these are high."""
    return Squares(boxes[:, :2] + boxes[:, 2:] / 2, around * boxes[:, 3])


def read_squares(paths: list[str], squares: Squares, page: int) -> UInt8[Tensor, "N 3 page page"]:
    """Cut squares out of photos and scale them to pages."""

    load = lru_cache(2)(load_smaller)  # the faces of one photo come one after the other

    def one(number: int) -> UInt8[np.ndarray, "page page 3"]:
        side = float(squares.side[number])
        photo, scale = load(paths[number], halvings(side / page))
        x, y = scale * squares.middle[number] - 0.5  # `cut` has the centres of pixels at integers
        return cut(photo, (x, y), scale * side, page)

    with ThreadPoolExecutor(2) as pool:
        return as_batch(list(pool.map(one, range(len(paths)))))


def halvings(step: float) -> int:
    """How often a photo may be halved where one of so many of its pixels in a row is asked for."""
    return math.floor(math.log2(max(step / FINER, 1)))


def load_smaller(path: str, times: int) -> tuple[UInt8[np.ndarray, "H W 3"], float]:
    """A photo that is halved so many times, and its scale then."""
    if not times:
        return images.load(path, mode="rgb"), 1.0
    longest = max(images.size_of(path))
    photo = images.load(path, mode="rgb", size=math.ceil(longest / 2**times))
    return photo, max(photo.shape[:2]) / longest


def read_aligned(paths: list[str], share: float, down: float, page: int) -> UInt8[Tensor, "N 3 page page"]:
    """Aligned faces: a square at the same place of each photo."""
    return as_batch(read_frames(paths, page, share, down))


def training_part(data: DataSet, fold: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items to learn from and items to validate on: the validation part, and of a fold its people.

    Items without a split are learned from. Boxes are left out: nothing here may know them.
    """
    items = data.items.drop(BOX, strict=False).with_columns(pl.col("split").fill_null("train"))
    train, validation = (items.filter(pl.col("split") == part) for part in ("train", "validation"))
    if fold is None:
        return train, validation
    held_out = pl.col("label").is_in(held_out_labels(items, fold)).fill_null(False)
    return train.filter(~held_out), pl.concat([validation, train.filter(held_out)])


def check_tags(data: DataSet, names: list[str] | None, chosen: list[str] | None = None) -> list[str]:
    """The attributes to learn from data: those chosen, else `names`, which have to be all of the data's.

    Raises:
        VisavisError: there are none, or others, or one that is chosen is not there or chosen twice.
    """
    if not data.attributes:
        raise VisavisError(f"{data.name}: there are no tags to learn; add columns attr.<name> of 1 and 0")
    if chosen is not None:
        if absent := [name for name in chosen if name not in data.attributes]:
            raise VisavisError(
                f"{data.name}: key 'attributes' has '{absent[0]}', of which there are no tags"
                f"{nearest(absent[0], data.attributes)}"
            )
        if len(set(chosen)) < len(chosen):
            raise VisavisError("key 'attributes' names one of them twice; name each once")
        return chosen
    if names is not None and (other := set(data.attributes) ^ set(names)):
        first = min(other)
        has = "has tags of" if first in data.attributes else "lacks tags of"
        raise VisavisError(
            f"{data.name}: {has} '{first}', unlike the others; take it out of reader.sources, or name what "
            "all have with attributes=[...]"
        )
    return names or data.attributes


def check_known(names: list[str], tags: Float[np.ndarray, "N K"]) -> None:
    """Raise VisavisError where nobody knows of any training image whether it has an attribute."""
    if nowhere := [name for name, of_it in zip(names, tags.T, strict=True) if np.isnan(of_it).all()]:
        raise VisavisError(
            f"attr.{nowhere[0]}: no training image has a tag of it; fill some in, or name the others with "
            "attributes=[...]"
        )


def faceless_photos(name: str, split: str) -> DataSet:
    """The items of a split of data without faces, or all of them where it has no splits.

    Raises:
        VisavisError: the data has splits, and nothing in this one.
    """
    data = open_dataset(name)
    if data.items["split"].is_null().all():
        return data
    chosen = data.select(split=split)
    if chosen.items.is_empty():
        raise VisavisError(f"{name}: there is nothing in its split '{split}'; give pictures of that split")
    return chosen


def tags_of(items: pl.DataFrame, names: list[str] | None = None) -> Float[np.ndarray, "N K"]:
    """The attributes of items as tags: 1 from a strength of one half on, else 0, NaN where unknown.

    Strengths between 0 and 1, as those of rendered faces, become tags here and nowhere else.

    Args:
        items: a table of them.
        names: attributes in the order of the columns; None for all that there are.
    """
    chosen = items if names is None else items.select(f"{ATTRIBUTE}{name}" for name in names)
    strengths = attribute_matrix(chosen)
    return np.where(np.isnan(strengths), strengths, strengths >= 0.5)


class TagBatch(NamedTuple):
    """Views of photos with their tags (NaN where unknown), and of pictures without faces."""

    photos: View
    tags: Float[Tensor, "B K"]
    faceless: View | None


class TagData(nn.Module):
    """Draws photos and their tags, and pictures without faces beside them."""

    def __init__(
        self,
        photos: UInt8[Tensor, "N 3 page page"],
        tags: Float[np.ndarray, "N K"],
        side: int,
        augmentation: Augmentation,
        faceless: UInt8[Tensor, "M 3 page page"] | None = None,
    ) -> None:
        super().__init__()
        self.photos = Pages(photos, side, augmentation, "border")
        self.faceless = None if faceless is None else Pages(faceless, side, augmentation, "border")
        self.tags = torch.from_numpy(tags)

    def draw(self, batch: int, without: float, rng: np.random.Generator) -> TagBatch:
        """Draw a batch, of which a share `without` has no faces if there are such pictures."""
        beside = 0 if self.faceless is None else round(without * batch)
        rows = _some(len(self.photos.pages), batch - beside, rng)
        other = None
        if self.faceless is not None and beside:
            other = self.faceless.draw(_some(len(self.faceless.pages), beside, rng), rng)
        return TagBatch(self.photos.draw(rows, rng), self.tags[rows], other)

    def forward(self, batch: TagBatch) -> Float[Tensor, "_ 3 side side"]:
        """The pages of a batch: those with faces, then those without."""
        photos: Tensor = self.photos(batch.photos)
        if self.faceless is None or batch.faceless is None:
            return photos
        return torch.cat([photos, self.faceless(batch.faceless)])


def _some(there_are: int, wanted: int, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(there_are, wanted, replace=wanted > there_are)
