"""Frames: which pixel of a photo lands where, enlarged and reduced, and back from the frame to the photo."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis import images
from visavis.errors import VisavisError
from visavis.features.frames import WORKING_SIZE, frame_of, read_frames, square_in_photo

GREY = 128


def slope(height: int, width: int) -> np.ndarray:
    """A photo whose red is x and whose green is y, as shares of its size: colour tells the place."""
    y, x = np.mgrid[:height, :width]
    red, green = 255 * (x + 0.5) / width, 255 * (y + 0.5) / height
    return np.stack([red, green, np.full_like(red, GREY)], axis=2).round().astype(np.uint8)


def saved(folder: Path, photo: np.ndarray) -> Path:
    path = folder / "photo.png"
    images.save(path, photo)
    return path


def place(frame: np.ndarray, row: int, column: int, height: int, width: int) -> tuple[float, float]:
    """Pixel (x, y) of the photo of `slope` that is seen at a place of the frame."""
    red, green = frame[row, column, :2].astype(float)
    return red / 255 * width - 0.5, green / 255 * height - 0.5


SIZES = [(200, 256), (256, 160), (90, 120), (600, 450)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("side", [31, 401], ids=["reduced", "enlarged"])
@pytest.mark.parametrize(("share", "down"), [(1.0, 0.0), (0.5, 0.0), (0.5, 0.3)])
def test_places_of_the_frame_are_those_that_it_says(
    tmp_path: Path, size: tuple[int, int], side: int, share: float, down: float
) -> None:
    height, width = size
    path = saved(tmp_path, slope(height, width))
    frame = frame_of(path, side, share, down)
    assert frame.shape == (side, side, 3)
    assert abs(frame[..., 2].astype(int) - GREY).max() <= 1
    square, middle = share * min(height, width), (side - 1) // 2
    grain = max(height, width) / 255  # of a step of colour, in pixels
    centre = ((width - 1) / 2, (height - 1) / 2 + down * square)
    assert place(frame, middle, middle, height, width) == pytest.approx(centre, abs=1.5 * grain)
    left, top, scale = square_in_photo(path, side, share, down)
    assert scale == pytest.approx(square / side)
    row, column = side // 4, 2 * side // 3
    asked = (left + scale * column, top + scale * row)
    assert place(frame, row, column, height, width) == pytest.approx(asked, abs=1.5 * grain)


def test_the_whole_of_a_square_photo_is_that_photo(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (WORKING_SIZE, WORKING_SIZE, 3), np.uint8)
    assert np.array_equal(frame_of(saved(tmp_path, photo), WORKING_SIZE), photo)


def test_one_pixel_in_the_middle_of_a_reduced_frame(tmp_path: Path) -> None:
    """A dot below the middle of an upright photo comes to the centre when the square is moved down to it."""
    photo = np.zeros((256, 129, 3), np.uint8)
    cv2.circle(photo, (64, 160), 6, (255, 255, 255), -1)  # 32.5 px below the middle
    frame = frame_of(saved(tmp_path, photo), 65, share=100 / 129, down=32.5 / 100)[..., 0].astype(float)
    y, x = np.mgrid[:65, :65]
    assert (frame * x).sum() / frame.sum() == pytest.approx(32, abs=0.1)
    assert (frame * y).sum() / frame.sum() == pytest.approx(32, abs=0.1)


def test_beyond_the_photo_its_border_goes_on(tmp_path: Path) -> None:
    frame = frame_of(saved(tmp_path, slope(100, 100)), 50, share=1.0, down=1.0)
    assert (frame[26:] == frame[-1]).all()
    assert frame[-1, :, 1].min() >= 253


def test_fine_patterns_are_averaged_not_aliased(tmp_path: Path) -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert frame_of(saved(tmp_path, stripes), 48)[4:-4, 4:-4].std() < 4


def test_many_are_read_in_order(tmp_path: Path) -> None:
    for name, grey in (("dark", 10), ("bright", 240)):
        images.save(tmp_path / f"{name}.png", np.full((20, 30, 3), grey, np.uint8))
    paths = [str(tmp_path / f"{name}.png") for name in ("bright", "dark", "bright")]
    assert [int(frame.mean()) for frame in read_frames(paths, 16)] == [240, 10, 240]
    with pytest.raises(VisavisError, match=r"gone\.png: there is no such file"):
        read_frames([*paths, str(tmp_path / "gone.png")], 16)
