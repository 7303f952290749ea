"""Boxes on images: where their lines run, and that the image itself stays as it was."""

import numpy as np
import pytest

from visavis.pictures.boxes import with_boxes

RED = (200, 0, 0)


def near(drawn: np.ndarray, colour: tuple[int, int, int] = RED) -> np.ndarray:
    distance: np.ndarray = np.abs(drawn.astype(int) - colour).max(axis=-1)
    return distance < 50


def extent(drawn: np.ndarray, colour: tuple[int, int, int] = RED) -> tuple[int, int, int, int]:
    """First and last column, first and last row of a colour, or nearly so: lines are smooth."""
    y, x = np.nonzero(near(drawn, colour))
    return int(x.min()), int(x.max()), int(y.min()), int(y.max())


def test_lines_run_through_the_corners() -> None:
    image = np.full((60, 70, 3), 255, np.uint8)
    drawn = with_boxes(image, [(10, 20, 30, 25)], colour=RED)
    assert extent(drawn) == (10, 40, 20, 45)
    assert (drawn[22:44, 12:39] == 255).all()
    assert (image == 255).all()  # a copy is drawn on


@pytest.mark.parametrize(("height", "width", "shape"), [(50, 100, (100, 200, 3)), (400, 200, (200, 100, 3))])
def test_boxes_go_with_the_size(height: int, width: int, shape: tuple[int, int, int]) -> None:
    image = np.full((height, width, 3), 255, np.uint8)
    scale = 200 / max(height, width)
    drawn = with_boxes(image, [(20, 10, 40, 30)], colour=RED, side=200)
    assert drawn.shape == shape
    expected = [scale * 20, scale * 60, scale * 10, scale * 40]
    assert extent(drawn) == pytest.approx(expected, abs=1)  # a line of two pixels lies about the corner


def test_grey_images_get_coloured_boxes() -> None:
    drawn = with_boxes(np.full((40, 40), 90, np.uint8), [(5, 5, 10, 10)], colour=RED)
    assert drawn.shape == (40, 40, 3)
    assert extent(drawn) == (5, 15, 5, 15)
    assert (drawn[20:, 20:] == 90).all()


def test_boxes_may_stick_out_and_be_several() -> None:
    image = np.full((40, 40, 3), 255, np.uint8)
    drawn = with_boxes(image, [(-100, -100, 120.0, 120.0), (30, 30, 500, 500)], colour=RED)
    assert near(drawn[1:20, 20]).all()
    assert near(drawn[31:-1, 30]).all()
    assert np.array_equal(with_boxes(image, []), image)
