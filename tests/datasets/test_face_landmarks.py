"""Frames with landmarks: parts and openings of a face by hand, broken tables, and the real set."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.datasets.mat import refusal
from visavis import images
from visavis.datasets import face_landmarks, open_dataset
from visavis.errors import VisavisError


def face(opening: float = 6) -> np.ndarray:
    """Eyes 8 x 4 px, 40 px from centre to centre; lips from (40, 70) to (60, 80); all else in one place."""
    points = np.full((68, 2), 50.0)
    lids = np.array([(-4, 0), (-2, -2), (2, -2), (4, 0), (2, 2), (-2, 2)])
    points[36:42], points[42:48] = np.add(lids, (30, 40)), np.add(lids, (70, 40))
    points[48:68] = 50, 75
    points[48], points[54], points[51], points[57] = (40, 75), (60, 75), (50, 70), (50, 80)
    points[62], points[66] = (50, 75 - opening / 2), (50, 75 + opening / 2)
    return points


def write(root: Path, rows: list[tuple[str, str, str, np.ndarray]]) -> Path:
    folder = root / "face-landmarks"
    (folder / "images").mkdir(parents=True)
    header = ["image", "person", "split", *(f"{axis}{n}" for n in range(1, 69) for axis in "xy")]
    lines = [",".join(header)]
    for image, person, split, points in rows:
        (folder / "images" / image).touch()
        lines.append(",".join([image, person, split, *map(str, points.ravel())]))
    (folder / "landmarks.csv").write_text("\n".join(lines) + "\n")
    return folder / "landmarks.csv"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [("a.webp", "Ann", "train", face()), ("b.webp", "Bob", "test", np.add(face(50), (3, -2)))]
    return write(tmp_path, rows)


def test_a_face_by_hand(table: Path) -> None:
    data = face_landmarks.read(table.parents[1])
    assert data.items.select("id", "domain", "label", "split").rows() == [
        ("a.webp", "photo", "Ann", "train"),
        ("b.webp", "photo", "Bob", "test"),
    ]
    assert data.items["path"][1] == str(table.parent / "images" / "b.webp")
    # 6 and 50 px of 40 between the eyes, of which 0.3 is 1; lids 4 px apart, of which 0.2 is 1
    assert data.items["attr.mouth_opening"].to_list() == pytest.approx([6 / 40 / 0.3, 1])
    assert data.items["attr.eye_opening"].to_list() == pytest.approx([4 / 40 / 0.2] * 2)
    assert data.items.schema["attr.eye_opening"] == pl.Float32
    assert data.parts is not None
    rows = {(name, part): box for name, part, *box in data.parts.rows()}
    assert rows["a.webp", "mouth"] == pytest.approx([40, 70, 20, 10])
    # 48 x 4 px around both eyes, and 4.8 px on all sides
    assert rows["a.webp", "eyes"] == pytest.approx([26 - 4.8, 38 - 4.8, 48 + 9.6, 4 + 9.6])
    assert rows["b.webp", "eyes"] == pytest.approx([29 - 4.8, 36 - 4.8, 48 + 9.6, 4 + 9.6])
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        ("test", "validation", "split 'validation' is none of train, test"),
        ("b.webp", "a.webp", "image 'a.webp' stands in two rows"),
        ("26.0,", ",", "a point is missing, or both eyes are at one place"),
        ("26.0,", "inf,", "a point is missing, or both eyes are at one place"),
    ],
)
def test_what_is_said_of_broken_rows(table: Path, pattern: str, replacement: str, reason: str) -> None:
    table.write_text(table.read_text().replace(pattern, replacement, 1))
    assert refusal(table, lambda: face_landmarks.read(table.parents[1])) == reason


def test_eyes_in_one_place_have_no_distance(tmp_path: Path) -> None:
    table = write(tmp_path, [("a.webp", "Ann", "train", np.full((68, 2), 5.0))])
    assert "both eyes" in refusal(table, lambda: face_landmarks.read(tmp_path))


@pytest.mark.parametrize(("pattern", "replacement"), [("x68", "z68"), ("26.0", "left")])
def test_a_table_of_another_shape(table: Path, pattern: str, replacement: str) -> None:
    table.write_text(table.read_text().replace(pattern, replacement, 1))
    refusal(table, lambda: face_landmarks.read(table.parents[1]))


@pytest.mark.parametrize("missing", ["landmarks.csv", "images", "images/b.webp"])
def test_what_is_missing_is_named(table: Path, missing: str) -> None:
    path = table.parent / missing
    path.rename(table.parents[1] / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing; restore it")):
        face_landmarks.read(table.parents[1])


def test_the_real_set(data_root: Path) -> None:
    data = open_dataset("face-landmarks")
    assert dict(data.items["split"].value_counts().iter_rows()) == {"train": 1500, "test": 500}
    people = {split: set(data.items.filter(split=split)["label"]) for split in ("train", "test")}
    assert (len(people["train"]), len(people["test"])) == (260, 87)
    assert not people["train"] & people["test"]
    assert data.attributes == ["mouth_opening", "eye_opening"]
    # the README's median ratios of .09 and .10
    assert data.items["attr.mouth_opening"].median() == pytest.approx(0.09 / 0.3, abs=0.01)
    assert data.items["attr.eye_opening"].median() == pytest.approx(0.10 / 0.2, abs=0.02)
    assert data.parts is not None
    assert dict(data.parts["part"].value_counts().iter_rows()) == {"mouth": 2000, "eyes": 2000}
    mouth, eyes = (data.parts.filter(part=part) for part in ("mouth", "eyes"))
    below = mouth["y"] + mouth["h"] / 2 > eyes["y"] + eyes["h"] / 2
    assert below.mean() == 1
    assert images.size_of(data.items["path"][0]) == (128, 128)
