"""Squares and boxes there and back, what training may see, tags from strengths, and how batches are drawn."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import (
    Squares,
    TagData,
    check_tags,
    faceless_photos,
    halvings,
    load_smaller,
    read_aligned,
    read_squares,
    squares_about,
    tags_of,
    training_part,
    whole_photos,
)
from visavis.tables import BOX, DataSet, read_items
from visavis.training.augment import Augmentation, centre_crop

RED = (220, 30, 30)


def photo_with_box(path: Path, height: int, width: int, box: tuple[int, int, int, int]) -> str:
    """A grey photo with a red box of x, y, w, h."""
    x, y, w, h = box
    photo = np.full((height, width, 3), 120, np.uint8)
    photo[y : y + h, x : x + w] = RED
    images.save(path, photo)
    return str(path)


def red_box(page: torch.Tensor) -> list[float]:
    """The box of what is red in a page: x, y, w, h in its pixels, those at its border counted in part."""
    red = ((page[0].double() - page[1]) / (RED[0] - RED[1])).clamp(0, 1)
    corner, size = [], []
    for along in (red.amax(dim=0), red.amax(dim=1)):
        length = along.sum()
        middle = (along * (torch.arange(len(along)) + 0.5)).sum() / length
        corner.append(float(middle - length / 2))
        size.append(float(length))
    return corner + size


@pytest.mark.parametrize(("height", "width"), [(200, 200), (150, 260), (260, 150)])
@pytest.mark.parametrize("page", [100, 333])
def test_boxes_of_pages_lie_in_the_photo_where_they_were_cut(
    height: int, width: int, page: int, tmp_path: Path
) -> None:
    box = (60, 40, 50, 70)
    path = photo_with_box(tmp_path / "photo.png", height, width, box)
    for squares in (
        whole_photos([path]),
        Squares(np.array([[90.0, 80.0]]), np.array([140.0])),
        Squares(np.array([[80.25, 75.5]]), np.array([93.0])),
    ):
        (page_of_it,) = read_squares([path], squares, page)
        found = squares.boxes(np.array([red_box(page_of_it)]), page)
        assert found[0].tolist() == pytest.approx(box, abs=0.5)


@pytest.mark.parametrize(("page", "scale"), [(500, 1), (200, 1), (150, 1 / 2), (20, 1 / 16)])
def test_a_large_photo_is_read_smaller_and_cut_at_the_same_place(
    page: int, scale: float, tmp_path: Path
) -> None:
    path = photo_with_box(tmp_path / "photo.jpg", 700, 1000, (300, 200, 250, 350))
    assert load_smaller(path, halvings(1000 / page))[1] == pytest.approx(scale, rel=0.01)
    squares = whole_photos([path])
    (page_of_it,) = read_squares([path], squares, page)
    found = squares.boxes(np.array([red_box(page_of_it)]), page)
    assert found[0].tolist() == pytest.approx([300, 200, 250, 350], abs=0.3 * 1000 / page)


def test_of_the_faces_of_one_photo_it_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = photo_with_box(tmp_path / "photo.png", 200, 300, (60, 40, 50, 70))
    boxes = np.array([[10.0 * n, 20, 30, 40] for n in range(12)])
    expected = torch.cat([read_squares([path], squares_about(box[None], 1.5), 64) for box in boxes])
    read, load = [], images.load

    def counted(path: str, **options: Any) -> np.ndarray:
        read.append(path)
        return load(path, **options)

    monkeypatch.setattr(images, "load", counted)
    assert torch.equal(read_squares([path] * 12, squares_about(boxes, 1.5), 64), expected)
    assert len(read) <= 2  # two threads may begin with it


def test_a_box_at_a_fraction_of_a_page_is_at_that_fraction_of_the_square() -> None:
    squares = Squares(np.array([[50.0, 80.0], [10.0, 10.0]]), np.array([40.0, 100.0]))
    found = squares.boxes(np.array([[0.0, 0, 20, 20], [5.0, 10, 10, 5]]), 20)
    assert found.tolist() == [[30, 60, 40, 40], [-15, 10, 50, 25]]


def test_squares_about_whole_photos_and_boxes(tmp_path: Path) -> None:
    path = photo_with_box(tmp_path / "photo.png", 40, 100, (0, 0, 1, 1))
    whole = whole_photos([path])
    assert (whole.middle.tolist(), whole.side.tolist()) == ([[50, 20]], [100])
    about = squares_about(np.array([[10.0, 20, 30, 40]]), 1.5)
    assert (about.middle.tolist(), about.side.tolist()) == ([[25, 40]], [60])


def test_aligned_faces_are_cut_at_one_place(tmp_path: Path) -> None:
    path = photo_with_box(tmp_path / "photo.png", 120, 100, (30, 50, 40, 40))
    (page,) = read_aligned([path], 0.5, 0.2, 50)  # a square of 50 px, 10 px below the middle
    assert red_box(page) == pytest.approx([5, 5, 40, 40], abs=0.5)


# --- what training may see


def table(
    folder: Path, name: str, boxes: bool, split: Sequence[str | None] = ("train", "validation")
) -> DataSet:
    """A user's table of twelve rendered photos with tags, and gaps in them, of six people."""
    photos = open_dataset("rendered-faces-20").items.head(12)
    frame = pl.DataFrame(
        {
            "path": photos["path"],
            "label": [None if n == 11 else f"person {n // 2}" for n in range(12)],
            "split": [split[n % len(split)] for n in range(12)],
            "attr.smile": [None if n == 3 else float(n % 2) for n in range(12)],
            "attr.beard": [0.4, 0.5, 0.6] * 4,
        }
    )
    if boxes:
        frame = frame.with_columns(pl.lit(7.0).alias(column) for column in BOX)
    frame.write_csv(folder / f"{name}.csv")
    return read_items(folder / f"{name}.csv")


def test_nothing_of_boxes_is_handed_on(tmp_path: Path) -> None:
    with_boxes, without = (table(tmp_path, "items", boxes) for boxes in (True, False))
    assert set(BOX) <= set(with_boxes.items.columns)
    for fold in (None, 0):
        for one, other in zip(training_part(with_boxes, fold), training_part(without, fold), strict=True):
            assert one.equals(other)


@pytest.mark.parametrize("split", [("train", "train", "validation", "test"), (None,)])
def test_a_fold_holds_out_people_and_keeps_the_rest(split: Sequence[str | None], tmp_path: Path) -> None:
    data = table(tmp_path, "items", False, split)
    train, validation = training_part(data, None)
    assert len(train) == (12 if split == (None,) else 6)
    assert (validation["split"] == "validation").all()
    held_out: list[str] = []
    for fold in range(5):
        learned, looked_at = training_part(data, fold)
        extra = looked_at.filter(~pl.col("id").is_in(validation["id"].implode()))
        assert len(learned) + len(extra) == len(train)
        assert not set(learned["label"].drop_nulls()) & set(extra["label"])
        held_out += extra["id"].to_list()
    named = train.filter(pl.col("label").is_not_null())
    assert sorted(held_out) == sorted(named["id"])  # everybody once


def test_strengths_become_tags_at_one_half(tmp_path: Path) -> None:
    tags = tags_of(table(tmp_path, "items", False).items)
    assert tags[:3, 1].tolist() == [0, 1, 1]
    assert np.isnan(tags[3, 0])
    known = np.delete(tags[:, 0], 3)
    assert known.tolist() == [n % 2 for n in range(12) if n != 3]


def test_data_without_tags_or_with_others_is_refused(tmp_path: Path) -> None:
    data = table(tmp_path, "items", False)
    assert check_tags(data, None) == check_tags(data, ["smile", "beard"]) == ["smile", "beard"]
    assert check_tags(data, ["beard", "smile"]) == ["beard", "smile"]
    with pytest.raises(VisavisError, match=r"items: lacks tags of 'hat', unlike the others; take it"):
        check_tags(data, ["beard", "hat"])
    data.items.select("path").write_csv(tmp_path / "bare.csv")
    with pytest.raises(VisavisError, match=r"bare: there are no tags to learn; add columns attr\.<name>"):
        check_tags(read_items(tmp_path / "bare.csv"), None)


def test_attributes_that_are_chosen_may_be_fewer_and_in_any_order(tmp_path: Path) -> None:
    data = table(tmp_path, "items", False)
    assert check_tags(data, ["smile"], ["beard"]) == ["beard"]
    turned = tags_of(data.items, ["beard", "smile"])
    np.testing.assert_array_equal(turned, tags_of(data.items)[:, ::-1])
    np.testing.assert_array_equal(tags_of(data.items, ["beard"]), turned[:, :1])
    with pytest.raises(
        VisavisError,
        match="items: key 'attributes' has 'beads', of which there are no tags; the nearest is 'beard'",
    ):
        check_tags(data, None, ["beard", "beads"])
    with pytest.raises(VisavisError, match="key 'attributes' names one of them twice; name each once"):
        check_tags(data, None, ["beard", "beard"])


def test_pictures_without_faces_are_those_of_the_split_or_all(tmp_path: Path) -> None:
    table(tmp_path, "split", False, ("train", "test", "test"))
    assert len(faceless_photos(str(tmp_path / "split.csv"), "train").items) == 4
    assert len(faceless_photos(str(tmp_path / "split.csv"), "test").items) == 8
    table(tmp_path, "plain", False, (None,))
    assert len(faceless_photos(str(tmp_path / "plain.csv"), "train").items) == 12
    with pytest.raises(VisavisError, match=r"split\.csv: there is nothing in its split 'validation'"):
        faceless_photos(str(tmp_path / "split.csv"), "validation")


# --- batches


def pages(count: int, first: int) -> torch.Tensor:
    """Pages of one value each, so that a page can be told by it."""
    return (
        (first + torch.arange(count, dtype=torch.uint8))[:, None, None, None].expand(-1, 3, 8, 8).contiguous()
    )


def test_a_batch_has_photos_with_their_tags_and_then_pictures_without_faces() -> None:
    tags = np.arange(20, dtype=np.float32).reshape(10, 2)
    data = TagData(pages(10, 0), tags, 8, Augmentation(), pages(5, 100))
    batch = data.draw(8, 0.25, np.random.default_rng(0))
    values = (255 * data(batch)[:, 0, 0, 0]).round().long()
    assert len(values) == 8
    assert (values[:6] < 10).all()
    assert (values[6:] >= 100).all()
    assert torch.equal(batch.tags, torch.from_numpy(tags)[values[:6]])
    assert len(set(values[:6].tolist())) == 6  # nothing twice while there is enough
    again = data.draw(8, 0.25, np.random.default_rng(0))
    assert torch.equal(again.photos.rows, batch.photos.rows)


@pytest.mark.parametrize("without", [0.0, 0.25])
def test_a_batch_is_all_photos_where_none_are_without_faces(without: float) -> None:
    others = None if without else pages(3, 100)
    data = TagData(pages(3, 0), np.zeros((3, 1), np.float32), 8, Augmentation(), others)
    batch = data.draw(8, without, np.random.default_rng(0))
    assert batch.faceless is None
    torch.testing.assert_close(data(batch), centre_crop(data.photos.pages, 8)[batch.photos.rows])
    assert len(batch.tags) == 8
