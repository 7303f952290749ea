"""Pictures of one size in rows and columns, a name over each column and beside each row."""

from collections.abc import Sequence

from visavis.pictures.canvas import FAINT, Label, Picture, blank, fitted, text_width, write
from visavis.pictures.strip import CAPTION, LEADING, MARGIN, TITLE

GAP = 10  # pixels between two pictures
NAME = 150  # width of the names beside the rows
HEAD = 30  # height of the names over the columns
HEADLINE = 18  # height of the title's text


def sheet(
    cells: Sequence[Sequence[Picture]],
    columns: Sequence[str],
    *,
    rows: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
    title: str = "",
) -> Picture:
    """Lay out rows of pictures; a name that is too long is shortened, a title has the room that it needs.

    Args:
        cells: rows of pictures, all of one height and width; a row may be short.
        columns: a name for each column, or none of them.
        rows: a name for each row, or none.
        captions: a line below each picture, in rows as the pictures are, or none.
        title: of the whole sheet.
    """
    height, width = cells[0][0].shape[:2]
    left = MARGIN + (NAME + GAP) * bool(rows)
    top = MARGIN + TITLE * bool(title) + HEAD * bool(columns)
    pitch = height + GAP + LEADING * bool(captions)
    across = max(len(row) for row in cells)
    least = MARGIN + round(text_width(title, HEADLINE, True)) if title else 0
    wide = max(left + across * (width + GAP) - GAP, least) + MARGIN
    paper = blank(top + len(cells) * pitch - GAP + MARGIN, wide)
    labels = []
    if title:
        labels.append(Label(MARGIN, MARGIN + TITLE // 2 - 4, title, HEADLINE, bold=True, align="left"))
    for column, name in enumerate(columns):
        middle = left + column * (width + GAP) + width // 2
        text = fitted(name, CAPTION, width, bold=True)
        labels.append(Label(middle, top - HEAD // 2, text, CAPTION, bold=True))
    for row, pictures in enumerate(cells):
        y = top + row * pitch
        if rows:
            text = fitted(rows[row], CAPTION, NAME, bold=True)
            labels.append(Label(MARGIN, y + height // 2, text, CAPTION, bold=True, align="left"))
        for column, picture in enumerate(pictures):
            x = left + column * (width + GAP)
            paper[y : y + height, x : x + width] = picture
            if captions:
                text = fitted(captions[row][column], CAPTION, width)
                labels.append(Label(x + width // 2, y + height + LEADING // 2, text, CAPTION, FAINT))
    return write(paper, labels)
