"""Where a ranker's boxes and the parts of things lie in photos, both in shares of the frame that it reads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.features.frames import read_frames, square_in_photo
from visavis.methods.relative_attributes.framed import shares_of_frame
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.scoring import locate
from visavis.tables import PART_BOX, DataSet
from visavis.training.augment import as_batch

FRAMES = {("lfw10", "face-landmarks"): (1.05, -0.064)}
"""(Trained on, measured on) -> share and down of the square in which faces are as large and as high as there.

Medians, as shares of the photo's side: the eyes are .164 apart in LFW-10 and .179 in face-landmarks, eyes and
mouth .198 and .202; the middle between eyes and mouth lies .049 below the photo's middle and .015 above it.
Those of LFW-10 are of 200 photos, onto which the mean places of the aligned LFW were mapped by matched
features; those of face-landmarks are of its points.
"""


def as_trained(bundle: Bundle, data: DataSet) -> AttributeRanker:
    """The ranker, reading photos of the data so that things are as large as in those it was trained on."""
    settings = bundle.config.settings
    share, down = FRAMES.get((bundle.config.recipe["data"], data.name), (1.0, 0.0))
    # A square of a square: `down` counts in sides of the smaller one.
    frame = {"share": share * settings["share"], "down": settings["down"] + down / settings["share"]}
    config = bundle.config.model_copy(update={"settings": settings | frame})
    return AttributeRanker(replace(bundle, config=config))


def boxes_of(ranker: AttributeRanker, items: pl.DataFrame) -> Float[np.ndarray, "N K R 4"]:
    """The ranker's boxes x, y, w, h in photos, in shares of the frame's side."""
    photos = as_batch(read_frames(items["path"].to_list(), ranker.page, *ranker.frame))
    boxes = locate(ranker.model, photos).double()
    shares = shares_of_frame(boxes, ranker.model.side, ranker.page).numpy()
    corner, size = shares[..., :2], shares[..., 2:]
    # A negative scale mirrors what is read there.
    return np.concatenate([corner + np.minimum(size, 0), np.abs(size)], axis=-1)


def part_boxes(
    ranker: AttributeRanker, items: pl.DataFrame, parts: pl.DataFrame, part: str
) -> Float[np.ndarray, "N 4"]:
    """Boxes of a part in photos, in shares of the frame's side; NaN where it is not there."""
    own = parts.filter(part=part)
    of_items = items.select("id").join(own, on="id", how="left", maintain_order="left")
    boxes = of_items.select(PART_BOX).to_numpy()
    squares = np.array([square_in_photo(Path(path), ranker.page, *ranker.frame) for path in items["path"]])
    first, scale = squares[:, :2], squares[:, 2:]
    # The first pixel's centre lies half a pixel inside the frame.
    corner = (boxes[:, :2] - first) / scale + 0.5
    shares: np.ndarray = np.hstack([corner, boxes[:, 2:] / scale]) / ranker.page
    return shares
