"""What a ranker answers, drawn: photos by strength, or two of them, with the boxes that decide; or where the
boxes lie beside the parts that they are for."""

from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis import images
from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.features.frames import frame_of
from visavis.files import atomic_path
from visavis.methods.relative_attributes.framing import as_trained, boxes_of
from visavis.methods.relative_attributes.localisation import (
    PART_OF,
    counted_photos,
    peer_boxes,
    seen_attributes,
    true_boxes,
)
from visavis.methods.relative_attributes.ranker import AttributeRanker, Comparison, Ranked
from visavis.pictures.boxes import Box, with_boxes
from visavis.pictures.canvas import FAINT, GREEN, Colour, Label, Picture, blank, place, write
from visavis.tables import DataSet

CELL, GAP = 180, 10  # pixels of a photo, and between two
TITLE = 34  # pixels of the band above a row
ORANGE: Colour = (240, 130, 30)
DRAWN = 6  # photos of an attribute


def draw_ranked(ranked: list[Ranked], target: Path) -> None:
    """Write a strip of photos with their boxes, the strongest at the left."""
    images.save(target, _side_by_side([_with_boxes(photo.path, photo.boxes) for photo in ranked]))


def draw_comparison(a: Path, b: Path, found: Comparison, target: Path) -> None:
    """Write both photos with their boxes, the one that shows more at the left."""
    drawn = [_with_boxes(path, boxes) for path, boxes in zip((a, b), found.boxes, strict=True)]
    images.save(target, _side_by_side(drawn[::-1] if found.more == "b" else drawn))


def ranked_table(ranked: list[Ranked], target: Path) -> None:
    """Write rank, path, score and first box of all photos as Parquet.

    Raises:
        VisavisError: the name does not end in .parquet.
    """
    if target.suffix != ".parquet":
        raise VisavisError(f"{target}: the table is written as Parquet; name it .parquet")
    rows = [
        {"rank": one.rank, "path": str(one.path), "score": one.score}
        | dict(zip(("box_x", "box_y", "box_w", "box_h"), one.boxes[0], strict=True))
        for one in ranked
    ]
    with atomic_path(target) as staged:
        pl.DataFrame(rows).write_parquet(staged)


def draw_localisation(bundle: Bundle, data: DataSet, target: Path) -> None:
    """For each attribute that a part shows, write test photos as the network sees them, taken evenly.

    Its box is green, its mean box over the train photos grey, the part orange.

    Raises:
        VisavisError: the data has no boxes of parts that show an attribute of the bundle, or no train photos.
    """
    ranker = as_trained(bundle, data)
    items, numbers = counted_photos(data), seen_attributes(ranker, data)
    found, truth = boxes_of(ranker, items), true_boxes(ranker, data, items, list(numbers))
    constant = next(iter(peer_boxes(ranker, data, found).values()))
    paper = blank(len(numbers) * (TITLE + CELL + GAP), DRAWN * (CELL + GAP) - GAP)
    labels = []
    for row, (name, number) in enumerate(numbers.items()):
        top = row * (TITLE + CELL + GAP)
        title = f"{name}: box of the model green, constant box grey, {PART_OF[name]} orange"
        labels.append(Label(0, top + TITLE // 2, title, 16, align="left"))
        shown = np.flatnonzero(np.isfinite(truth[name]).all(axis=1))
        for column, photo in enumerate(shown[np.linspace(0, len(shown) - 1, DRAWN).round().astype(int)]):
            drawn = _as_seen(ranker, Path(items["path"][int(photo)]))
            for boxes, colour in (
                (truth[name][None, photo], ORANGE),
                (constant[photo, number], FAINT),
                (found[photo, number], GREEN),
            ):
                drawn = with_boxes(drawn, _enlarged(boxes, ranker), colour=colour)
            place(paper, drawn, column * (CELL + GAP), top + TITLE, CELL)
    images.save(target, write(paper, labels))


def _as_seen(ranker: AttributeRanker, path: Path) -> Picture:
    """What the network sees of a photo, in CELL pixels."""
    share, down = ranker.frame
    part = ranker.model.side / ranker.page
    return frame_of(path, CELL, share * part, down / part)


def _enlarged(boxes: Float[np.ndarray, "R 4"], ranker: AttributeRanker) -> list[Box]:
    """Boxes in pixels of what the network sees, in those of `_as_seen`; pixel centres stay pixel centres."""
    scale = CELL / ranker.model.side
    shift = (scale - 1) / 2
    return [(scale * x + shift, scale * y + shift, scale * w, scale * h) for x, y, w, h in boxes.tolist()]


def _with_boxes(path: Path, boxes: tuple[Box, ...]) -> Picture:
    return with_boxes(images.load(path), boxes, side=CELL)


def _side_by_side(pictures: list[Picture]) -> Picture:
    paper = blank(CELL, len(pictures) * (CELL + GAP) - GAP)
    for column, picture in enumerate(pictures):
        place(paper, picture, column * (CELL + GAP), 0, CELL)
    return paper
