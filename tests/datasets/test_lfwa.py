"""LFWA in the official layout: what it becomes, and what is said of broken files."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets.mat import cells, change, refusal, save_73
from visavis.datasets import lfwa, open_dataset
from visavis.errors import VisavisError
from visavis.tables import attribute_matrix

NAMES = [rf"Ann_Lee\Ann_Lee_000{n}.jpg" for n in (1, 2)] + [r"Bo\Bo_0001.jpg", r"Cy\Cy_0001.jpg"]
LABEL = np.array([[1.0, 0], [0, 0], [1, 1], [0, 1]])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "lfwa"
    for name in NAMES:
        path = folder / "lfw" / name.replace("\\", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    marks = {"AttrName": cells(["5 o Clock Shadow", "Male"]), "label": LABEL, "name": cells(NAMES).T}
    savemat(folder / "lfw_att_40.mat", marks)
    train, test = np.array([[3.0], [1.0]]), np.array([[4.0]])
    savemat(folder / "indices_train_test.mat", {"indices_img_train": train, "indices_img_test": test})
    return tmp_path


def test_items(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATA", str(root))
    data = open_dataset("lfwa")
    assert data.items.select("id", "domain", "label", "split").rows() == [
        ("Ann_Lee/Ann_Lee_0001.jpg", "photo", "Ann_Lee", "train"),
        ("Ann_Lee/Ann_Lee_0002.jpg", "photo", "Ann_Lee", None),
        ("Bo/Bo_0001.jpg", "photo", "Bo", "train"),
        ("Cy/Cy_0001.jpg", "photo", "Cy", "test"),
    ]
    assert data.items["path"][2] == str(root / "lfwa/lfw/Bo/Bo_0001.jpg")
    assert data.attributes == ["5_o_Clock_Shadow", "Male"]
    np.testing.assert_array_equal(attribute_matrix(data.items), LABEL)
    assert "non-commercial" in data.terms


def test_files_that_were_written_again(root: Path) -> None:
    """Then texts are rows of a character array, numbers flat, and labels of another type."""
    expected = lfwa.read(root).items
    again: dict[str, Any] = {
        "AttrName": ["5 o Clock Shadow", "Male"],
        "label": LABEL.astype(bool),
        "name": NAMES,
    }
    savemat(root / "lfwa" / "lfw_att_40.mat", again)
    indices = {"indices_img_train": np.array([3.0, 1]), "indices_img_test": np.array([4.0])}
    savemat(root / "lfwa" / "indices_train_test.mat", indices)
    assert lfwa.read(root).items.equals(expected)


def test_files_as_they_are_published(root: Path) -> None:
    """They are of version 7.3."""
    expected = lfwa.read(root).items
    save_73(root / "lfwa" / "lfw_att_40.mat", AttrName=["5 o Clock Shadow", "Male"], label=LABEL, name=NAMES)
    train, test = np.array([[3.0], [1.0]]), np.array([[4.0]])
    save_73(root / "lfwa" / "indices_train_test.mat", indices_img_train=train, indices_img_test=test)
    assert lfwa.read(root).items.equals(expected)


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"label": LABEL.T}, "ValueError: label is not of 4 rows and 2 columns"),
        ({"label": LABEL[:, 0]}, "ValueError: label is not of 4 rows and 2 columns"),
        ({"label": LABEL * 2}, "row 1 of label has a value that is neither 0 nor 1"),
        ({"label": LABEL - np.eye(4, 2, -3)}, "row 4 of label has a value that is neither 0 nor 1"),
        ({"label": LABEL / 2}, "ValueError: a number is not whole"),
        ({"label": LABEL * np.nan}, "ValueError: a number is not whole"),
        ({"name": cells([*NAMES[:3], NAMES[0]])}, "it names an image twice"),
        ({"name": None}, "it has no variable 'name'"),
        ({"AttrName": cells(["Male", "Male"])}, "DuplicateError: "),
    ],
)
def test_broken_attributes(root: Path, variables: dict[str, Any], reason: str) -> None:
    path = root / "lfwa" / "lfw_att_40.mat"
    change(path, **variables)
    assert reason in refusal(path, lambda: lfwa.read(root))


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"indices_img_test": np.array([3.0])}, "ValueError: number 3 is in more than one split"),
        ({"indices_img_test": np.array([0])}, "IndexError: an index is not in 1..4"),
        ({"indices_img_train": np.array([5])}, "IndexError: an index is not in 1..4"),
        ({"indices_img_train": np.array([1.5])}, "ValueError: a number is not whole"),
        ({"indices_img_train": None}, "it has no variable 'indices_img_train'"),
    ],
)
def test_broken_splits(root: Path, variables: dict[str, Any], reason: str) -> None:
    path = root / "lfwa" / "indices_train_test.mat"
    change(path, **variables)
    assert refusal(path, lambda: lfwa.read(root)) == reason


@pytest.mark.parametrize(
    "missing", ["", "lfw", "lfw/Bo/Bo_0001.jpg", "lfw_att_40.mat", "indices_train_test.mat"]
)
def test_what_is_missing_is_named(root: Path, missing: str) -> None:
    path = root / "lfwa" / missing
    path.rename(root / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing; restore it")):
        lfwa.read(root)
