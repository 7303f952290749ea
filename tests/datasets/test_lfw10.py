import re
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.io import savemat

from tests.datasets.mat import change, refusal
from visavis import images
from visavis.datasets import lfw10, open_dataset
from visavis.errors import VisavisError
from visavis.tables import DataSet

COLUMNS = ["a", "b", "relation", "attribute", "split", "votes", "votes_of"]
PAIRS = """attribute,split,a,b,more,less,equal,label
smile,train,3,1,4,1,0,more
smile,train,1,2,1,2,2,less
v_teeth,train,2,3,,,,equal
smile,test,10,3,,3,,less
"""


def table(data: DataSet) -> pl.DataFrame:
    assert data.pairs is not None
    return data.pairs


# --- small copies of both layouts, which also run without the data


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lfw10" / "images").mkdir(parents=True)
    for name in ("10.jpg", "3.jpg", "2.jpg", "1.jpg", "notes.txt"):
        (tmp_path / "lfw10" / "images" / name).touch()
    (tmp_path / "lfw10" / "pairs.csv").write_text(PAIRS)
    return tmp_path


def write_official(folder: Path, pairs: list[tuple[str, str, str, str, list[int]]]) -> None:
    """Pairs: attribute, split, a, b, votes; the first columns hold what is not read."""
    (folder / "annotations").mkdir(parents=True)
    for attribute in lfw10.ATTRIBUTES:
        for split in lfw10.SPLITS:
            part = [pair for pair in pairs if pair[:2] == (attribute, split)]
            names = np.empty((len(part), 3), object)
            votes = np.zeros((len(part), 4))
            for row, (_, _, a, b, counts) in enumerate(part):
                names[row] = [str(row + 1), f"{a}.jpg", f"{b}.jpg"]
                votes[row] = [row + 1, *counts]
            variables = {"images_compare": names, "attribute_strengths": votes}
            savemat(folder / "annotations" / f"{attribute}{split}.mat", variables)


@pytest.fixture
def official(root: Path) -> Path:
    pairs = [("smile", "train", "3", "1", [4, 1, 0]), ("smile", "train", "1", "2", [1, 2, 2])]
    write_official(root / "lfw10", [*pairs, ("v_teeth", "test", "2", "3", [1, 1, 3])])
    return root / "lfw10"


def test_items_and_pairs(root: Path) -> None:
    data = lfw10.read(root)
    assert data.name == "lfw10"
    assert "no redistribution" in data.terms
    assert data.items.select("id", "domain", "label", "split").rows() == [
        (number, "photo", number, None) for number in ("1", "2", "3", "10")
    ]
    assert data.items["path"][3] == str(root / "lfw10/images/10.jpg")
    assert table(data).columns == COLUMNS
    assert table(data).rows() == [
        ("3", "1", "more", "smile", "train", 4, 5),
        ("1", "2", "less", "smile", "train", 2, 5),
        ("2", "3", "equal", "v_teeth", "train", None, None),
        ("10", "3", "less", "smile", "test", 3, 5),
    ]


def test_official_layout(official: Path, root: Path) -> None:
    data = lfw10.read_official(official)
    assert_frame_equal(data.items, lfw10.read(root).items)
    assert table(data).schema == table(lfw10.read(root)).schema
    assert table(data).rows() == [
        ("3", "1", "more", "smile", "train", 4, 5),
        ("1", "2", "less", "smile", "train", 2, 5),
        ("2", "3", "equal", "v_teeth", "test", 3, 5),
    ]


@pytest.mark.parametrize("missing", ["pairs.csv", "images", ""])
def test_what_is_missing_is_named(root: Path, missing: str) -> None:
    path = root / "lfw10" / missing
    path.rename(root / "away")
    with pytest.raises(VisavisError, match=re.escape(f"{path} is missing; restore it")):
        lfw10.read(root)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("more\n", "moer\n", "label 'moer' is none of more, less, equal"),
        (",equal\n", ",\n", "label 'None' is none of more, less, equal"),
        ("v_teeth", "teeth", "attribute 'teeth' is none of baldhead, "),
        ("smile,test", "smile,dev", "split 'dev' is none of train, test"),
        (",10,", ",11,", "there is no image '11'"),
        (",10,", ",,", "there is no image 'None'"),
        ("4,1,0", "6,0,0", "a number of votes is not in 0..5"),
        ("4,1,0", "some,1,0", "ComputeError: could not parse `some`"),
        ("label\n", "lable\n", "label"),
        (PAIRS, "", "NoDataError"),
    ],
)
def test_malformed_pairs(root: Path, old: str, new: str, reason: str) -> None:
    path = root / "lfw10" / "pairs.csv"
    assert old in PAIRS
    path.write_text(PAIRS.replace(old, new, 1))
    assert reason in refusal(path, lambda: lfw10.read(root))


def test_unusable_annotations(official: Path) -> None:
    path = official / "annotations" / "smiletrain.mat"
    whole_file = path.read_bytes()

    def said() -> str:
        return refusal(path, lambda: lfw10.read_official(official))

    change(path, attribute_strengths=None)
    assert said() == "it has no variable 'attribute_strengths'"
    change(path, attribute_strengths=np.array([[1, 2, 3]] * 2))
    assert "not enough values" in said()
    change(path, attribute_strengths=np.array([[1, 2, 2, 1]]))
    assert said().startswith("ShapeError")
    change(path, attribute_strengths=np.array([[1, 0.5, 0.5, 0]] * 2))
    assert said() == "ValueError: a number is not whole"
    change(path, attribute_strengths=np.array([[1, 0, 0, 0], [2, 5, 0, 0]]))
    assert said() == "a pair has no votes, or less than none"
    path.write_bytes(whole_file[:300])
    said()
    path.write_bytes(whole_file)
    (official / "images" / "2.jpg").unlink()
    assert said() == "there is no image '2'"
    path.unlink()
    with pytest.raises(VisavisError, match=r"smiletrain\.mat is missing"):
        lfw10.read_official(official)


# --- the real set, against what its notes say


@pytest.fixture(scope="module")
def real(data_root: Path) -> DataSet:
    return lfw10.read(data_root)


@pytest.mark.parametrize(
    ("attribute", "ordered", "equal", "agreed", "listed"),
    [
        ("baldhead", 227, 273, 215, 472),
        ("darkhair", 341, 159, 264, 475),
        ("eyesopen", 156, 344, 95, 445),
        ("goodlooking", 275, 225, 270, 472),
        ("masculinelooking", 182, 318, 139, 451),
        ("mouthopen", 300, 200, 241, 465),
        ("smile", 328, 172, 273, 477),
        ("v_teeth", 305, 195, 269, 481),
        ("vforehead", 251, 249, 189, 456),
        ("young", 474, 26, 392, 494),
    ],
)
def test_counts(real: DataSet, attribute: str, ordered: int, equal: int, agreed: int, listed: int) -> None:
    train, test = (table(real).filter(attribute=attribute, split=split) for split in ("train", "test"))
    relations = Counter(train["relation"])
    assert (relations["more"] + relations["less"], relations["equal"]) == (ordered, equal)
    assert set(test["relation"]) == {"more", "less"}
    assert (len(test.filter(pl.col("votes") >= 3)), len(test)) == (agreed, listed)
    earlier, later = (test, train) if attribute == "goodlooking" else (train, test)
    for part, first, last in ((earlier, 1, 1000), (later, 1001, 2000)):
        numbers = pl.concat([part["a"], part["b"]]).cast(pl.Int64)
        assert first <= numbers.min() <= numbers.max() <= last  # type: ignore[operator]


def test_counts_of_all(real: DataSet) -> None:
    assert real.items["id"].to_list() == [str(number) for number in range(1, 2001)]
    assert all(Path(path).is_file() for path in real.items["path"])
    assert images.load(real.items["path"][0]).shape == (250, 250, 3)
    pairs = table(real)
    assert set(pairs["attribute"]) == set(lfw10.ATTRIBUTES)
    assert len(pairs.filter(split="train")) == 5000
    unknown = pairs.filter(pl.col("votes").is_null())
    assert len(unknown) == 360
    assert set(unknown.select("relation", "split", "votes_of").rows()) == {("equal", "train", None)}
    assert set(pairs.drop_nulls("votes")["votes_of"]) == {5}
    assert len(pairs.filter(pl.col("votes") >= 2, split="test")) == 3611
    assert open_dataset("lfw10").digest() == real.digest()


def test_the_authors_files_give_the_same_tables(real: DataSet, data_root: Path, tmp_path: Path) -> None:
    votes = pl.read_csv(data_root / "lfw10" / "pairs.csv").drop_nulls(["more", "less", "equal"])
    rows = votes.select(
        pl.col("attribute", "split"), pl.col("a", "b").cast(pl.String), "more", "less", "equal"
    )
    write_official(tmp_path, [(*row[:4], list(row[4:])) for row in rows.rows()])
    (tmp_path / "images").symlink_to(data_root / "lfw10" / "images")
    known = table(real).filter(pl.col("votes").is_not_null(), split="train")
    assert len(known) == 4640
    assert_frame_equal(table(lfw10.read_official(tmp_path)), known, check_row_order=False)
