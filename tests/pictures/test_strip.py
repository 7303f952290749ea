"""Strips: the pixels that were given, framed and captioned where they should be."""

import numpy as np
import pytest

from visavis.pictures import Answer, strip, strips
from visavis.pictures.canvas import GREEN, Image, Label, blank, fitted, write
from visavis.pictures.strip import CAPTION, DIVIDE, FRAME, GAP, MARGIN, TITLE

CELL = 64


def noise(seed: int, *shape: int) -> Image:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def column(i: int) -> int:
    return MARGIN + CELL + DIVIDE + i * (CELL + GAP)


def cell_at(picture: Image, x: int, y: int = MARGIN) -> Image:
    return picture[y : y + CELL, x : x + CELL]


def answers(*highlighted: bool) -> list[Answer]:
    return [Answer(noise(i, CELL, CELL, 3), f"{i + 1} · 0.5", true) for i, true in enumerate(highlighted)]


def test_images_of_the_cells_size_are_copied_to_the_pixel() -> None:
    query = noise(9, CELL, CELL)
    shown = answers(False, True, False)
    picture = strip(query, shown, cell=CELL)
    assert picture.dtype == np.uint8
    assert np.array_equal(cell_at(picture, MARGIN), np.repeat(query[..., None], 3, axis=2))
    for i, (image, _, _) in enumerate(shown):
        assert np.array_equal(cell_at(picture, column(i)), image)
    assert picture.shape[1] == column(3) - GAP + MARGIN


def test_only_the_true_match_is_framed_in_green() -> None:
    picture = strip(noise(9, CELL, CELL), answers(False, True, False), cell=CELL)
    for i, green in enumerate([False, True, False]):
        edge = picture[MARGIN - FRAME : MARGIN, column(i) : column(i) + CELL]
        assert bool((edge == GREEN).all()) == green
        assert bool((edge == GREEN).all(axis=2).any()) == green
    assert (picture[MARGIN : MARGIN + CELL, column(2) - FRAME - 1] == 255).all()


@pytest.mark.parametrize("shape", [(32, 96, 3), (96, 32), (7, 5, 3), (1, 300)])
def test_other_shapes_are_fitted_and_centred_on_white(shape: tuple[int, ...]) -> None:
    picture = strip(np.zeros(shape, np.uint8), answers(False), cell=CELL)
    dark = np.argwhere((cell_at(picture, MARGIN) < 128).all(axis=2))
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0)
    height, width = bottom - top + 1, right - left + 1
    assert max(height, width) == CELL
    assert min(height, width) == max(1, round(CELL * min(shape[:2]) / max(shape[:2])))
    assert abs((CELL - 1 - bottom) - top) <= 1
    assert abs((CELL - 1 - right) - left) <= 1


def test_a_caption_stays_under_its_own_image() -> None:
    long = "a very long name of a file that no cell can hold.jpg\nand a second, hardly shorter line"
    shown = answers(True, False)
    picture = strip(noise(9, CELL, CELL), [shown[0]._replace(caption=long), shown[1]], cell=CELL)
    under = picture[MARGIN + CELL + FRAME :]
    assert (under[:, column(0) : column(0) + CELL] < 255).any()
    assert (under[:, column(1) - GAP + 2 : column(1) - 2] == 255).all()
    plain = strip(noise(9, CELL, CELL), shown, cell=CELL)
    assert picture.shape[0] > plain.shape[0]


@pytest.mark.parametrize("bold", [False, True])
def test_fitted_text_is_the_longest_that_fits(bold: bool) -> None:
    text = "sketch-and-photo-0123456789.png"

    def drawn(shown: str) -> int:
        paper = write(blank(40, 400), [Label(10, 20, shown, CAPTION, bold=bold, align="left")])
        columns = np.flatnonzero((paper < 250).any(axis=(0, 2)))
        return int(columns[-1] - columns[0])

    assert fitted(text, CAPTION, 400, bold=bold) == text
    short = fitted(text, CAPTION, 120, bold=bold)
    assert short.endswith("…")
    assert text.startswith(short[:-1])
    assert drawn(short) <= 122
    assert drawn(text[: len(short)] + "…") > 118


def test_text_with_dollars_is_not_taken_for_a_formula() -> None:
    picture = strip(noise(9, CELL, CELL), [Answer(noise(1, CELL, CELL), "$x_$")], cell=CELL)
    assert (picture[MARGIN + CELL + FRAME :, column(0) :] < 255).any()


def test_a_query_without_results_stands_alone() -> None:
    query = noise(9, CELL, CELL, 3)
    picture = strip(query, [], cell=CELL)
    assert np.array_equal(cell_at(picture, MARGIN), query)


def test_rows_stand_under_their_titles() -> None:
    query = noise(9, CELL, CELL, 3)
    rows = [(query, answers(True)), (query, answers(False, True, False))]
    alone = [strip(*row, cell=CELL) for row in rows]
    picture = strips(rows, ["Triplet model", "Multi-task model"], cell=CELL)
    second = 2 * TITLE + alone[0].shape[0]
    assert np.array_equal(picture[TITLE : TITLE + alone[0].shape[0], : alone[0].shape[1]], alone[0])
    assert np.array_equal(picture[second:], alone[1])
    for top in (1, second - TITLE + 1):
        assert (picture[top : top + TITLE - 1] < 128).any()
