"""What ANet learns from: faces of several sources, cut where LNet finds them, or aligned."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor

from visavis.datasets import open_dataset
from visavis.methods.face_attributes.data import check_tags, read_aligned, tags_of, training_part
from visavis.methods.face_attributes.model import FaceAttributes
from visavis.methods.face_attributes.recipe import FaceSource, FacesRecipe, ReaderStage
from visavis.methods.face_attributes.scoring import locate, read_faces
from visavis.methods.face_attributes.tasks import Examples
from visavis.tables import DataSet


def open_sources(
    stage: ReaderStage, learned: list[str] | None, chosen: list[str] | None
) -> tuple[list[DataSet], list[str]]:
    """The data that ANet learns from, and the attributes: those chosen, or those that they all have.

    Args:
        stage: with the sources.
        learned: the attributes that LNet has learned, None where there is none.
        chosen: those of the recipe.
    """
    sources = [open_dataset(source.data) for source in stage.sources]
    names = check_tags(sources[0], learned, chosen)
    for data in sources[1:]:
        check_tags(data, names, chosen)
    return sources, names


@dataclass(frozen=True)
class FaceItems:
    """Items of ANet's sources, and what it sees of them in the windows that a model finds.

    `names` are those of the attributes, in the order of the tags' columns.
    """

    parts: list[tuple[FaceSource, pl.DataFrame]]
    names: list[str]
    settings: dict[str, Any]

    def of(self, *, aligned: bool) -> "FaceItems":
        """Those of the sources that are aligned, or that are not."""
        return replace(self, parts=[part for part in self.parts if part[0].aligned == aligned])

    @property
    def paths(self) -> list[str]:
        """Paths of all images."""
        return [path for _, items in self.parts for path in items["path"]]

    @property
    def tags(self) -> Float[np.ndarray, "N K"]:
        """Tags of all images."""
        return np.concatenate([tags_of(items, self.names) for _, items in self.parts])

    def __call__(self, model: FaceAttributes) -> Examples | None:
        """All faces with their tags; None where there are none."""
        pages = [
            self._pages(source, items["path"].to_list(), model) for source, items in self.parts if len(items)
        ]
        return Examples(torch.cat(pages), self.tags) if pages else None

    def _pages(self, source: FaceSource, paths: list[str], model: FaceAttributes) -> Tensor:
        if source.aligned:
            return read_aligned(paths, source.share, source.down, self.settings["reader"]["page"])
        return read_faces(paths, locate(model.eval(), paths, self.settings).boxes, self.settings)


def face_items(
    recipe: FacesRecipe,
    stage: ReaderStage,
    sources: list[DataSet],
    names: list[str],
    settings: dict[str, Any],
) -> tuple[FaceItems, FaceItems]:
    """What ANet learns from, and what it is validated on."""
    parts = [training_part(data, recipe.fold) for data in sources]
    learned, held_out = (
        FaceItems(list(zip(stage.sources, items, strict=True)), names, settings)
        for items in zip(*parts, strict=True)
    )
    return learned, held_out
