from pathlib import Path

import polars as pl
import pytest

from visavis.errors import VisavisError
from visavis.sheets import ROW, Sheet


def opened(folder: Path, content: str | bytes, *needed: str) -> Sheet:
    path = folder / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Sheet.open(path, needed or ("a",), ("b", "other"), "attr.")


def test_rows_are_counted_as_in_an_editor(tmp_path: Path) -> None:
    sheet = opened(tmp_path, '\ufeffa,b\r\n\r\n 1 ,"x, y"\r\n"two\nlines",\r\n3\r\n,,\r\n')
    assert sheet.rows.select(ROW, "a", "b").rows() == [
        (3, "1", "x, y"),
        (5, "two\nlines", None),
        (6, "3", None),
    ]


def test_columns_are_the_asked_ones(tmp_path: Path) -> None:
    sheet = opened(tmp_path, "zebra,attr.red,attribution,a,bb\n0,1,me,2,3\n")
    assert sheet.rows.columns == [ROW, "a", "b", "other", "attr.red"]
    assert sheet.rows["b"].to_list() == [None]


def test_parquet_rows_count_from_one(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "[table].parquet")
    assert Sheet.open(tmp_path / "[table].parquet", ("a",)).rows.rows() == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the first row is empty; name the columns there"),
        ("\n\n", "the first row is empty; name the columns there"),
        ("a;b\n1;2\n", "semicolons separate its columns; save it with commas"),
        ("a\tb\n1\t2\n", "tabs separate its columns; save it with commas"),
        ("a\n", "there is no row below the header"),
        ("a\n\n,\n", "there is no row below the header"),
        ("Path,x\n1,2\n", "column 'a' is missing; "),
        ("a,othr\n1,2\n", "column 'othr' is unknown; rename it to 'other' or remove it"),
        ("a,B\n1,2\n", "column 'B' is unknown; rename it to 'b' or remove it"),
        ("a,attr_red\n1,2\n", r"column 'attr_red' is unknown; rename it to 'attr\.red' or remove it"),
        ("a,Attr: red\n1,2\n", r"column 'Attr: red' is unknown; rename it to 'attr\.red' or remove it"),
        ("a, a\n1,2\n", r"cannot be read \(the header names 'a' twice\)"),
        ('a\n"1\n', r"cannot be read \(unexpected end of data\)"),
        (b"a\n\xff\n", r"cannot be read \('utf-8' codec .*\); save it as Parquet or as CSV in UTF-8"),
        ("a,b\n1,2\n1,2,3\n", r"table\.csv, row 3, column 'b': 3 values stand in this row, 2 in the header"),
    ],
)
def test_unusable_files(content: str | bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=message) as caught:
        opened(tmp_path, content).approved("a")
    assert str(caught.value).startswith(str(tmp_path / "table.csv"))


def test_missing_column_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="column 'anchor' is missing; the nearest is 'Anker'"):
        opened(tmp_path, "x,Anker\n1,2\n", "anchor")


def test_missing_file_folder_and_broken_parquet(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"none\.csv: there is no such file"):
        Sheet.open(tmp_path / "none.csv", ("a",))
    with pytest.raises(VisavisError, match=r"none\.parquet: there is no such file"):
        Sheet.open(tmp_path / "none.parquet", ("a",))
    with pytest.raises(VisavisError, match="cannot be read"):
        Sheet.open(tmp_path, ("a",))
    (tmp_path / "broken.parquet").write_bytes(b"no such format")
    with pytest.raises(VisavisError, match=r"broken\.parquet: cannot be read"):
        Sheet.open(tmp_path / "broken.parquet", ("a",))


def test_lists_in_a_column(tmp_path: Path) -> None:
    pl.DataFrame({"a": [[1], [2]], "unused": [[1], [2]]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(VisavisError, match="column 'a' holds lists; give it one value in each row"):
        Sheet.open(tmp_path / "t.parquet", ("a",))


def test_numbers(tmp_path: Path) -> None:
    sheet = opened(tmp_path, 'a,b\n1,0.5\n,"0,5"\n2.5,\n')
    sheet.number("b", pl.Float32)
    sheet.number("a", pl.Int64)
    with pytest.raises(VisavisError) as caught:
        sheet.approved("a", "b")
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'table.csv'} has 2 problems; correct these rows:",
        "  row 3, column 'b': '0,5' is no number",
        "  row 4, column 'a': '2.5' is no whole number",
    ]


@pytest.mark.parametrize(("bad", "tail"), [(10, "row 11, "), (11, "and 1 more"), (25, "and 15 more")])
def test_ten_problems_are_listed(bad: int, tail: str, tmp_path: Path) -> None:
    sheet = opened(tmp_path, "a\n" + "x\n" * bad)
    sheet.check("a", pl.col("a") == "x", "'{}' again")
    with pytest.raises(VisavisError) as caught:
        sheet.approved("a")
    lines = str(caught.value).splitlines()
    assert len(lines) == 1 + min(bad, 11)
    assert lines[1] == "  row 2, column 'a': 'x' again"
    assert lines[-1].strip().startswith(tail)
