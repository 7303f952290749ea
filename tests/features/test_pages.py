"""Pages: one frame, one weight of line, whatever the drawing was made with."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis import images
from visavis.errors import VisavisError
from visavis.features.ink import crop_to_ink, ink_box
from visavis.features.pages import even_ink, page_of, photo_page, read_pages


def drawing(thickness: int, grey: int, side: int = 200) -> np.ndarray:
    page = np.full((side, side), 255, np.uint8)
    cv2.rectangle(page, (40, 60), (150, 110), grey, thickness, cv2.LINE_AA)
    return page


@pytest.fixture
def sketch(tmp_path: Path) -> Path:
    images.save(tmp_path / "sketch.png", drawing(2, 0))
    return tmp_path / "sketch.png"


def test_page_is_filled_by_its_ink(sketch: Path) -> None:
    page = page_of(sketch, "sketch", 112)
    x, y, w, h = ink_box(page)
    assert page.shape == (112, 112)
    assert w == pytest.approx(0.9 * 112, abs=3)
    assert abs((x + w / 2) - 56) <= 1
    assert abs((y + h / 2) - 56) <= 1


def test_place_and_size_on_the_paper_do_not_matter(sketch: Path, tmp_path: Path) -> None:
    small = np.full((400, 300), 255, np.uint8)
    small[30:230, 80:280] = drawing(2, 0)
    images.save(tmp_path / "elsewhere.png", small)
    one, other = page_of(sketch, "sketch", 112), page_of(tmp_path / "elsewhere.png", "sketch", 112)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9


def test_pencil_and_pen_come_out_alike(tmp_path: Path) -> None:
    images.save(tmp_path / "pencil.png", drawing(2, 170))
    images.save(tmp_path / "pen.png", drawing(2, 0))
    pencil, pen = (page_of(tmp_path / f"{name}.png", "sketch", 112) for name in ("pencil", "pen"))
    as_drawn = [crop_to_ink(drawing(2, grey), 112) for grey in (170, 0)]
    assert abs(pencil.mean() - pen.mean()) < 0.3 * abs(as_drawn[0].mean() - as_drawn[1].mean())
    assert pencil.min() == pen.min() == 0


def test_white_paper_stays_white() -> None:
    page = np.full((50, 50), 255, np.uint8)
    assert np.array_equal(even_ink(page), page)


def test_photo_goes_through_its_edges_and_colour_keeps_the_frame(tmp_path: Path) -> None:
    photo = np.full((200, 200, 3), 255, np.uint8)
    cv2.ellipse(photo, (100, 100), (70, 30), 0, 0, 360, (180, 40, 40), -1)
    images.save(tmp_path / "photo.png", photo)
    edges, colour = page_of(tmp_path / "photo.png", "photo", 112), photo_page(tmp_path / "photo.png", 112)
    assert edges[56, 56] > 200  # the inside of the ellipse is no edge
    assert tuple(colour[56, 56]) == pytest.approx((180, 40, 40), abs=2)
    assert np.allclose(ink_box(edges), ink_box(colour.min(axis=2)), atol=3)


def test_many_are_read_in_order(sketch: Path, tmp_path: Path) -> None:
    images.save(tmp_path / "other.png", drawing(4, 0).T.copy())
    paths = [str(sketch), str(tmp_path / "other.png")]
    pages = read_pages(paths, ["sketch", "edge"], 64)
    assert np.array_equal(pages[1], page_of(Path(paths[1]), "edge", 64))
    with pytest.raises(VisavisError, match=r"missing\.png"):
        read_pages([*paths, str(tmp_path / "missing.png")], ["sketch"] * 3, 64)


def test_an_empty_sketch_is_told(tmp_path: Path) -> None:
    images.save(tmp_path / "blank.png", np.full((50, 50), 255, np.uint8))
    with pytest.raises(VisavisError, match=r"blank\.png: nothing is drawn on it; draw dark lines"):
        page_of(tmp_path / "blank.png", "sketch", 64)
