"""CelebA's official files: what they become, what is said of broken ones, and the counts of the real sets."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.datasets.mat import refusal
from visavis import images
from visavis.datasets import celeba, open_dataset
from visavis.errors import VisavisError
from visavis.tables import attribute_matrix

ATTRIBUTES = """3
Bald Smiling Young
1.jpg -1  1  1
2.jpg  1 -1  0
3.jpg -1 -1  1
"""
IDENTITIES = "1.jpg 2880\n2.jpg 17\n3.jpg 2880\n"
PARTS = "1.jpg 0\n2.jpg 1\n3.jpg 2\n"
LISTS = {
    "list_attr_celeba.txt": ATTRIBUTES,
    "identity_CelebA.txt": IDENTITIES,
    "list_eval_partition.txt": PARTS,
}
BOXES = """3
image_id x_1 y_1 width height
2.jpg    95  71 226 313
1.jpg   320 828   0   0
3.jpg    -2   0  10  12
"""
FOUND = """image,x,y,w,h,score,faces
3.jpg,1.5,2,30.5,40,0.9,1
1.jpg,0.0,0.0,8,9,0.8,2
"""
BOX = ["box_x", "box_y", "box_w", "box_h"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "celeba" / "img_align_celeba").mkdir(parents=True)
    for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg"):
        (tmp_path / "celeba" / "img_align_celeba" / name).touch()
    for name, text in LISTS.items():
        (tmp_path / "celeba" / name).write_text(text)
    return tmp_path


@pytest.fixture
def uncropped(root: Path) -> Path:
    """The same with the photographs and their official boxes."""
    (root / "celeba" / "img_align_celeba").rename(root / "celeba" / "img_celeba")
    (root / "celeba" / "list_bbox_celeba.txt").write_text(BOXES)
    return root


@pytest.fixture
def wild(root: Path) -> Path:
    (root / "celeba").rename(root / "celeba-wild")
    (root / "celeba-wild" / "img_align_celeba").rename(root / "celeba-wild" / "img_celeba")
    (root / "celeba-wild" / "boxes.csv").write_text(FOUND)
    return root


def test_items(root: Path) -> None:
    data = celeba.read(root)
    assert data.items.select("id", "domain", "label", "split").rows() == [
        ("1.jpg", "photo", "2880", "train"),
        ("2.jpg", "photo", "17", "validation"),
        ("3.jpg", "photo", "2880", "test"),
    ]
    assert data.items["path"][2] == str(root / "celeba/img_align_celeba/3.jpg")
    assert data.attributes == ["Bald", "Smiling", "Young"]
    unknown = float("nan")  # 0 is neither 1 nor -1
    np.testing.assert_array_equal(attribute_matrix(data.items), [[0, 1, 1], [1, 0, unknown], [0, 0, 1]])
    assert "non-commercial" in data.terms


def test_images_that_the_other_lists_leave_out(root: Path) -> None:
    (root / "celeba" / "identity_CelebA.txt").write_text("1.jpg 5\n")
    (root / "celeba" / "list_eval_partition.txt").write_text("2.jpg 2\n")
    items = celeba.read(root).items
    assert items["label"].to_list() == ["5", None, None]
    assert items["split"].to_list() == [None, "test", None]


@pytest.mark.parametrize("missing", [*LISTS, "img_align_celeba", "img_align_celeba/2.jpg"])
def test_what_is_missing_is_named(root: Path, missing: str) -> None:
    path = root / "celeba" / missing
    path.rename(root / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing; restore it")):
        celeba.read(root)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("list_attr_celeba.txt", ATTRIBUTES.replace("-1  0", "-1"), "row 2 has not 4 words"),
        ("list_attr_celeba.txt", ATTRIBUTES.replace("-1  0", "-1 0 1"), "row 2 has not 4 words"),
        (
            "list_attr_celeba.txt",
            ATTRIBUTES.replace("3.jpg", "1.jpg"),
            "row 3 names an image of an earlier row",
        ),
        ("list_attr_celeba.txt", "", "it has no rows"),
        ("list_attr_celeba.txt", "3\n", "it has no rows"),
        ("list_attr_celeba.txt", "3\nBald Smiling Young\n", "it has no rows"),
        ("identity_CelebA.txt", "1.jpg 3\n2.jpg\n", "row 2 has not 2 words"),
        ("identity_CelebA.txt", "1.jpg 3\n1.jpg 4\n", "row 2 names an image of an earlier row"),
        ("identity_CelebA.txt", "", "it has no rows"),
        ("list_eval_partition.txt", "\n\n", "it has no rows"),
        ("list_eval_partition.txt", PARTS.replace("jpg 2", "jpg 3"), "part '3' is none of 0, 1, 2"),
        ("list_eval_partition.txt", PARTS.replace("jpg 2", "jpg -1"), "part '-1' is none of 0, 1, 2"),
        ("list_eval_partition.txt", PARTS.replace("jpg 2", "jpg test"), "part 'test' is none of 0, 1, 2"),
    ],
)
def test_malformed_lists(root: Path, name: str, text: str, reason: str) -> None:
    path = root / "celeba" / name
    path.write_text(text)
    assert refusal(path, lambda: celeba.read(root)) == reason


def test_a_list_that_is_no_text(root: Path) -> None:
    path = root / "celeba" / "list_attr_celeba.txt"
    path.write_bytes(b"\xff\xd8\xff\xe0 a photo by mistake")
    assert refusal(path, lambda: celeba.read(root)).startswith("UnicodeDecodeError")


@pytest.mark.parametrize("name", ["img_align_celeba", "img_celeba"])
def test_the_folders_of_the_official_download(uncropped: Path, name: str) -> None:
    folder = uncropped / "celeba"
    (folder / "img_celeba").rename(folder / name)
    read = celeba.read if name == "img_align_celeba" else celeba.read_uncropped
    flat = read(uncropped)
    for shelf, pattern in {"Img": "img_*", "Eval": "list_eval_*", "Anno": "*.txt"}.items():
        (folder / shelf).mkdir()
        for path in list(folder.glob(pattern)):
            path.rename(folder / shelf / path.name)
    on_shelves = read(uncropped)
    assert on_shelves.items["path"][2] == str(folder / "Img" / name / "3.jpg")
    assert_frame_equal(on_shelves.items.drop("path"), flat.items.drop("path"))
    (folder / "Anno" / "list_attr_celeba.txt").unlink()
    with pytest.raises(VisavisError, match=re.escape(f"{folder / 'list_attr_celeba.txt'} is missing")):
        read(uncropped)


def test_official_boxes(uncropped: Path) -> None:
    data = celeba.read_uncropped(uncropped)
    assert (data.name, data.terms) == ("celeba-in-the-wild", celeba.TERMS)
    assert data.items["id"].to_list() == ["1.jpg", "2.jpg", "3.jpg"]
    assert data.items["path"][0] == str(uncropped / "celeba/img_celeba/1.jpg")
    none = (None,) * 4  # no size
    assert data.items.select(BOX).rows() == [none, (95, 71, 226, 313), (-2, 0, 10, 12)]
    path = uncropped / "celeba" / "list_bbox_celeba.txt"
    path.write_text(BOXES.replace("3.jpg    -2   0  10  12\n", ""))
    assert celeba.read_uncropped(uncropped).items["box_x"].to_list() == [None, 95, None]


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        ("226", "wide", "row 1 has a box of other than numbers"),
        ("226", "nan", "row 1 has a box of other than numbers"),
        (" 313", "", "row 1 has not 5 words"),
        ("3.jpg", "2.jpg", "row 3 names an image of an earlier row"),
        ("3.jpg", "4.jpg", "there is no image '4.jpg'"),
        ("width", "x_2", "its columns are x_1, y_1, x_2, height, not x_1, y_1, width, height"),
    ],
)
def test_malformed_official_boxes(uncropped: Path, pattern: str, replacement: str, reason: str) -> None:
    path = uncropped / "celeba" / "list_bbox_celeba.txt"
    path.write_text(BOXES.replace(pattern, replacement))
    assert refusal(path, lambda: celeba.read_uncropped(uncropped)) == reason


def test_boxes_of_a_detector(wild: Path) -> None:
    data = celeba.read_wild(wild)
    assert data.name == "celeba-wild"
    assert "not annotations: for measuring only" in data.terms
    assert data.items["id"].to_list() == ["1.jpg", "2.jpg", "3.jpg"]
    assert data.items["path"][1] == str(wild / "celeba-wild/img_celeba/2.jpg")
    assert data.items["split"].to_list() == ["train", "validation", "test"]
    assert data.items.select(*BOX, "faces").rows() == [
        (0, 0, 8, 9, 2),
        (None, None, None, None, None),
        (1.5, 2, 30.5, 40, 1),
    ]
    assert data.items.schema["faces"] == pl.Int64
    assert data.attributes == ["Bald", "Smiling", "Young"]


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        ("30.5", "0", "row 1 has a box without place or size"),
        ("40", "-1", "row 1 has a box without place or size"),
        ("0.0,0.0", "0.0,", "row 2 has a box without place or size"),
        ("0.0,0.0", "0.0,nan", "row 2 has a box without place or size"),
        ("0.8,2", "0.8,0", "row 2 has a box, but no number of faces"),
        ("0.8,2", "0.8,", "row 2 has a box, but no number of faces"),
        ("3.jpg", "1.jpg", "row 2 names an image of an earlier row"),
        ("3.jpg", "4.jpg", "there is no image '4.jpg'"),
    ],
)
def test_broken_rows_of_the_detector(wild: Path, pattern: str, replacement: str, reason: str) -> None:
    path = wild / "celeba-wild" / "boxes.csv"
    path.write_text(FOUND.replace(pattern, replacement))
    assert refusal(path, lambda: celeba.read_wild(wild)) == reason


@pytest.mark.parametrize(("pattern", "replacement"), [("faces", "people"), ("30.5", "wide"), (FOUND, "")])
def test_boxes_of_another_shape(wild: Path, pattern: str, replacement: str) -> None:
    path = wild / "celeba-wild" / "boxes.csv"
    path.write_text(FOUND.replace(pattern, replacement))
    assert refusal(path, lambda: celeba.read_wild(wild))
    path.unlink()
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing")):
        celeba.read_wild(wild)


def test_real_counts(data_root: Path) -> None:
    data = open_dataset("celeba")
    items = data.items
    counts = dict(items["split"].value_counts().iter_rows())
    assert counts == {"train": 7000, "validation": 1000, "test": 2000}
    assert items["id"].is_unique().all()
    assert len(data.attributes) == 40
    assert items["label"].n_unique() == 5429
    assert items["label"].null_count() == 0
    known = attribute_matrix(items)
    assert known.shape == (10000, 40)
    assert set(np.unique(known)) == {0.0, 1.0}
    assert images.load(items["path"][0]).shape == (109, 89, 3)


def test_the_real_photographs(data_root: Path) -> None:
    data = open_dataset("celeba-wild")
    items = data.items
    assert dict(items["split"].value_counts().iter_rows()) == {"train": 3200, "test": 800}
    people = {split: set(items.filter(split=split)["label"]) for split in ("train", "test")}
    assert (len(people["train"]), len(people["test"])) == (238, 59)
    assert not people["train"] & people["test"]
    assert set(np.unique(attribute_matrix(items))) == {0.0, 1.0}
    assert items.select(*BOX, "faces").null_count().sum_horizontal().item() == 0
    assert items.filter(pl.col("faces") > 1)["split"].value_counts().sort("split").rows() == [
        ("test", 38),
        ("train", 84),
    ]
    for path, x, y, w, h in items.select("path", *BOX).iter_rows():
        height, width = images.size_of(path)
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height


def test_what_the_two_real_sets_share_is_on_one_side_of_the_split(data_root: Path) -> None:
    aligned, whole = (open_dataset(name).items.filter(split="train") for name in ("celeba", "celeba-wild"))
    tested = [open_dataset(name).items.filter(split="test")["label"] for name in ("celeba", "celeba-wild")]
    assert not set(pl.concat([aligned["label"], whole["label"]])) & set(pl.concat(tested))
