import numpy as np
import pytest

from visavis.features.ink import crop_to_ink, ink_box, on_white


@pytest.fixture
def drawing() -> np.ndarray:
    """A filled rectangle, 40 wide and 20 high, in a corner of a white page."""
    page = np.full((100, 120), 255, dtype=np.uint8)
    page[5:25, 70:110] = 0
    return page


def test_box_surrounds_what_is_darker_than_the_threshold(drawing: np.ndarray) -> None:
    drawing[60, 3] = 199
    drawing[90, 1] = 200
    assert ink_box(drawing) == (3, 5, 107, 56)
    assert ink_box(drawing, threshold=100) == (70, 5, 40, 20)


def test_box_of_blank_paper_is_the_paper() -> None:
    assert ink_box(np.full((7, 9), 255, dtype=np.uint8)) == (0, 0, 9, 7)


@pytest.mark.parametrize("size", [50, 111, 400])
def test_ink_is_centred_with_its_aspect(drawing: np.ndarray, size: int) -> None:
    page = crop_to_ink(drawing, size, fill=0.8)
    assert page.shape == (size, size)
    x, y, w, h = ink_box(page)
    assert (w, h) == pytest.approx((0.8 * size, 0.4 * size), abs=1)
    assert (x + w / 2, y + h / 2) == pytest.approx((size / 2, size / 2), abs=1)


def test_place_and_size_on_the_page_do_not_matter(drawing: np.ndarray) -> None:
    larger = np.full((300, 300), 255, dtype=np.uint8)
    larger[100:160, 20:140] = 0
    np.testing.assert_array_equal(crop_to_ink(drawing, 64), crop_to_ink(larger, 64))


def test_a_hair_line_keeps_a_pixel() -> None:
    page = np.full((200, 200), 255, dtype=np.uint8)
    page[:, 100] = 0
    assert ink_box(crop_to_ink(page, 32))[2] == 1


def test_a_picture_is_framed_by_a_given_box(drawing: np.ndarray) -> None:
    picture = np.repeat(drawing[..., None], 3, axis=2)
    framed = crop_to_ink(picture, 64, box=ink_box(drawing))
    np.testing.assert_array_equal(framed, np.repeat(crop_to_ink(drawing, 64)[..., None], 3, axis=2))


def test_dark_ink_on_white_is_left_alone(drawing: np.ndarray) -> None:
    assert on_white(drawing) is drawing


def test_grey_paper_and_blackboard_become_white_paper(drawing: np.ndarray) -> None:
    for other in ((drawing * 0.75).astype(np.uint8), 255 - drawing):
        cleaned = on_white(other)
        assert cleaned is not None
        np.testing.assert_allclose(cleaned, drawing, atol=2)


def test_pale_pencil_is_darkened() -> None:
    page = np.full((60, 60), 255, np.uint8)
    page[20:40, 30] = 204
    cleaned = on_white(page)
    assert cleaned is not None
    assert ink_box(cleaned) == (30, 20, 1, 20)
    assert cleaned.min() == 0


@pytest.mark.parametrize("grey", [255, 200, 3])
def test_an_empty_page_is_no_drawing(grey: int) -> None:
    page = np.full((30, 30), grey, np.uint8)
    page[::7, ::5] += 0 if grey == 255 else 4  # noise
    assert on_white(page) is None
