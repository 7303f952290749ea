import re
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from tests.datasets.mat import cells, change, refusal
from visavis.datasets import open_dataset, zap50k
from visavis.errors import VisavisError

LISTED = {
    "Shoes/Oxfords/Bostonian/1.2.jpg": "Bostonian",
    "Shoes/Loafers/Levi's/3.4.jpg": "Levi's&#174;",
    "Boots/Ankle/Levi's/3.5.jpg": "Levi's",
    "Boots/Ankle/L.A.M.B./5.6.jpg": "L.A.M.B",
    "Boots/Ankle/Neil M./7.8.jpg": "Neil M%2E",
    "Sandals/Flat/W.A.G./9.0.jpg": "W.A.G.",
}
"""Path in the list -> the brand's folder on disk."""
JUDGED = np.array([[1, 2, 0, 1, 3, 1], [6, 1, 0, 2, 2.5, 0.8], [3, 4, 0, 3, 3, 0.6]])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_zappos(tmp_path)


def write_zappos(root: Path) -> Path:
    """All splits train with pairs 1, 2 and test with pair 3, but split 2 tests with pair 1 alone."""
    folder, images = root / "ut-zap50k-data", root / "ut-zap50k-images"
    folder.mkdir()
    for name, brand in LISTED.items():
        photo = images / Path(name).parent.parent / brand / Path(name).name
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.touch()
    (images / "Boots" / "Ankle" / "Levi's&#174;").mkdir()
    savemat(folder / "image-path.mat", {"imagepath": cells(list(LISTED)).T})
    savemat(folder / "zappos-labels.mat", {"mturkOrder": cells([JUDGED] * 4)})
    train, test = [np.array([[1], [2]])] * 10, [np.array([[3]])] * 10
    train[1], test[1] = np.zeros((0, 1)), np.array([[1]])
    splits = {"trainIndexAll": train, "testIndexAll": test}
    savemat(
        folder / "train-test-splits.mat",
        {key: cells([cells(value).T] * 4) for key, value in splits.items()},
    )
    return root


def test_comparisons_and_splits(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = zap50k.read(root)
    assert data.name == "zap50k-1"
    assert "non-commercial" in data.terms
    assert data.pairs is not None
    first, second, third, fourth, _, sixth = LISTED
    assert data.pairs.rows() == [
        row
        for attribute in ("open", "pointy", "sporty", "comfort")
        for row in (
            (first, second, "more", attribute, "train"),
            (sixth, first, "less", attribute, "train"),
            (third, fourth, "equal", attribute, "test"),
        )
    ]
    monkeypatch.setenv("VISAVIS_DATA", str(root))
    other = open_dataset("zap50k-1/2")
    assert (data.name, other.name, data.pairs_published) == ("zap50k-1", "zap50k-1/2", True)
    assert other.pairs is not None
    assert other.pairs["split"].to_list() == ["test", None, None] * 4
    for number in (0, 11):
        with pytest.raises(
            VisavisError, match=f"zap50k-1 has no split {number}; the official ones are 1 to 10"
        ):
            open_dataset(f"zap50k-1/{number}")


def test_photos_are_found_however_their_folder_is_spelt(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATA", str(root))
    items = open_dataset("zap50k-1").items
    assert items["id"].to_list() == list(LISTED)
    for name, path in items.select("id", "path").rows():
        assert Path(path).is_file()
        assert (Path(path).name, Path(path).parent.name) == (Path(name).name, LISTED[name])
    for photo in (root / "ut-zap50k-images").glob("*/*/Neil*/*.jpg"):
        photo.unlink()
    with pytest.raises(VisavisError, match=re.escape("Boots/Ankle/Neil M./7.8.jpg is missing; restore it")):
        zap50k.read(root)


def test_what_is_malformed_is_named(root: Path) -> None:
    folder = root / "ut-zap50k-data"

    def said(name: str) -> str:
        return refusal(folder / name, lambda: zap50k.read(root))

    def judged(row: int, column: int, value: float) -> None:
        table = JUDGED.copy()
        table[row, column] = value
        change(folder / "zappos-labels.mat", mturkOrder=cells([JUDGED, table, JUDGED, JUDGED]))

    for row, column, value, reason in (
        (0, 0, 0, "IndexError: an index is not in 1..6"),
        (0, 1, 7, "IndexError: an index is not in 1..6"),
        (2, 3, 4, "IndexError: an index is not in 1..3"),
        (2, 3, 1.5, "ValueError: a number is not whole"),
    ):
        judged(row, column, value)
        assert said("zappos-labels.mat") == reason
    change(folder / "zappos-labels.mat", mturkOrder=cells([JUDGED] * 3))
    assert said("zappos-labels.mat").startswith("IndexError: ")
    change(folder / "zappos-labels.mat", mturkOrder=None, mturkEqual=1)
    assert said("zappos-labels.mat") == "it has no variable 'mturkOrder'"
    change(folder / "zappos-labels.mat", mturkOrder=cells([JUDGED] * 4))

    change(folder / "train-test-splits.mat", testIndexAll=cells([cells([np.array([2])] * 10)] * 4))
    assert said("train-test-splits.mat") == "ValueError: number 2 is in more than one split"
    change(folder / "train-test-splits.mat", testIndexAll=cells([cells([np.array([4])] * 10)] * 4))
    assert said("train-test-splits.mat") == "IndexError: an index is not in 1..3"
    content = (folder / "train-test-splits.mat").read_bytes()
    (folder / "train-test-splits.mat").write_bytes(content[: len(content) // 2])
    assert said("train-test-splits.mat")

    change(folder / "image-path.mat", imagepath=cells([next(iter(LISTED))] * 2))
    assert said("image-path.mat") == "it names an image twice"
    change(folder / "image-path.mat", imagepath=np.arange(3))
    assert said("image-path.mat").startswith("TypeError: ")


@pytest.mark.parametrize(
    "missing", ["ut-zap50k-data", "ut-zap50k-images", "ut-zap50k-data/train-test-splits.mat"]
)
def test_what_is_missing_is_named(root: Path, missing: str) -> None:
    (root / missing).rename(root / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{root / missing} is missing; restore it")):
        zap50k.read(root)
