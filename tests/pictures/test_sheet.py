"""Sheets: pictures stand where they should, and names beside them have room."""

import numpy as np

from visavis.pictures.canvas import Picture
from visavis.pictures.sheet import GAP, HEAD, NAME, sheet
from visavis.pictures.strip import LEADING, MARGIN, TITLE

HEIGHT, WIDTH = 40, 60


def noise(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)


CELLS = [[noise(0), noise(1), noise(2)], [noise(3)]]


def at(drawn: Picture, y: int, x: int) -> Picture:
    return drawn[y : y + HEIGHT, x : x + WIDTH]


def test_pictures_alone() -> None:
    drawn = sheet(CELLS, [])
    assert drawn.shape == (2 * MARGIN + 2 * HEIGHT + GAP, 2 * MARGIN + 3 * WIDTH + 2 * GAP, 3)
    assert np.array_equal(at(drawn, MARGIN, MARGIN + 2 * (WIDTH + GAP)), CELLS[0][2])
    assert np.array_equal(at(drawn, MARGIN + HEIGHT + GAP, MARGIN), CELLS[1][0])
    assert (at(drawn, MARGIN + HEIGHT + GAP, MARGIN + WIDTH + GAP) == 255).all()  # a row may be short


def test_names_and_captions_stand_around_the_pictures() -> None:
    captions = [["one", "two", "three"], ["four"]]
    drawn = sheet(CELLS, ["a", "b", "c"], rows=["first", "second"], captions=captions, title="All")
    left, top = MARGIN + NAME + GAP, MARGIN + TITLE + HEAD
    pitch = HEIGHT + GAP + LEADING
    assert np.array_equal(at(drawn, top, left), CELLS[0][0])
    assert np.array_equal(at(drawn, top + pitch, left), CELLS[1][0])
    for part in (
        drawn[top - HEAD : top, left : left + WIDTH],  # the name of a column
        drawn[top : top + HEIGHT, MARGIN : MARGIN + NAME],  # of a row
        drawn[top + HEIGHT : top + HEIGHT + LEADING, left : left + WIDTH],  # a caption
        drawn[MARGIN : MARGIN + TITLE, MARGIN : MARGIN + 30],  # the title
    ):
        assert part.min() < 150
    under_nothing = drawn[top + pitch + HEIGHT : top + pitch + HEIGHT + LEADING, left + WIDTH + GAP :]
    assert (under_nothing == 255).all()


def test_a_long_title_widens_the_sheet() -> None:
    drawn = sheet([[noise(0)]], [], title="a title that is far longer than one small picture is wide")
    assert drawn.shape[1] > 400
    assert (drawn[:, -MARGIN:] == 255).all()
