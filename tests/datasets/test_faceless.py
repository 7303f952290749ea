"""Pictures without faces: classes, splits, what is left out, and the counts of the real set."""

import re
from pathlib import Path

import pytest

from tests.datasets.mat import refusal
from visavis.datasets import faceless, open_dataset
from visavis.datasets.faceless import with_faces
from visavis.errors import VisavisError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Of each part one picture that is listed as showing faces, one that is not; one listed with a suffix."""
    listed = [*_listed("train/t-shirt/")[:1], *_listed("train/1")[:1], *_listed("val/")[:1]]
    shirt, photo, other = listed
    for name in (
        f"clothing/{shirt}.webp",
        f"clothing/{shirt}x.webp",
        "clothing/validation/hat/a.jpg",
        "clothing/test/hat/b.b.jpg",
        f"photos/bsds/{photo}.jpg",
        "photos/bsds/train/8.jpg",
        "photos/bsds/train/notes.txt",
        f"photos/bsds/{other}.jpg",
        "photos/bsds/val/9.jpg",
        "photos/bsds/segments/train/8.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def _listed(start: str) -> list[str]:
    return [name for name in with_faces() if name.startswith(start)]


def test_scenes_and_clothing_less_what_is_listed(root: Path) -> None:
    data = faceless.read(root)
    shirt = f"{_listed('train/t-shirt/')[0]}x.webp"
    assert data.items.select("id", "domain", "label", "split").rows() == [
        ("test/hat/b.b.jpg", "photo", "hat", "test"),
        (shirt, "photo", "t-shirt", "train"),
        ("validation/hat/a.jpg", "photo", "hat", "validation"),
        ("train/8.jpg", "photo", "scene", "train"),
        ("val/9.jpg", "photo", "scene", "test"),
    ]
    assert data.items["path"].to_list() == [
        *(str(root / "clothing" / name) for name in data.items["id"][:3]),
        *(str(root / "photos" / "bsds" / name) for name in data.items["id"][3:]),
    ]
    assert data.terms.startswith("CC0")
    assert "Arbelaez" in data.terms


def test_a_suffix_does_not_bring_a_face_back(root: Path) -> None:
    before = faceless.read(root).items["id"].to_list()
    shirt = root / "clothing" / f"{_listed('train/t-shirt/')[0]}.webp"
    shirt.rename(shirt.with_suffix(".jpg"))
    assert faceless.read(root).items["id"].to_list() == before
    assert len(faceless.read_clothing(root).items) == 4


def test_all_scenes(root: Path) -> None:
    data = faceless.read_bsds(root)
    assert data.name == "bsds"
    assert sorted(data.items["split"]) == ["test", "test", "train", "train"]
    assert set(data.items["label"]) == {"scene"}


def test_what_is_missing_is_named(root: Path) -> None:
    folder = root / "photos" / "bsds" / "val"
    for photo in folder.iterdir():
        photo.unlink()
    assert refusal(folder, lambda: faceless.read(root)) == "it holds no photos"
    folder.rmdir()
    with pytest.raises(VisavisError, match=re.escape(f"{folder} is missing; restore it")):
        faceless.read(root)
    (root / "clothing").rename(root / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{root / 'clothing'} is missing; restore it")):
        faceless.read(root)


def test_the_list_is_sorted_and_of_ids_without_suffix() -> None:
    listed = with_faces()
    assert listed == sorted(set(listed))
    for name in listed:
        assert re.fullmatch(r"(train|validation|test|val)/([a-z-]+/[0-9a-f-]{36}|\d+)", name)


def test_clothing_keeps_its_splits_and_says_its_terms(data_root: Path) -> None:
    data = open_dataset("clothing")
    assert data.items["label"].n_unique() == 10
    assert set(data.items["split"]) == {"train", "validation", "test"}
    assert len(data.items) == 3781
    assert data.terms.startswith("CC0")


def test_the_real_pictures(data_root: Path) -> None:
    items = open_dataset("faceless").items
    assert dict(items["split"].value_counts().iter_rows()) == {"train": 3150, "validation": 336, "test": 434}
    assert items["id"].is_unique().all()
    assert items["label"].n_unique() == 11
    assert items.filter(label="scene")["split"].value_counts().sort("split").rows() == [
        ("test", 65),
        ("train", 119),
    ]
    everything = len(open_dataset("clothing").items) + len(open_dataset("bsds").items)
    assert everything - len(items) == len(with_faces()) == 161  # each one listed is there
