"""The cascade finds a face where there is one, and says how sure it is; the constant box is a mean."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from skimage import data

from visavis import images
from visavis.methods.face_attributes.cascade import constant_box, detect_faces
from visavis.metrics.boxes import intersection_over_union

FACE = np.array([177.0, 65, 92, 118])  # of the astronaut, by eye


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    image: np.ndarray = data.astronaut()  # type: ignore[no-untyped-call]
    return image


def test_a_face_is_found_with_support(astronaut: np.ndarray) -> None:
    first, *others = detect_faces(astronaut)
    assert intersection_over_union(first.box, FACE) > 0.6
    assert first.support >= max([2, *(other.support for other in others)])


def test_the_box_moves_and_grows_with_the_face(astronaut: np.ndarray) -> None:
    image = astronaut[20:260, 100:340]
    moved = np.full((300, 320, 3), 128, np.uint8)
    moved[40:280, 30:270] = image
    boxes = [detect_faces(one)[0].box for one in (image, moved, np.kron(image, np.ones((2, 2, 1), np.uint8)))]
    assert intersection_over_union(boxes[1], boxes[0] + [30, 40, 0, 0]) > 0.85
    assert intersection_over_union(boxes[2], 2 * boxes[0]) > 0.85


def test_nothing_is_found_in_noise_nor_in_what_is_smaller_than_a_face() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    assert detect_faces(noise) == []
    assert detect_faces(noise[:10, :10]) == []


def test_the_constant_box_is_the_mean_share() -> None:
    boxes = np.array([[10.0, 20, 30, 40], [0, 0, 100, 200]])
    sizes = np.array([[100.0, 200], [100, 200]])
    found = constant_box(boxes, sizes, np.array([[100.0, 200], [50, 400]]))
    assert found == pytest.approx(np.array([[5.0, 10, 65, 120], [2.5, 20, 32.5, 240]]))


def test_photographs(data_root: Path) -> None:
    folder = data_root / "celeba-wild"
    rows = pl.read_csv(folder / "boxes.csv").head(12)
    found = [detect_faces(images.load(folder / "img_celeba" / name)) for name in rows["image"]]
    first = np.array([faces[0].box if faces else np.full(4, np.nan) for faces in found])
    truth = rows.select("x", "y", "w", "h").to_numpy()
    assert (intersection_over_union(first, truth) >= 0.5).mean() >= 0.75
