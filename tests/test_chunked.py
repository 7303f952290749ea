"""Tables in chunks: nothing is asked twice, a bad file is one row, another key begins anew."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from visavis import chunked
from visavis.chunked import answers, check_table, write_table
from visavis.errors import VisavisError

COLUMNS = {"path": pl.String, "length": pl.Int64, "letter": pl.String}
Rows = list[list[dict[str, object]]]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files a to h, and chunks of three."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunked, "CHUNK", 3)
    for number, name in enumerate("abcdefgh"):
        Path(name).write_text(name * number)
    return tmp_path


class Asked:
    """Answers with the length of a file, and keeps what it was asked."""

    def __init__(self, broken: str = "", stop_at: str = "") -> None:
        self.files: list[str] = []
        self.broken, self.stop_at = broken, stop_at

    def __call__(self, files: list[str]) -> Rows:
        for file in files:
            if file == self.stop_at:
                raise KeyboardInterrupt
            if file in self.broken or not Path(file).exists():
                raise VisavisError(f"{file}: is broken")
        self.files += files
        return [self.rows(file) for file in files]

    def rows(self, file: str) -> list[dict[str, object]]:
        return [{"path": file, "length": len(Path(file).read_text())}]


def write(ask: Callable[[list[str]], Rows], files: str = "abcdefgh", key: str = "one") -> pl.DataFrame:
    return write_table(Path("t.parquet"), list(files), ask, COLUMNS, key, "files")


def test_rows_stand_in_the_order_of_the_files() -> None:
    table = write(Asked(), "hgab")
    assert table.columns == [*COLUMNS, "error"]
    assert table.rows() == [
        ("h", 7, None, None),
        ("g", 6, None, None),
        ("a", 0, None, None),
        ("b", 1, None, None),
    ]
    assert pl.read_parquet("t.parquet").equals(table)
    assert not Path("t.parquet.parts").exists()


def test_a_file_may_have_several_rows_and_be_named_twice() -> None:
    class Letters(Asked):
        def rows(self, file: str) -> list[dict[str, object]]:
            return [{"path": file, "letter": letter} for letter in Path(file).read_text()]

    asked = Letters()
    assert write(asked, "cdc")["letter"].to_list() == [*"cc", *"ddd", *"cc"]
    assert asked.files == ["c", "d"]


def test_a_file_that_cannot_be_read_is_one_row() -> None:
    asked = Asked(broken="bg")
    table = write(asked, "abcdefghi")
    assert table["path"].to_list() == [*"abcdefghi"]
    errors = {path: error for path, error in table.select("path", "error").rows() if error}
    assert errors == {name: f"{name}: is broken" for name in "bgi"}  # there is no i
    assert table["length"].to_list() == [0, None, 2, 3, 4, 5, None, 7, None]
    assert asked.files == [*"acdefh"]


def test_an_interrupted_table_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = Asked(stop_at="h"), Asked()
    with pytest.raises(KeyboardInterrupt):
        write(first)
    assert first.files == [*"abcdef"]
    assert not Path("t.parquet").exists()
    assert len(write(second)) == 8
    assert second.files == [*"gh"]
    assert "anew" not in capsys.readouterr().err


def test_a_changed_file_is_asked_about_again() -> None:
    with pytest.raises(KeyboardInterrupt):
        write(Asked(stop_at="h"))
    Path("b").write_text("other")
    os.utime("c", ns=(0, 0))
    asked = Asked()
    assert write(asked)["length"].to_list() == [0, 5, 2, 3, 4, 5, 6, 7]
    assert asked.files == [*"bcgh"]


def test_files_that_came_and_went_in_between() -> None:
    with pytest.raises(KeyboardInterrupt):
        write(Asked(stop_at="h"))
    Path("n").write_text("new")
    asked = Asked()
    assert write(asked, "anef")["path"].to_list() == [*"anef"]
    assert asked.files == ["n"]


def test_another_key_begins_anew_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(Asked(stop_at="h"))
    asked = Asked()
    write(asked, key="two")
    assert asked.files == [*"abcdefgh"]
    said = "t.parquet: was begun with another model or other options; begun anew\n"
    assert said in capsys.readouterr().err


def test_a_folder_of_others_is_left_alone() -> None:
    Path("t.parquet.parts").mkdir()
    Path("t.parquet.parts", "mine.txt").touch()
    with pytest.raises(VisavisError, match=r"t.parquet.parts: stands in the way"):
        write(Asked())
    assert Path("t.parquet.parts", "mine.txt").exists()


def test_answers_come_one_by_one() -> None:
    asked = Asked(broken="b", stop_at="h")
    found = answers(asked, [*"abcdefgh"])
    assert [(file, isinstance(answer, VisavisError)) for file, answer in (next(found) for _ in range(6))] == [
        (name, name == "b") for name in "abcdef"
    ]
    with pytest.raises(KeyboardInterrupt):
        next(found)


def test_tables_are_parquet(place: Path) -> None:
    check_table(None)
    check_table(place / "new" / "t.parquet")
    with pytest.raises(VisavisError, match=r"t.csv: the table is written as Parquet; name it .parquet"):
        check_table(place / "t.csv")
    with pytest.raises(VisavisError, match="is a folder"):
        check_table(place)
