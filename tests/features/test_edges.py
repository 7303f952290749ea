import cv2
import numpy as np
import pytest

from visavis.features.edges import edge_map


def disc(size: int, colour: tuple[int, int, int] = (180, 30, 60), texture: int = 0) -> np.ndarray:
    photo = np.full((size, size, 3), 255, dtype=np.uint8)
    cv2.circle(photo, (size // 2, size // 2), size * 3 // 8, colour, -1, cv2.LINE_AA)
    noise = np.random.default_rng(1).integers(-texture, texture + 1, photo.shape)
    speckled: np.ndarray = np.where(photo == 255, photo, photo + noise).clip(0, 255).astype(np.uint8)
    return speckled


def distance_from_contour(size: int) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    distance: np.ndarray = np.abs(np.hypot(x - size // 2, y - size // 2) - size * 3 // 8)
    return distance


@pytest.mark.parametrize("colour", [(0, 0, 0), (245, 245, 200), (255, 0, 0), (120, 160, 255)])
def test_draws_the_contour_and_nothing_else(colour: tuple[int, int, int]) -> None:
    page, away = edge_map(disc(256, colour)), distance_from_contour(256)
    assert page[away > 3].min() > 200
    assert page[away < 0.5].mean() < 80


def test_lines_are_about_two_pixels_wide() -> None:
    circumference = 2 * np.pi * 96
    ink = (255 - edge_map(disc(256)).astype(float)).sum() / 255
    assert 1.2 < ink / circumference < 3


def test_texture_is_paler_than_contours() -> None:
    page, away = edge_map(disc(256, texture=30)), distance_from_contour(256)
    assert page[away < 0.5].mean() < 80
    assert 200 < page[away > 6].min() < 255


def test_an_edge_between_equally_bright_colours_is_seen() -> None:
    photo = np.zeros((256, 256, 3), dtype=np.uint8)
    photo[:, :128], photo[:, 128:] = (255, 0, 0), (0, 130, 0)  # both 76 in grey
    assert edge_map(photo)[20:-20, 126:130].min(axis=1).max() < 20


@pytest.mark.parametrize("size", [100, 512, 1000])
def test_the_drawing_does_not_depend_on_the_resolution(size: int) -> None:
    reference, page = edge_map(disc(256)), edge_map(disc(size))
    assert page.shape == (size, size)
    thumbnails = [
        cv2.resize(drawing, (64, 64), interpolation=cv2.INTER_AREA) for drawing in (reference, page)
    ]
    assert np.corrcoef(thumbnails[0].ravel(), thumbnails[1].ravel())[0, 1] > 0.9


def test_keeps_the_shape_of_a_long_photo() -> None:
    assert edge_map(np.full((40, 333, 3), 255, dtype=np.uint8)).shape == (40, 333)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_plain_photo_has_no_edges(grey: int) -> None:
    assert (edge_map(np.full((64, 64, 3), grey, dtype=np.uint8)) == 255).all()
