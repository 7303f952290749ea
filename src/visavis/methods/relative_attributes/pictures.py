"""What a ranker answers, drawn: photos by strength, or two of them, with the boxes that decide."""

from pathlib import Path

import polars as pl

from visavis import images
from visavis.files import atomic_path
from visavis.methods.relative_attributes.ranker import Comparison, Ranked
from visavis.pictures.boxes import Box, with_boxes
from visavis.pictures.canvas import Picture, blank, place

CELL, GAP = 180, 10  # pixels of a photo, and between two


def draw_ranked(ranked: list[Ranked], target: Path) -> None:
    """Write a strip of photos with their boxes, the strongest at the left."""
    images.save(target, _side_by_side([_with_boxes(photo.path, photo.boxes) for photo in ranked]))


def draw_comparison(a: Path, b: Path, found: Comparison, target: Path) -> None:
    """Write both photos with their boxes, the one that shows more at the left."""
    drawn = [_with_boxes(path, boxes) for path, boxes in zip((a, b), found.boxes, strict=True)]
    images.save(target, _side_by_side(drawn[::-1] if found.more == "b" else drawn))


def ranked_table(ranked: list[Ranked], target: Path) -> None:
    """Write rank, path, score and first box of all photos as Parquet."""
    rows = [
        {"rank": one.rank, "path": str(one.path), "score": one.score}
        | dict(zip(("box_x", "box_y", "box_w", "box_h"), one.boxes[0], strict=True))
        for one in ranked
    ]
    with atomic_path(target) as staged:
        pl.DataFrame(rows).write_parquet(staged)


def _with_boxes(path: Path, boxes: tuple[Box, ...]) -> Picture:
    return with_boxes(images.load(path), boxes, side=CELL)


def _side_by_side(pictures: list[Picture]) -> Picture:
    paper = blank(CELL, len(pictures) * (CELL + GAP) - GAP)
    for column, picture in enumerate(pictures):
        place(paper, picture, column * (CELL + GAP), 0, CELL)
    return paper
