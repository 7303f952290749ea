"""CelebA's official files: what they become, what is said of broken ones, and the counts of the real set."""

import re
from pathlib import Path

import numpy as np
import pytest

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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "celeba" / "img_align_celeba").mkdir(parents=True)
    for name in ("1.jpg", "2.jpg", "3.jpg", "4.jpg"):
        (tmp_path / "celeba" / "img_align_celeba" / name).touch()
    for name, text in LISTS.items():
        (tmp_path / "celeba" / name).write_text(text)
    return tmp_path


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
        ("list_attr_celeba.txt", "", "it has no rows"),
        ("list_attr_celeba.txt", "3\n", "it has no rows"),
        ("list_attr_celeba.txt", "3\nBald Smiling Young\n", "it has no rows"),
        ("identity_CelebA.txt", "1.jpg 3\n2.jpg\n", "row 2 has not 2 words"),
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
