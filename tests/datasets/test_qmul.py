import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.datasets import qmul
from visavis.errors import VisavisError
from visavis.tables import DataSet

CATEGORIES: tuple[qmul.Category, ...] = ("shoe", "chair")


# --- a small copy of the layout, which also runs without the data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Shoes 1, 2 and 111 to train with, 3 and 4 to test with, and three extra sketches of shoe 2."""
    folder = tmp_path / "qmul-shoe-v1"
    numbers = {"train": [1, 2, 111], "test": [3, 4]}
    table = [["split", "number", "kind", "labelled_from", *(f"a{k:02}" for k in range(21))]]
    judged: dict[str, Any] = {"about": "a small copy"}
    for split, members in numbers.items():
        for part, suffix in (("photos", ".jpg"), ("sketches", ".png"), ("edges", ".png")):
            (folder / split / part).mkdir(parents=True)
            for number in members:
                (folder / split / part / f"{number}{suffix}").touch()
        for number in members:
            table.append([split, str(number), "photo", "photo", *("01"[(number + k) % 2] for k in range(21))])
            table.append([split, str(number), "sketch", "sketch", *("01"[k % 2] for k in range(21))])
        first, second = members[:2]
        pairs = [[[first, second, 2, 3]], [[first, second, 3, 3], [second, first, 1, 1]]]
        judged[split] = {"sketches": [first, second], "candidates": [members] * 2, "pairs": pairs}
    (folder / "attributes.csv").write_text("\n".join(map(",".join, table)))
    (folder / "triplets.json").write_text(json.dumps(judged))

    extra = tmp_path / "qmul-shoe-extra"
    (extra / "sketches").mkdir(parents=True)
    for name in ("002-1", "002-2", "002-3", "111-1"):
        (extra / "sketches" / f"{name}.png").touch()
    (extra / "attributes13.csv").write_text(
        "shoe,kind,sketch,same_shoe,duplicate_of,v1_likeness,b00\n"
        "2,photo,,1,,,0\n2,sketch,1,1,,0.91,0\n2,sketch,2,1,,0.90,0\n2,sketch,3,1,002-2,0.90,0\n111,sketch,1,0,,,0\n"
    )
    return tmp_path


def test_items_and_triplets(root: Path) -> None:
    data = qmul.read(root, "shoe", extra=False)
    assert data.name == "qmul-shoe-v1"
    assert "no redistribution" in data.terms
    train = [f"{domain}/{number}" for domain in ("photo", "sketch", "edge") for number in (1, 2, 111)]
    test = [f"{domain}/{number}" for domain in ("photo", "sketch", "edge") for number in (3, 4)]
    assert data.items["id"].to_list() == train + test
    row = data.items.row(by_predicate=pl.col("id") == "sketch/3", named=True)
    assert row["path"] == str(root / "qmul-shoe-v1/test/sketches/3.png")
    assert (row["domain"], row["label"], row["split"]) == ("sketch", "3", "test")
    assert data.triplets is not None
    assert data.triplets.rows() == [
        ("sketch/1", "photo/1", "photo/2", 2, 3),
        ("sketch/2", "photo/1", "photo/2", 3, 3),
        ("sketch/2", "photo/2", "photo/1", 1, 1),
        ("sketch/3", "photo/3", "photo/4", 2, 3),
        ("sketch/4", "photo/3", "photo/4", 3, 3),
        ("sketch/4", "photo/4", "photo/3", 1, 1),
    ]


def test_attributes_that_may_be_known(root: Path) -> None:
    items = qmul.read(root, "shoe").items
    column = "attr.a01_open_toe"
    known = {name: value for name, value in items.select("id", column).rows() if value is not None}
    photos = {"photo/1": 0, "photo/2": 1, "photo/3": 0, "photo/4": 1}
    edges = {name.replace("photo", "edge"): value for name, value in photos.items()}
    assert known == photos | edges | {"sketch/1": 1, "sketch/2": 1}
    assert items.schema[column] == pl.Float32


def test_extra_sketches_are_new_drawings_of_the_same_shoe(root: Path) -> None:
    assert "sketch/2-2" not in qmul.read(root, "shoe", extra=False).items["id"]
    extra = qmul.read(root, "shoe").items.filter(pl.col("id").str.contains("-"))
    assert extra.select("id", "domain", "label", "split").rows() == [("sketch/2-2", "sketch", "2", "train")]
    assert extra["path"][0] == str(root / "qmul-shoe-extra/sketches/002-2.png")


def test_a_relative_root_gives_absolute_paths(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert all(Path(path).is_absolute() for path in qmul.read(Path(), "shoe").items["path"])


@pytest.mark.parametrize(
    "missing",
    [
        "qmul-shoe-v1/test/photos",
        "qmul-shoe-v1/train/sketches/2.png",
        "qmul-shoe-v1/train/photos/2.jpg",
        "qmul-shoe-v1/triplets.json",
        "qmul-shoe-v1/attributes.csv",
        "qmul-shoe-extra/attributes13.csv",
        "qmul-shoe-extra/sketches/002-2.png",
        "qmul-shoe-extra",
        "qmul-shoe-v1",
    ],
)
def test_what_is_missing_is_named(root: Path, missing: str) -> None:
    (root / missing).rename(root / "away")
    with pytest.raises(VisavisError) as caught:
        qmul.read(root, "shoe")
    assert str(caught.value) == (
        f"{root / missing} is missing; restore it, or set VISAVIS_DATA to the folder that holds the data sets"
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("qmul-shoe-v1/triplets.json", '"test"', '"tset"', "KeyError: 'test'"),
        ("qmul-shoe-v1/triplets.json", '{"about"', '"about"', "JSONDecodeError: Extra data"),
        ("qmul-shoe-v1/triplets.json", "[[1, 2, 2, 3]]", "[[1, 2, 2]]", "not enough values to unpack"),
        ("qmul-shoe-v1/triplets.json", "[[1, 2, 2, 3]]", "[7]", "TypeError: cannot unpack"),
        ("qmul-shoe-v1/triplets.json", "[1, 2, 2, 3]", "[1, 9, 2, 3]", "there is no picture 'photo/9'"),
        ("qmul-shoe-v1/triplets.json", "[1, 2, 2, 3]", '[1, 2, "x", 3]', "ComputeError: "),
        ("qmul-shoe-v1/triplets.json", "[1, 2, 2, 3]", "[1, 2, 4, 3]", "more votes for a pair than in all"),
        ("qmul-shoe-v1/triplets.json", '"sketches": [1, 2]', '"sketches": [1]', "ValueError: zip"),
        (
            "qmul-shoe-v1/attributes.csv",
            "train,1,photo,photo,1",
            "train,1,photo,photo,x",
            "could not parse `x`",
        ),
        (
            "qmul-shoe-v1/attributes.csv",
            "train,1,photo,photo,1",
            "train,1,photo,photo,0.5",
            "could not parse",
        ),
        ("qmul-shoe-v1/attributes.csv", "train,1,photo,photo,1", "train,1,photo,photo,2", "neither 0 nor 1"),
        ("qmul-shoe-v1/attributes.csv", "train,1,photo,photo,1", "train,1,photo,photo,", "neither 0 nor 1"),
        ("qmul-shoe-v1/attributes.csv", "a20", "a21", "a20"),
        (
            "qmul-shoe-v1/attributes.csv",
            "train,1,photo,photo",
            "train,1,sketch,photo",
            "one row for each photo",
        ),
        ("qmul-shoe-extra/attributes13.csv", "v1_likeness", "likeness", "v1_likeness"),
        ("qmul-shoe-extra/attributes13.csv", "0.91", "much", "ComputeError: cannot compare"),
        ("qmul-shoe-extra/attributes13.csv", "2,sketch,2", "x,sketch,2", "InvalidOperationError: conversion"),
    ],
)
def test_what_is_malformed_is_named_once(root: Path, file: str, old: str, new: str, reason: str) -> None:
    content = (root / file).read_text()
    assert old in content
    (root / file).write_text(content.replace(old, new, 1))
    with pytest.raises(VisavisError) as caught:
        qmul.read(root, "shoe")
    sentence = str(caught.value)
    assert sentence.startswith(f"{root / file} is malformed (")
    assert sentence.endswith("); restore it from the source of the data set")
    assert reason in sentence
    assert "\n" not in sentence


def strokes_file(root: Path, **changes: Any) -> None:
    lifted = np.array([[1, 2, 0], [3, 4, 1], [5, 6, 1], [7, 8, 0], [9, 9, 1]], np.float32)
    arrays = {
        "points": lifted,
        "offsets": np.array([0, 3, 5]),
        "names": ["7_1", "7_2"],
        "split": ["train"] * 2,
    }
    np.savez(root / "qmul-shoe-extra" / "chairv2-strokes.npz", **{**arrays, **changes})


def test_strokes_end_where_the_pen_is_lifted(root: Path) -> None:
    strokes_file(root)
    strokes = qmul.chair_strokes(root)
    assert strokes.names == ["7_1", "7_2"]
    assert strokes.splits == ["train", "train"]
    assert [[stroke.tolist() for stroke in sketch] for sketch in strokes.strokes] == [
        [[[1, 2], [3, 4]], [[5, 6]]],
        [[[7, 8], [9, 9]]],
    ]


def test_unusable_strokes(root: Path) -> None:
    path = root / "qmul-shoe-extra" / "chairv2-strokes.npz"
    with pytest.raises(VisavisError, match=r"chairv2-strokes\.npz is missing"):
        qmul.chair_strokes(root)
    strokes_file(root, offsets=np.array([0, 5]))
    with pytest.raises(VisavisError, match=r"is malformed \(ValueError: zip"):
        qmul.chair_strokes(root)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(VisavisError, match=r"is malformed \(BadZipFile"):
        qmul.chair_strokes(root)
    path.write_bytes(b"")
    with pytest.raises(VisavisError, match="is malformed"):
        qmul.chair_strokes(root)


def test_extra_photos_must_be_there(root: Path) -> None:
    with pytest.raises(VisavisError, match="shoev2-photos is missing"):
        qmul.extra_photos(root)
    (root / "qmul-shoe-extra" / "shoev2-photos").mkdir()
    with pytest.raises(VisavisError, match="it holds no photos"):
        qmul.extra_photos(root)


# --- the real sets, against what their notes say


@pytest.fixture(scope="module")
def sets(data_root: Path) -> dict[qmul.Category, DataSet]:
    return {category: qmul.read(data_root, category, extra=False) for category in CATEGORIES}


@pytest.mark.parametrize(
    ("category", "train", "test", "attributes"), [("shoe", 304, 115, 21), ("chair", 200, 97, 15)]
)
def test_counts(
    sets: dict[qmul.Category, DataSet], category: qmul.Category, train: int, test: int, attributes: int
) -> None:
    data = sets[category]
    assert len(data.attributes) == attributes == len(qmul.ATTRIBUTES[category])
    for domain in ("photo", "sketch", "edge"):
        for split, first, last in (("train", 1, train), ("test", train + 1, train + test)):
            part = data.select(domain=domain, split=split).items
            assert part["label"].to_list() == [str(number) for number in range(first, last + 1)]
    assert data.triplets is not None
    assert len(data.triplets) == 45 * (train + test)


@pytest.mark.parametrize("category", CATEGORIES)
def test_ten_candidates_with_the_own_photo_among_them(
    sets: dict[qmul.Category, DataSet], category: qmul.Category
) -> None:
    triplets = sets[category].triplets
    assert triplets is not None
    for (anchor,), judged in triplets.group_by("anchor"):
        pairs = {frozenset(pair) for pair in judged.select("positive", "negative").rows()}
        candidates = frozenset().union(*pairs)
        assert len(judged) == len(pairs) == 45
        assert len(candidates) == 10
        assert str(anchor).replace("sketch", "photo") in candidates


@pytest.mark.parametrize(
    ("category", "unanimous", "own_train", "own_test"),
    [("shoe", 66.1, 95.6, 97.6), ("chair", 76.0, 99.3, 100)],
)
def test_human_judgements(
    sets: dict[qmul.Category, DataSet],
    category: qmul.Category,
    unanimous: float,
    own_train: float,
    own_test: float,
) -> None:
    data = sets[category]
    train, test = data.select(split="train").triplets, data.select(split="test").triplets
    assert train is not None
    assert test is not None
    assert set(train.select("votes", "votes_of").unique().rows()) == {(2, 3), (3, 3)}
    assert set(test.select("votes", "votes_of").unique().rows()) == {(1, 1)}
    assert 100 * len(train.filter(votes=3)) / len(train) == pytest.approx(unanimous, abs=0.05)
    for triplets, expected in ((train, own_train), (test, own_test)):
        own = pl.col("anchor").str.replace("sketch", "photo")
        with_own = triplets.filter((own == pl.col("positive")) | (own == pl.col("negative")))
        preferred = with_own.filter(own == pl.col("positive"))
        assert 100 * len(preferred) / len(with_own) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(("category", "agreement"), [("shoe", 88.5), ("chair", 94.4)])
def test_attribute_labels(
    sets: dict[qmul.Category, DataSet], category: qmul.Category, agreement: float
) -> None:
    data = sets[category]
    columns = [f"attr.{name}" for name in data.attributes]

    def labels(**which: str) -> np.ndarray:
        return data.select(**which).items.select(columns).to_numpy()

    assert np.isnan(labels(domain="sketch", split="test")).all()
    assert not np.isnan(labels(domain="photo", split="test")).any()
    np.testing.assert_array_equal(labels(domain="edge"), labels(domain="photo"))
    unknown = data.select(domain="photo").items.filter(pl.col(columns[0]).is_null())
    assert unknown["label"].to_list() == list(qmul.MISLABELLED[category])
    photos, sketches = labels(domain="photo", split="train"), labels(domain="sketch", split="train")
    known = ~np.isnan(photos)
    assert (np.isnan(sketches) == np.isnan(photos)).all()
    assert 100 * (photos == sketches)[known].mean() == pytest.approx(agreement, abs=0.15)


def test_attribute_names_follow_the_notes_of_the_data(data_root: Path) -> None:
    for category in CATEGORIES:
        notes = (data_root / f"qmul-{category}-v1" / "attributes.md").read_text().splitlines()
        told = [line.split("|")[2].strip() for line in notes if line.startswith("| a")]
        assert len(told) == len(qmul.ATTRIBUTES[category])
        for name, meaning in zip(qmul.ATTRIBUTES[category], told, strict=True):
            words = meaning.replace(",", "").replace("(", "").split()
            assert all(any(told.startswith(word[:4]) for told in words) for word in name.split("_")), (
                name,
                meaning,
            )


def test_extra_sketches(data_root: Path) -> None:
    extra = qmul.read(data_root, "shoe").items.filter(pl.col("id").str.contains("-"))
    assert len(extra) == 616
    assert set(extra["split"]) == {"train"}
    assert not set(extra["label"]) & set(qmul.MISLABELLED["shoe"])
    pictures = {images.load(path, mode="grey").tobytes() for path in extra["path"]}
    assert len(pictures) == len(extra), "no drawing twice"


def test_every_picture_decodes(sets: dict[qmul.Category, DataSet]) -> None:
    for data in sets.values():
        for path, domain in data.items.select("path", "domain").rows():
            mode: images.Mode = "rgb" if domain == "photo" else "grey"
            assert images.load(path, mode=mode).shape[:2] == (256, 256)


def test_shoe_v2_photos_and_chair_v2_strokes(data_root: Path) -> None:
    photos = qmul.extra_photos(data_root).items
    assert len(photos) == photos["id"].n_unique() == 2000
    assert photos["label"].is_null().all()
    assert photos["split"].is_null().all()
    strokes = qmul.chair_strokes(data_root)
    assert len(strokes.names) == 1275
    assert (strokes.splits.count("train"), strokes.splits.count("test")) == (952, 323)
    assert sum(len(stroke) for sketch in strokes.strokes for stroke in sketch) == 143_830
    chairs = {name.rpartition("_")[0] for name in strokes.names}
    assert len(chairs) == 400
    corners = np.concatenate([stroke for sketch in strokes.strokes for stroke in sketch])
    assert 33 <= corners.min() <= corners.max() <= 223.001
