import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.tables import DataSet


@pytest.fixture
def table(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        images.save(tmp_path / "boots" / f"{name}.png", np.zeros((4, 4), np.uint8))
    (tmp_path / "shoes.csv").write_text("id,path,label\na,boots/a.png,1\nb,boots/b.png,2\n")
    return tmp_path / "shoes.csv"


def test_a_table_with_its_tuples_beside_it(table: Path) -> None:
    alone = open_dataset(table)
    assert (alone.name, alone.triplets, alone.pairs) == ("shoes", None, None)
    table.with_name("shoes.triplets.csv").write_text("anchor,positive,negative\na,a,b\n")
    table.with_name("shoes.pairs.csv").write_text("a,b,relation\na,b,other\n")
    data = open_dataset(str(table))
    assert data.triplets is not None
    assert data.triplets.rows() == [("a", "a", "b", 1, 1)]
    assert data.pairs is not None
    assert data.pairs.rows() == [("a", "b", "other")]
    table.with_name("shoes.parts.csv").write_text("id,part,x,y,w,h\nb,heel,0,1,2,3\n")
    parts = open_dataset(table).parts
    assert parts is not None
    assert parts.rows() == [("b", "heel", 0, 1, 2, 3)]
    table.with_name("shoes.pairs.csv").write_text("a,b,relation\na,c,other\n")
    with pytest.raises(VisavisError, match=r"shoes\.pairs\.csv, row 2, column 'b': no item has the id 'c'"):
        open_dataset(table)


def test_a_folder_of_classes(table: Path) -> None:
    assert open_dataset(table.parent).items["label"].to_list() == ["boots", "boots"]


def test_unknown_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VisavisError, match=r"'qmul-shoe' is no table or folder.*known are qmul-shoe-v1, "):
        open_dataset("qmul-shoe")


def test_names_need_the_place_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISAVIS_DATA", raising=False)
    with pytest.raises(VisavisError, match="'qmul-shoe-v1' needs VISAVIS_DATA; set it to the folder"):
        open_dataset("qmul-shoe-v1")
    monkeypatch.setenv("VISAVIS_DATA", str(tmp_path))
    for name in ("qmul-shoe-v1", "qmul-chair-v1", "shoe-v2-photos", "clothing"):
        with pytest.raises(VisavisError, match="is missing; restore it, or set VISAVIS_DATA"):
            open_dataset(name)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rendered-shoes-12", "12 shoes"),
        ("rendered-shoes", "200 shoes"),
        ("rendered-faces-7", "7 faces"),
        ("rendered-faces", "200 faces"),
    ],
)
def test_rendered_sets_by_name(name: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for thing in ("shoes", "faces"):

        def stand_in(n: int, thing: str = thing) -> DataSet:
            return DataSet(f"{n} {thing}", pl.DataFrame())

        monkeypatch.setattr(f"visavis.datasets.rendered.rendered_{thing}", stand_in)
    assert open_dataset(name).name == found


def test_the_page_of_data_sets_names_all_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VisavisError) as caught:
        open_dataset("unknown")
    known = str(caught.value).partition("known are ")[2].split(", ")
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
    assert len(known) > 10
    for name in known:
        assert re.search(f"`{name}(-300)?`", page)
        assert f'"{name}"' in (open_dataset.__doc__ or "")
