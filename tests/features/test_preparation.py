"""The steps are followed here with NumPy and OpenCV alone, word by word; the outcome is visavis's."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from visavis import images
from visavis.datasets import open_dataset
from visavis.features import preparation
from visavis.features.frames import cut, frame_of
from visavis.features.pages import page_of, photo_page

SIDE = 96
NUMBER = r"\d+(?:\.\d+)?"
OF_THE_DECODER = {"0.299", "0.587", "0.114"}


def photos() -> list[Path]:
    paths = [
        path
        for name in ("rendered-shoes-3", "rendered-faces-3")
        for path in open_dataset(name).select(domain="photo").items["path"]
    ]
    return [Path(path) for path in paths]


def read(path: Path, colour: bool) -> np.ndarray:
    """Decoded as visavis does, whose smaller scale of a JPEG the words leave to the reader."""
    return images.load(path, mode="rgb" if colour else "grey", size=256)


def cropped(box_of: np.ndarray, source: np.ndarray, side: int) -> np.ndarray:
    dark = np.argwhere(box_of < 200)
    (top, left), (bottom, right) = dark.min(0), dark.max(0) + 1
    scale = 0.9 * side / max(bottom - top, right - left)
    height, width = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(source[top:bottom, left:right], (width, height), interpolation=method)
    page = np.full((side, side, *source.shape[2:]), 255, np.uint8)
    y, x = (side - height) // 2, (side - width) // 2
    page[y : y + height, x : x + width] = resized
    return page


def evened(page: np.ndarray) -> np.ndarray:
    ink = cv2.GaussianBlur(255.0 - page, (0, 0), 0.8)
    strong = np.percentile(ink[ink > 10], 80)
    even: np.ndarray = (255 - np.minimum(ink * 255 / strong, 255)).astype(np.uint8)
    return even


def edge_map(photo: np.ndarray) -> np.ndarray:
    votes = np.zeros(photo.shape[:2], np.float32)
    for blur in (1.0, 1.5, 2.0, 3.0):
        blurred = cv2.GaussianBlur(photo, (0, 0), blur)
        dx = cv2.Scharr(blurred, cv2.CV_32F, 1, 0, scale=1 / 32)
        dy = cv2.Scharr(blurred, cv2.CV_32F, 0, 1, scale=1 / 32)
        best = (dx**2 + dy**2).argmax(2)[..., None]
        dx, dy = (np.take_along_axis(d, best, 2)[..., 0] for d in (dx, dy))
        magnitude = np.sqrt(dx**2 + dy**2)
        unit = 8000 / np.percentile(magnitude[magnitude > 1.0], 99)
        dx, dy = (np.clip(d * unit, -32767, 32767).astype(np.int16) for d in (dx, dy))
        for low, high in ((0.05, 0.12), (0.1, 0.25), (0.2, 0.4)):
            votes += cv2.Canny(dx, dy, 8000 * low, 8000 * high, L2gradient=True) > 0
    share = cv2.GaussianBlur(votes, (0, 0), 0.6) / 12
    edges: np.ndarray = (255 * (1 - np.minimum(2.2 * share, 1))).astype(np.uint8)
    return edges


def followed(photo: np.ndarray, square: float, middle_x: float, middle_y: float) -> np.ndarray:
    """The square cut out as the steps say."""
    scale = SIDE / square
    if scale < 1:
        photo = cv2.GaussianBlur(photo, (0, 0), 0.4 / scale)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    at_x, at_y = middle_x + (x - 47.5) / scale, middle_y + (y - 47.5) / scale
    found: np.ndarray = cv2.remap(
        photo,
        at_x.astype(np.float32),
        at_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return found


def assert_alike(one: np.ndarray, other: np.ndarray) -> None:
    distance = np.abs(one.astype(int) - other)
    assert distance.max() <= 4  # OpenCV looks up places in steps of 1/32 pixel, each way in its own
    assert distance.mean() < 0.1


@pytest.mark.parametrize(("share", "down"), [(0.72, 0.0), (1.0, 0.1)])
def test_frames(share: float, down: float) -> None:
    steps = preparation.frame(SIDE, share, down).steps
    assert f"square = {share} * min(w, h)" in steps[2]
    assert f"scale = {SIDE} / square" in steps[3]
    assert (
        f"((w - 1) / 2 + (x - 47.5) / scale, (h - 1) / 2 + {down} * square + (y - 47.5) / scale)" in steps[4]
    )
    for path in photos():
        photo = read(path, colour=True)
        h, w = photo.shape[:2]
        square = share * min(w, h)
        frame = followed(photo, square, (w - 1) / 2, (h - 1) / 2 + down * square)
        assert_alike(frame, frame_of(path, SIDE, share, down))


def test_squares_about_windows_and_whole_photos() -> None:
    about, whole = preparation.about_window(SIDE, 1.7).steps, preparation.whole_photo(SIDE).steps
    assert "square = 1.7 * h" in about[1]
    assert "(x0 + w / 2 - 0.5 + (x - 47.5) / scale, y0 + h / 2 - 0.5 + (y - 47.5) / scale)" in about[3]
    assert "square = max(w, h)" in whole[1]
    for path in photos():
        photo = images.load(path, mode="rgb")
        h, w = photo.shape[:2]
        x0, y0, width, height = 0.3 * w, 0.2 * h, 0.25 * w, 0.4 * h
        middle = x0 + width / 2 - 0.5, y0 + height / 2 - 0.5
        assert_alike(followed(photo, 1.7 * height, *middle), cut(photo, middle, 1.7 * height, SIDE))
        middle = (w - 1) / 2, (h - 1) / 2
        assert_alike(followed(photo, max(w, h), *middle), cut(photo, middle, max(w, h), SIDE))


def test_edges_of_photos() -> None:
    for path in photos():
        edges = edge_map(read(path, colour=True))
        np.testing.assert_array_equal(evened(cropped(edges, edges, SIDE)), page_of(path, "photo", SIDE))
        framed = cropped(edges, read(path, colour=True), SIDE)
        np.testing.assert_array_equal(framed, photo_page(path, SIDE))


@pytest.mark.parametrize("ground", ["white", "board", "grey", "pale"])
def test_drawings(ground: str, tmp_path: Path) -> None:
    for number, path in enumerate(open_dataset("rendered-shoes-3").select(domain="sketch").items["path"]):
        drawn = images.load(path, mode="grey")
        drawn = {
            "white": drawn,
            "board": 255 - drawn,
            "grey": (drawn * 0.7).astype(np.uint8),
            "pale": 255 - (255 - drawn) // 3,
        }[ground]
        images.save(tmp_path / f"{number}.png", drawn)
        values = read(tmp_path / f"{number}.png", colour=False)
        if np.median(np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])) < 128:
            values = 255 - values
        paper = np.percentile(values, 90)
        if 0 < paper < 255:
            values = np.minimum(values * (255 / paper), 255).astype(np.uint8)
        d = float(values.min())
        assert d <= 230
        if d > 128:
            values = (255 - (255.0 - values) * 255 / (255 - d)).astype(np.uint8)
        page = evened(cropped(values, values, SIDE))
        np.testing.assert_array_equal(page, page_of(tmp_path / f"{number}.png", "sketch", SIDE))


def test_the_words_name_the_numbers_that_were_followed() -> None:
    """Every number in a step stands in the tests above too, so that neither changes alone."""
    followed = set(re.findall(NUMBER, Path(__file__).read_text())) | OF_THE_DECODER
    made = (
        preparation.frame(SIDE, 0.72, 0.0),
        preparation.drawing(SIDE),
        preparation.edges_of_photo(SIDE),
        preparation.photo_page(SIDE),
    )
    for step in (step for one in made for step in one.steps):
        assert set(re.findall(NUMBER, step)) <= followed, step
