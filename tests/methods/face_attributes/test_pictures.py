"""Pictures of faces: boxes lie where they should, heat where the response is, and nothing is left out."""

from pathlib import Path

import numpy as np
import pytest

from visavis import images
from visavis.errors import VisavisError
from visavis.methods.face_attributes.answers import Described
from visavis.methods.face_attributes.examples import most_exciting
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.pictures import (
    ACROSS,
    CELL,
    LARGE,
    caption,
    draw_described,
    draw_explained,
    draw_located,
    heated,
    in_rows,
    on_photo,
    stacked,
)
from visavis.pictures.canvas import GREEN, LINE


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A grey photo of 400 x 200 px."""
    images.save(tmp_path / "wide.png", np.full((200, 400, 3), 90, np.uint8))
    return tmp_path / "wide.png"


def extent(picture: np.ndarray, colour: tuple[int, int, int]) -> list[int]:
    """Left, top, right and bottom of what has that colour."""
    y, x = np.argwhere((np.abs(picture.astype(int) - colour) < 8).all(axis=2)).T
    return [int(value) for value in (x.min(), y.min(), x.max(), y.max())]


def test_boxes_are_scaled_with_the_photo(wide: Path) -> None:
    picture = on_photo(wide, 200, [(40, 60, 80, 100)], reference=[(240, 20, 100, 100)])
    assert picture.shape == (100, 200, 3)
    assert extent(picture, GREEN) == pytest.approx([20, 30, 60, 80], abs=2)
    assert extent(picture, LINE) == pytest.approx([120, 10, 170, 60], abs=2)


def test_heat_lies_over_the_square_about_the_photo(wide: Path) -> None:
    response = np.zeros((8, 8))
    response[3, 6] = 1.0  # x 6.5 / 8 of the width, y (3.5 / 8 - 1 / 4) * 2 = 3 / 8 of the height
    picture = heated(wide, 400, [], response, None).astype(int)
    warm = np.argwhere(picture[..., 0] - picture[..., 2] > 100)
    assert warm.mean(axis=0) == pytest.approx([75, 325], abs=3)


def test_what_is_below_the_threshold_is_paler(wide: Path) -> None:
    response = np.zeros((8, 8))
    response[3, 6] = 1.0
    full, half = (heated(wide, 400, [], response, threshold).astype(int) for threshold in (0.5, 2.0))
    assert (full - full.min(axis=2, keepdims=True)).max() > (
        half - half.min(axis=2, keepdims=True)
    ).max() + 30


def test_one_photo_stands_beside_its_response(reader: FaceReader, photos: list[str], tmp_path: Path) -> None:
    target = tmp_path / "one.png"
    draw_located(reader, photos[:1], False, target)
    assert images.size_of(target)[1] > 2 * LARGE
    draw_located(reader, photos[:1], True, tmp_path / "several.png")
    assert images.size_of(tmp_path / "several.png") == images.size_of(target)


def test_of_several_photos_those_that_can_be_read(
    reader: FaceReader, photos: list[str], tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_text("no image")
    draw_located(reader, [str(tmp_path / "broken.jpg"), *photos], False, tmp_path / "five.png")
    assert images.size_of(tmp_path / "five.png")[1] > ACROSS * CELL
    assert 2 * CELL < images.size_of(tmp_path / "five.png")[0] < 3 * CELL  # two rows
    with pytest.raises(VisavisError, match="none of the first 12 photos can be drawn"):
        draw_located(reader, [str(tmp_path / "broken.jpg")], False, tmp_path / "none.png")


def test_captions(reader: FaceReader, photos: list[str]) -> None:
    faces = reader.locate(photos)
    told = [caption([face]) for face in faces]
    assert [text.startswith("no face, ") for text in told] == [not face.is_face for face in faces]
    there = [face for face in faces if face.is_face][:2]
    assert caption(there) == f"{there[0].score:.2f}, {there[1].score:.2f}"


def test_attributes_stand_beside_the_face(reader: FaceReader, photos: list[str], tmp_path: Path) -> None:
    seen = next(one for one in reader.describe(photos) if one.probabilities)
    for number, one in enumerate((seen, Described(seen.path, None, {"old": 0.3}))):
        draw_described(one, tmp_path / f"{number}.png")
    assert images.size_of(tmp_path / "0.png")[1] > LARGE + 700
    with_box, without = (images.load(tmp_path / f"{number}.png") for number in (0, 1))
    assert (with_box == GREEN).all(axis=2).sum() > 100 > (without == GREEN).all(axis=2).sum()
    draw_described(Described(seen.path, seen.face, {}), tmp_path / "none.png")
    assert images.size_of(tmp_path / "none.png")[1] < LARGE + 100


def test_reasons_have_rows_of_examples(
    reader: FaceReader, photos: list[str], face: str, tmp_path: Path
) -> None:
    found = reader.explain(face, "old")
    examples = most_exciting(reader, [unit.number for unit in found.units[:3]], photos, 4)
    draw_explained(found, [], reader.threshold, tmp_path / "alone.png")
    draw_explained(found, examples, reader.threshold, tmp_path / "with.png")
    alone, with_examples = (images.load(tmp_path / name) for name in ("alone.png", "with.png"))
    assert with_examples.shape[0] > alone.shape[0] + 3 * 120
    assert np.array_equal(with_examples[: alone.shape[0], : alone.shape[1]], alone)


def test_pictures_keep_their_size_in_rows_and_columns() -> None:
    red, blue = np.full((50, 100, 3), (200, 0, 0), np.uint8), np.full((80, 40, 3), (0, 0, 200), np.uint8)
    assert stacked([red, blue]).shape == (130, 100, 3)
    rows = in_rows([red] * 5, ["a"] * 5)
    reds = (rows == (200, 0, 0)).all(axis=2)
    assert reds.sum() == 5 * CELL * CELL // 2  # enlarged to fit their squares
    assert reds.any(axis=1).sum() == CELL  # two rows, each half as high as it is wide
