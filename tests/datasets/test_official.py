import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets.mat import cells, refusal, save_73
from visavis.datasets.official import from_one, read_mat, split_of, texts, whole
from visavis.errors import VisavisError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    variables = {"names": cells(["a.jpg", "Levi's ", ""]), "numbers": np.array([[1.0, 2.0]])}
    savemat(tmp_path / "data.mat", variables)
    return tmp_path / "data.mat"


def test_variables_in_the_order_asked_for(path: Path) -> None:
    numbers, names = read_mat(path, "numbers", "names")
    assert whole(numbers).tolist() == [[1, 2]]
    assert whole(numbers).dtype == np.int64
    assert texts(names) == ["a.jpg", "Levi's", ""]
    savemat(path, {"names": np.array(["coast", "bay"])})
    assert texts(*read_mat(path, "names")) == ["coast", "bay"]


def test_a_file_cut_off_anywhere_is_named(path: Path) -> None:
    content = path.read_bytes()
    for size in [*range(0, len(content) - 1, 37), len(content) - 1]:
        path.write_bytes(content[:size])
        assert refusal(path, lambda: read_mat(path, "names", "numbers"))


def test_version_73(path: Path) -> None:
    save_73(path, names=["a.jpg", "Levi's "], numbers=np.array([[1.0, 2], [3, 4], [5, 6]]))
    numbers, names = read_mat(path, "numbers", "names")
    assert whole(numbers).tolist() == [[1, 2], [3, 4], [5, 6]]
    assert texts(names) == ["a.jpg", "Levi's"]
    assert refusal(path, lambda: read_mat(path, "name")) == "it has no variable 'name'"
    content = path.read_bytes()
    for size in range(128, len(content), 499):
        path.write_bytes(content[:size])
        assert refusal(path, lambda: read_mat(path, "names", "numbers"))


def test_what_is_no_such_file(path: Path) -> None:
    assert refusal(path, lambda: read_mat(path, "name")) == "it has no variable 'name'"
    path.unlink()
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing; restore it, or set VISAVIS_DATA")):
        read_mat(path, "names")


@pytest.mark.parametrize("number", [0.5, np.nan, np.inf])
def test_numbers_that_are_not_whole(number: float) -> None:
    with pytest.raises(ValueError, match="a number is not whole"):
        whole(np.array([1.0, number]))


def test_numbers_that_count_from_one() -> None:
    assert from_one(np.array([2, 1, 2]), np.array(["a", "b"])).tolist() == ["b", "a", "b"]
    assert from_one(np.zeros(0, np.int64), np.zeros(0)).tolist() == []
    for index in (0, 3):
        with pytest.raises(IndexError, match=re.escape("an index is not in 1..2")):
            from_one(np.array([index]), np.array(["a", "b"]))


def test_a_split_of_rows() -> None:
    split = split_of({"train": np.array([[4.0], [1.0]]), "test": np.array([[2.0]])}, 4)
    assert split.to_list() == ["train", "test", None, "train"]
    for numbers in ([3, 1], [1, 3]):
        with pytest.raises(ValueError, match="number 3 is in more than one split"):
            split_of({"train": np.array([3, 2]), "test": np.array(numbers)}, 4)
    with pytest.raises(IndexError, match=re.escape("an index is not in 1..4")):
        split_of({"train": np.array([5])}, 4)
