import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from visavis.errors import VisavisError
from visavis.tables import DataSet, folder_of_classes, read_items, read_pairs, read_parts, read_triplets

ITEMS = """path,label,domain,split,attr.red,attr.boots
photos/a.png,1,,train,1,0.25
photos/b.png,2,photo,test,,
sketches/a.png,1,sketch,train,0,1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("photos/a.png", "photos/b.png", "sketches/a.png"):
        file = tmp_path / "shoes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    (tmp_path / "shoes" / "items.csv").write_text(ITEMS)
    return tmp_path / "shoes"


@pytest.fixture
def data(folder: Path) -> DataSet:
    read = read_items(folder / "items.csv")
    triplets = pl.DataFrame(
        {
            "anchor": ["sketches/a.png", "photos/a.png"],
            "positive": ["photos/a.png", "sketches/a.png"],
            "negative": ["photos/b.png", "sketches/a.png"],
            "votes": [2, 1],
            "votes_of": [3, 1],
        }
    )
    pairs = pl.DataFrame({"a": ["photos/a.png"], "b": ["photos/b.png"], "relation": ["more red"]})
    return DataSet("shoes", read.items, triplets, pairs)


def listed(folder: Path, content: str, name: str = "items.csv") -> list[str]:
    """Lines of the refusal of a table of items."""
    (folder / name).write_text(content)
    with pytest.raises(VisavisError) as caught:
        read_items(folder / name)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_items_of_a_user(folder: Path) -> None:
    data = read_items(folder / "items.csv")
    assert data.name == "items"
    assert data.attributes == ["red", "boots"]
    expected = pl.DataFrame(
        {
            "id": ["photos/a.png", "photos/b.png", "sketches/a.png"],
            "path": [
                str(folder / "photos/a.png"),
                str(folder / "photos/b.png"),
                str(folder / "sketches/a.png"),
            ],
            "domain": ["photo", "photo", "sketch"],
            "label": ["1", "2", "1"],
            "split": ["train", "test", "train"],
            "attr.red": pl.Series([1.0, None, 0.0], dtype=pl.Float32),
            "attr.boots": pl.Series([0.25, None, 1.0], dtype=pl.Float32),
        }
    )
    assert_frame_equal(data.items, expected)


def test_paths_belong_to_the_table_not_to_where_one_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert read_items("shoes/items.csv").items["path"][0] == str(folder / "photos/a.png")
    other = folder.parent / "tables" / "items.csv"
    other.parent.mkdir()
    other.write_text("path\n../shoes/photos/a.png\n")
    assert read_items(other).items["path"][0] == str(folder / "photos/a.png")
    other.write_text(f"path\n{folder / 'photos/a.png'}\n")
    assert read_items(other).items["path"][0] == str(folder / "photos/a.png")


def test_parquet_with_numbers_equals_csv_with_text(folder: Path) -> None:
    table = pl.read_csv(folder / "items.csv").with_columns(pl.col("attr.red").cast(pl.Boolean))
    assert table.schema["label"] == pl.Int64
    table.write_parquet(folder / "items.parquet")
    assert_frame_equal(read_items(folder / "items.parquet").items, read_items(folder / "items.csv").items)


def test_boxes(folder: Path) -> None:
    table = "path,box_x,box_y,box_w,box_h\nphotos/a.png,1,2,3.5,4\nphotos/b.png,,,,\n"
    (folder / "items.csv").write_text(table)
    boxes = read_items(folder / "items.csv").items.select("box_x", "box_y", "box_w", "box_h")
    assert boxes.rows() == [(1, 2, 3.5, 4), (None, None, None, None)]
    lines = listed(folder, "path,box_x,box_y,box_w\nphotos/a.png,1,2,0\nphotos/b.png,,,3\n")
    assert lines[1:] == [
        "row 2, column 'box_h': has no value, but a box needs all four",
        "row 2, column 'box_w': 0.0 is no size",
        "row 3, column 'box_h': has no value, but a box needs all four",
        "row 3, column 'box_x': has no value, but a box needs all four",
        "row 3, column 'box_y': has no value, but a box needs all four",
    ]


def test_all_problems_of_a_table_are_told_at_once(folder: Path) -> None:
    lines = listed(
        folder,
        "id,path,split,attr.red\n"
        "1,photos/a.png,train,1.5\n"
        "1,photos/b.png,test,0\n"
        "2,photos/none.png,dev,red\n"
        "3,,train,nan\n"
        "4,photos,train,-0.1\n",
    )
    assert lines == [
        f"{folder / 'items.csv'} has 9 problems; correct these rows:",
        "row 2, column 'attr.red': 1.5 is outside 0..1",
        "row 3, column 'id': '1' stands in an earlier row too",
        "row 4, column 'attr.red': 'red' is no number",
        f"row 4, column 'path': there is no file '{folder / 'photos/none.png'}'",
        "row 4, column 'split': 'dev' is none of train, validation, test",
        "row 5, column 'attr.red': NaN is outside 0..1",
        "row 5, column 'path': is empty",
        "row 6, column 'attr.red': -0.1 is outside 0..1",
        f"row 6, column 'path': there is no file '{folder / 'photos'}'",
    ]


def test_the_same_picture_twice_needs_ids(folder: Path) -> None:
    twice = "path\nphotos/a.png\nphotos/a.png\n"
    assert listed(folder, twice)[0].endswith(
        "row 3, column 'id': 'photos/a.png' stands in an earlier row too"
    )
    (folder / "items.csv").write_text("path,id\nphotos/a.png,1\nphotos/a.png,2\nphotos/b.png,\n")
    assert read_items(folder / "items.csv").items["id"].to_list() == ["1", "2", "photos/b.png"]


def test_missing_path_column(folder: Path) -> None:
    assert listed(folder, "paths,label\na,b\n")[0].endswith(
        "column 'path' is missing; the nearest is 'paths'"
    )
    assert listed(folder, "path,lable\na,b\n")[0].endswith("rename it to 'label' or remove it")


def test_triplets(folder: Path) -> None:
    items = read_items(folder / "items.csv").items
    path = folder / "triplets.csv"
    path.write_text("negative,anchor,positive,votes,votes_of\nphotos/b.png,sketches/a.png,photos/a.png,2,3\n")
    assert read_triplets(path, items).rows() == [("sketches/a.png", "photos/a.png", "photos/b.png", 2, 3)]
    path.write_text("anchor,positive,negative\nsketches/a.png,photos/a.png,photos/b.png\n")
    assert read_triplets(path, items).rows() == [("sketches/a.png", "photos/a.png", "photos/b.png", 1, 1)]
    path.write_text(
        "anchor,positive,negative,votes,votes_of\n"
        "nobody,photos/a.png,photos/b.png,4,3\n"
        ",photos/a.png,photos/a.png,some,3\n"
    )
    with pytest.raises(VisavisError) as caught:
        read_triplets(path, items)
    assert [line.strip() for line in str(caught.value).splitlines()[1:]] == [
        "row 2, column 'anchor': no item has the id 'nobody'",
        "row 2, column 'votes': 4 is not in 0..votes_of",
        "row 3, column 'anchor': is empty",
        "row 3, column 'negative': 'photos/a.png' is the positive too",
        "row 3, column 'votes': 'some' is no whole number",
    ]


def test_pairs(folder: Path) -> None:
    items = read_items(folder / "items.csv").items
    path = folder / "pairs.parquet"
    table = pl.DataFrame({"a": ["photos/a.png", "x"], "b": ["photos/b.png"] * 2, "relation": ["same", None]})
    table.head(1).write_parquet(path)
    assert read_pairs(path, items).rows() == [("photos/a.png", "photos/b.png", "same")]
    table.write_parquet(path)
    with pytest.raises(
        VisavisError, match=r"row 2, column 'a': no item has the id 'x'\n.*'relation': is empty"
    ):
        read_pairs(path, items)


def test_pairs_may_say_more(folder: Path) -> None:
    items = read_items(folder / "items.csv").items
    path = folder / "pairs.csv"
    path.write_text(
        "b,a,split,relation,votes,note,attribute,votes_of\n"
        "photos/b.png,photos/a.png,train,more,4,x,red,5\n"
        "photos/a.png,photos/b.png,,same,,,,\n"
    )
    pairs = read_pairs(path, items)
    expected = {
        "a": ["photos/a.png", "photos/b.png"],
        "b": ["photos/b.png", "photos/a.png"],
        "relation": ["more", "same"],
        "attribute": ["red", None],
        "split": ["train", None],
        "votes": [4, None],
        "votes_of": [5, None],
    }
    assert_frame_equal(pairs, pl.DataFrame(expected))
    data = DataSet("", items, pairs=pairs)
    kept, none = data.select(domain="photo").pairs, data.select(split="train").pairs
    assert kept is not None
    assert_frame_equal(kept, pairs)
    assert none is not None
    assert none.is_empty()
    path.write_text("a,b,relation,votes,split\nphotos/a.png,photos/b.png,more,0,\n")
    assert read_pairs(path, items).columns == ["a", "b", "relation", "votes"]


def test_problems_of_pairs(folder: Path) -> None:
    items = read_items(folder / "items.csv").items
    path = folder / "pairs.parquet"
    table = {
        "a": ["photos/a.png"] * 6,
        "b": ["photos/b.png"] * 6,
        "relation": ["more"] * 6,
        "split": ["train", "dev", None, None, "test", None],
        "votes": [6.0, -1.0, 2.5, float("nan"), -2.0, 5.0],
        "votes_of": [5, 3, 5, 5, None, 0],
    }
    pl.DataFrame(table).write_parquet(path)
    with pytest.raises(VisavisError) as caught:
        read_pairs(path, items)
    assert [line.strip() for line in str(caught.value).splitlines()] == [
        f"{path} has 8 problems; correct these rows:",
        "row 1, column 'votes': 6 is not in 0..votes_of",
        "row 2, column 'split': 'dev' is none of train, validation, test",
        "row 2, column 'votes': -1 is not in 0..votes_of",
        "row 3, column 'votes': '2.5' is no whole number",
        "row 4, column 'votes': 'NaN' is no whole number",
        "row 5, column 'votes': -2 is not in 0..votes_of",
        "row 6, column 'votes': 5 is not in 0..votes_of",
        "row 6, column 'votes_of': 0 is less than 1",
    ]
    pl.DataFrame(table | {"votes": [6] * 6, "votes_of": [5] * 6, "split": ["dev"] * 6}).write_parquet(path)
    with pytest.raises(VisavisError, match=r"has 12 problems(.*\n){10}.*row 5.*\n  and 2 more"):
        read_pairs(path, items)
    pl.DataFrame(table).drop("votes").rename({"votes_of": "vote"}).write_parquet(path)
    with pytest.raises(VisavisError, match="column 'vote' is unknown; rename it to 'votes'"):
        read_pairs(path, items)


def test_select(data: DataSet) -> None:
    train = data.select(split="train")
    assert train.items["id"].to_list() == ["photos/a.png", "sketches/a.png"]
    assert train.triplets is not None
    assert train.triplets["anchor"].to_list() == ["photos/a.png"]
    assert train.pairs is not None
    assert train.pairs.is_empty()
    assert (train.name, train.terms) == (data.name, data.terms)
    both = data.select(domain=["photo", "sketch"], label="1")
    assert both.items["id"].to_list() == ["photos/a.png", "sketches/a.png"]
    assert data.select(**{"attr.red": None}).items["id"].to_list() == ["photos/b.png"]
    assert data.select(**{"attr.red": [None, 1]}).items["label"].to_list() == ["1", "2"]
    assert data.select(label=[]).items.is_empty()
    assert DataSet("no tuples", data.items).select(split="train").triplets is None
    with pytest.raises(
        VisavisError, match="shoes: there is no column 'splitt' to select by; the nearest is 'split'"
    ):
        data.select(splitt="train")


def parts_told(folder: Path, content: str) -> list[str]:
    """Lines of the refusal of a table of parts."""
    (folder / "parts.csv").write_text("id,part,x,y,w,h\n" + content)
    with pytest.raises(VisavisError) as caught:
        read_parts(folder / "parts.csv", read_items(folder / "items.csv").items)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_parts_and_what_is_wrong_with_them(folder: Path) -> None:
    (folder / "parts.csv").write_text(
        "note,id,part,x,y,w,h\n,photos/a.png,toe,-1.5,0,3,4\n,photos/a.png,heel,5,6,7,8\n"
    )
    items = read_items(folder / "items.csv")
    parts = read_parts(folder / "parts.csv", items.items)
    assert parts.rows() == [("photos/a.png", "toe", -1.5, 0, 3, 4), ("photos/a.png", "heel", 5, 6, 7, 8)]
    assert parts.schema["x"] == pl.Float64
    data = replace(items, parts=parts)
    for label, count in (("1", 2), ("2", 0)):
        left = data.select(label=label).parts
        assert left is not None
        assert len(left) == count
    content = "photos/a.png,toe,1,1,0,1\nphotos/a.png,toe,,1,2,x\nphotos/c.png,,1,1,1,1\n"
    assert parts_told(folder, content)[1:] == [
        "row 2, column 'w': 0.0 is no size",
        "row 3, column 'h': 'x' is no number",
        "row 3, column 'h': is empty",
        "row 3, column 'part': 'toe' of this id has an earlier row",
        "row 3, column 'x': is empty",
        "row 4, column 'id': no item has the id 'photos/c.png'",
        "row 4, column 'part': is empty",
    ]


def test_digest_is_a_fingerprint_of_tables_and_pictures(data: DataSet, folder: Path, tmp_path: Path) -> None:
    fingerprint = data.digest()
    assert len(fingerprint) == 16
    assert int(fingerprint, 16) >= 0

    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    copy = read_items(moved / "items.csv").items
    assert DataSet("other name", copy, data.triplets, data.pairs).digest() == fingerprint
    shuffled = copy.reverse().select(reversed(copy.columns))
    assert data.triplets is not None
    assert DataSet("", shuffled, data.triplets.reverse(), data.pairs).digest() == fingerprint

    others = {DataSet("", copy, data.triplets).digest(), DataSet("", copy).digest()}
    others.add(DataSet("", copy.with_columns(split=pl.lit("train")), data.triplets, data.pairs).digest())
    (moved / "photos" / "b.png").write_bytes(b"another picture")
    others.add(DataSet("", copy, data.triplets, data.pairs).digest())
    for rank in (1, 2):
        orders = pl.DataFrame({"attribute": ["red"], "class": ["1"], "rank": [rank]})
        others.add(DataSet("", copy, orders=orders).digest())
        parts = pl.DataFrame({"id": ["photos/a.png"], "part": ["toe"], "x": [rank]})
        others.add(DataSet("", copy, parts=parts).digest())
    assert len(others | {fingerprint}) == 9

    (moved / "photos" / "b.png").unlink()
    with pytest.raises(VisavisError, match=r"b\.png: cannot be read"):
        DataSet("", copy).digest()


def test_digest_stays_the_same_from_version_to_version(folder: Path) -> None:
    (folder / "items.csv").write_text("path,attr.red\nphotos/a.png,0.1\n")
    picture = hashlib.sha256(b"photos/a.png").hexdigest()
    table = (
        '[["attr.red", "domain", "id", "label", "path", "split"], '
        f'[0.10000000149011612, "photo", "photos/a.png", null, "{picture}", null]]'
    )
    expected = hashlib.sha256((table + "[]" + "[]").encode()).hexdigest()[:16]
    assert read_items(folder / "items.csv").digest() == expected


def test_folder_of_classes(tmp_path: Path) -> None:
    for name in (
        "boots/2.PNG",
        "boots/1.jpg",
        "boots/notes.txt",
        "flats/1.webp",
        ".cache/1.jpg",
        "readme.png",
    ):
        file = tmp_path / "shoes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    data = folder_of_classes(tmp_path / "shoes")
    assert data.name == "shoes"
    assert data.items.select("id", "label", "split", "domain").rows() == [
        ("readme.png", None, None, "photo"),  # beside the classes
        ("boots/1.jpg", "boots", None, "photo"),
        ("boots/2.PNG", "boots", None, "photo"),
        ("flats/1.webp", "flats", None, "photo"),
    ]
    assert data.items["path"][1] == str(tmp_path / "shoes/boots/1.jpg")


def test_folder_of_splits_of_classes(tmp_path: Path) -> None:
    for name in ("train/boots/1.jpg", "test/boots/1.jpg", "test/flats/1.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert folder_of_classes(tmp_path).items.select("id", "label", "split").rows() == [
        ("test/boots/1.jpg", "boots", "test"),
        ("test/flats/1.jpg", "flats", "test"),
        ("train/boots/1.jpg", "boots", "train"),
    ]


def test_folder_of_splits_without_classes(tmp_path: Path) -> None:
    for name in ("train/2.jpg", "train/boots/1.jpg", "test/1.jpg", "3.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert folder_of_classes(tmp_path).items.select("id", "label", "split").rows() == [
        ("3.jpg", None, None),
        ("test/1.jpg", None, "test"),
        ("train/2.jpg", None, "train"),
        ("train/boots/1.jpg", "boots", "train"),
    ]


def test_folder_without_classes(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="there is no such folder"):
        folder_of_classes(tmp_path / "none")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(VisavisError, match="no images found in it or its sub-folders"):
        folder_of_classes(tmp_path)
    (tmp_path / "1.jpg").touch()
    assert folder_of_classes(tmp_path).items.select("id", "label").rows() == [("1.jpg", None)]
