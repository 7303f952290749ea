"""A query and what was found for it, in one row; rows one above the other compare models."""

from collections.abc import Sequence
from typing import NamedTuple

from visavis.pictures.canvas import (
    FAINT,
    GREEN,
    INK,
    LINE,
    Colour,
    Image,
    Label,
    Picture,
    blank,
    fitted,
    frame,
    place,
    write,
)

MARGIN = 16
GAP = 14  # between answers
DIVIDE = 40  # between the query and the answers
CAPTION = 15  # height of the text
LEADING = 22  # from one line of a caption to the next
TITLE = 44  # height of the band above a titled row
FRAME = 4


class Answer(NamedTuple):
    """One result: its image, what is written below, and whether it is the true match, framed in green."""

    image: Image
    caption: str
    highlighted: bool = False


def strip(
    query: Image, answers: Sequence[Answer], *, query_caption: str = "query", cell: int = 160
) -> Picture:
    """One row: the query at the left, then its answers from best to worst, the true match framed in green.

    `answers` holds (image, caption, highlighted); a caption may have several lines, and a line too long for
    its image is shortened. Every image is scaled to fit a square of `cell` pixels.
    """
    lines = max((caption.count("\n") + 1 for _, caption, _ in answers), default=1)
    width = 2 * MARGIN + cell + (DIVIDE - GAP) * bool(answers) + len(answers) * (cell + GAP)
    paper = blank(2 * MARGIN + cell + 6 + lines * LEADING, width)
    place(paper, query, MARGIN, MARGIN, cell)
    frame(paper, MARGIN, MARGIN, cell, colour=LINE, thickness=1)
    labels = _caption(query_caption, MARGIN, cell, INK, bold=True)
    if answers:
        middle = MARGIN + cell + DIVIDE // 2
        paper[MARGIN : MARGIN + cell, middle : middle + 1] = LINE
    for column, (image, caption, highlighted) in enumerate(answers):
        x = MARGIN + cell + DIVIDE + column * (cell + GAP)
        place(paper, image, x, MARGIN, cell)
        if highlighted:
            frame(paper, x, MARGIN, cell, colour=GREEN, thickness=FRAME)
            labels += _caption(caption, x, cell, GREEN, bold=True)
        else:
            frame(paper, x, MARGIN, cell, colour=LINE, thickness=1)
            labels += _caption(caption, x, cell, FAINT)
    return write(paper, labels)


def strips(
    rows: Sequence[tuple[Image, Sequence[Answer]]],
    titles: Sequence[str],
    *,
    query_caption: str = "query",
    cell: int = 160,
) -> Picture:
    """Rows of (query, answers) one above the other, each under its title, as wide as the longest."""
    drawn = [strip(query, answers, query_caption=query_caption, cell=cell) for query, answers in rows]
    width = max(row.shape[1] for row in drawn)
    paper = blank(sum(TITLE + row.shape[0] for row in drawn), width)
    labels = []
    top = 0
    for row, title in zip(drawn, titles, strict=True):
        if top:
            paper[top : top + 1, MARGIN : width - MARGIN] = LINE
        labels.append(Label(MARGIN, top + TITLE // 2 + 4, title, 18, bold=True, align="left"))
        paper[top + TITLE : top + TITLE + row.shape[0], : row.shape[1]] = row
        top += TITLE + row.shape[0]
    return write(paper, labels)


def _caption(caption: str, x: int, cell: int, colour: Colour, bold: bool = False) -> list[Label]:
    first = MARGIN + cell + 6 + LEADING // 2
    return [
        Label(
            x + cell // 2, first + LEADING * i, fitted(line, CAPTION, cell, bold=bold), CAPTION, colour, bold
        )
        for i, line in enumerate(caption.split("\n"))
    ]
