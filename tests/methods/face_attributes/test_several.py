"""Several faces are found where they lie: planted ones, and photographs pasted beside each other."""

from pathlib import Path

import numpy as np
import pytest

from tests.methods.face_attributes.pasted import (
    SETTINGS,
    SHAPE,
    as_photo,
    boxes,
    canvas,
    planted,
    planted_lnet,
)
from visavis import images, load
from visavis.datasets import open_dataset
from visavis.methods.face_attributes.scoring import Windows, locate
from visavis.methods.face_attributes.several import distinct, seen, several_windows, windows_of_peaks
from visavis.metrics.boxes import intersection_over_union
from visavis.tables import BOX

MODEL = planted()
LAYOUTS = {
    "two of one size": [(20, 40, 90), (220, 60, 90)],
    "three sizes": [(30, 30, 60), (180, 40, 120), (360, 220, 80)],
    "four": [(24, 24, 70), (300, 30, 100), (60, 260, 110), (330, 250, 64)],
}


def found_in(folder: Path, pixels: np.ndarray, threshold: float | None = 0.5) -> Windows:
    images.save(folder / "photo.png", pixels)
    return several_windows(MODEL, str(folder / "photo.png"), SETTINGS, threshold)


@pytest.mark.parametrize("squares", LAYOUTS.values(), ids=LAYOUTS)
def test_every_face_gets_its_own_window(squares: list[tuple[int, int, int]], tmp_path: Path) -> None:
    found = found_in(tmp_path, canvas(400, 512, squares))
    overlaps = intersection_over_union(found.boxes[:, None], boxes(squares)[None])
    assert len(found.boxes) == len(squares)
    assert sorted(overlaps.argmax(axis=1)) == [*range(len(squares))]
    assert overlaps.max(axis=1).min() > 0.6
    assert (np.diff(found.scores) <= 0).all()


def test_a_face_too_small_for_one_page_is_found_in_a_larger_one(tmp_path: Path) -> None:
    squares = [(40, 60, 50), (500, 300, 50)]  # 17 px of a page
    found = found_in(tmp_path, canvas(576, 576, squares))
    assert intersection_over_union(found.boxes[:, None], boxes(squares)[None]).max(axis=1).min() > 0.6
    one = locate(MODEL, [str(tmp_path / "photo.png")], SETTINGS)
    assert intersection_over_union(one.boxes, boxes(squares)).max() < 0.5


def test_what_stays_below_the_threshold_is_no_face(tmp_path: Path) -> None:
    pixels = canvas(400, 512, [(40, 40, 90)])
    pixels[:, 256:] = canvas(400, 256, [(100, 200, 90)], shown=0.6)
    assert len(found_in(tmp_path, pixels, 0.8).boxes) == 1
    assert len(found_in(tmp_path, pixels, 0.3).boxes) == 2
    assert len(found_in(tmp_path, pixels, None).boxes) == 2  # half as strong as the strongest


def test_without_a_face_there_is_one_window_of_its_score(tmp_path: Path) -> None:
    found = found_in(tmp_path, canvas(400, 512, []))
    assert found.boxes.shape == (1, 4)
    assert found.scores.tolist() == [0.0]


def test_the_first_of_several_is_the_one_that_is_found_alone(tmp_path: Path) -> None:
    images.save(tmp_path / "small.png", canvas(150, 192, [(10, 20, 52), (110, 60, 44)]))
    path = str(tmp_path / "small.png")
    one, several = locate(MODEL, [path], SETTINGS), several_windows(MODEL, path, SETTINGS, 0.5)
    assert np.allclose(several.boxes[0], one.boxes[0])
    assert several.scores[0] == one.scores[0]
    assert len(several.boxes) == 2


@pytest.mark.parametrize(("side", "times"), [(100, 1), (192, 1), (384, 2), (2000, 4)])
def test_a_photo_is_seen_at_its_own_size_at_most(side: int, times: float, tmp_path: Path) -> None:
    images.save(tmp_path / "photo.png", np.zeros((side // 2, side, 3), np.uint8))
    page, square, scales = seen(str(tmp_path / "photo.png"), 192, [1.0, 0.71, 0.5])
    assert page.shape[-1] == times * 192
    assert square.side == side
    assert scales[-3:] == [1.0 / times, 0.71 / times, 0.5 / times]  # those of one face, of the photo
    assert scales[0] == 1.0
    assert (np.diff(scales) < 0).all()


def test_of_windows_that_overlap_the_stronger_stays() -> None:
    windows = np.array([[0.0, 0, 10, 10], [100, 0, 10, 10], [3, 0, 10, 10], [7, 0, 10, 10]])
    kept = distinct(Windows(windows, np.array([0.5, 0.2, 0.9, 0.7])))
    assert kept.boxes[:, 0].tolist() == [3, 100]  # 0 and 7 share 7 of 13 and 6 of 14 with 3
    assert kept.scores.tolist() == [0.9, 0.2]


def test_peaks_need_no_second_size() -> None:
    photo = as_photo(canvas(150, 192, [(20, 20, 48), (120, 60, 48)]))
    assert len(windows_of_peaks(planted_lnet(), photo, [1.0], SHAPE, 0.5).boxes) == 2


def test_photographs_pasted_beside_each_other(data_root: Path, tmp_path: Path) -> None:
    """Four photographs with one face each, of people that the model has not seen, three times."""
    reader = load("faces-wild")
    items = open_dataset("celeba-wild").select(split="test", faces=1).items
    hits = others = 0
    for start in (0, 200, 400):
        paper, truth = np.full((512, 512, 3), 127, np.uint8), []
        for number, (path, *box) in enumerate(items[start : start + 40 : 10].select("path", *BOX).rows()):
            photo, top, left = images.load(path, size=256), 256 * (number // 2), 256 * (number % 2)
            paper[top : top + photo.shape[0], left : left + photo.shape[1]] = photo
            x, y, w, h = 256 / max(images.size_of(path)) * np.array(box)
            truth.append((left + x, top + y, w, h))
        images.save(tmp_path / "photo.png", paper)
        (answer,) = reader.locate_several([str(tmp_path / "photo.png")])
        windows = np.array([face.window for face in answer.faces if face.is_face])
        overlaps = intersection_over_union(windows[:, None], np.array(truth)[None])
        hits += (overlaps.max(axis=0) >= 0.5).sum()
        others += (overlaps.max(axis=1) < 0.5).sum()
    assert hits >= 11
    assert others <= 2
