"""A user's CSV or Parquet table while it is checked, so that all its problems are told at once."""

import csv
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Self

import polars as pl

from visavis.errors import VisavisError

LISTED = 10
ROW = "#row"
SEPARATORS = {";": "semicolons", "\t": "tabs"}  # what spreadsheets write in place of commas


@dataclass
class Sheet:
    """Rows of a table, numbered in column `ROW` as an editor does, and the problems found so far.

    Of a CSV row 1 is the header; of a Parquet file it is the first record.
    """

    path: Path
    rows: pl.DataFrame
    problems: list[tuple[int, str, str]] = field(default_factory=list)

    @classmethod
    def open(
        cls, path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = (), prefix: str = ""
    ) -> Self:
        """Read the file and check its columns.

        Args:
            path: a file ending in .parquet, or anything else as CSV.
            needed: columns that must be there.
            optional: columns that are added, empty, where they are not.
            prefix: columns that begin so are kept too. All others are left out.

        Raises:
            VisavisError: the file is unreadable or empty, a needed column is missing, or another one has a
                name that is nearly an optional one.
        """
        table, problems = _read(path)
        present = [name for name in table.columns if name != ROW]
        for name in needed:
            if name not in present:
                raise VisavisError(f"{path}: column '{name}' is missing{nearest(name, present)}")
        prefixed = [name for name in present if prefix and name.startswith(prefix)]
        for name in present:
            meant = _meant(name, set(optional) - set(present), prefix)
            if meant and name not in (*needed, *optional, *prefixed):
                raise VisavisError(f"{path}: column '{name}' is unknown; rename it to '{meant}' or remove it")
        if table.is_empty() and not problems:
            raise VisavisError(f"{path}: there is no row below the header")
        added = [pl.lit(None, pl.String).alias(name) for name in optional if name not in present]
        rows = table.with_columns(added).select(ROW, *needed, *optional, *prefixed)
        if nested := [name for name, dtype in rows.schema.items() if dtype.is_nested()]:
            raise VisavisError(f"{path}: column '{nested[0]}' holds lists; give it one value in each row")
        return cls(path, rows, problems)

    def text(self, *columns: str) -> None:
        """Make columns strings."""
        self.rows = self.rows.with_columns(pl.col(*columns).cast(pl.String))

    def number(self, column: str, dtype: type[pl.DataType]) -> None:
        """Make a column numbers; whatever is none becomes a problem, and null."""
        number = pl.col(column).cast(dtype, strict=False)
        bad, kind = pl.col(column).is_not_null() & number.is_null(), "number"
        if dtype.is_integer():
            # The cast cuts 2.5 of a Parquet file to 2.
            bad, kind = bad | (pl.col(column).cast(pl.Float64, strict=False) != number), "whole number"
        self.check(column, bad, "'{}' is no " + kind)
        self.rows = self.rows.with_columns(number)

    def check(self, column: str, bad: pl.Expr, complaint: str) -> None:
        """Note `complaint`, its {} replaced by the value, for every row where `bad` is true (null is not)."""
        found = self.rows.filter(bad).select(ROW, pl.col(column).cast(pl.String))
        self.problems += [(row, column, complaint.format(value)) for row, value in found.rows()]

    def approved(self, *columns: str) -> pl.DataFrame:
        """The table without row numbers.

        Raises:
            VisavisError: problems were found; the first ten are listed in the order of rows.
        """
        if not self.problems:
            return self.rows.select(columns)
        lines = [f"row {row}, column '{column}': {text}" for row, column, text in sorted(self.problems)]
        if len(lines) == 1:
            raise VisavisError(f"{self.path}, {lines[0]}")
        more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
        listing = "\n  ".join(lines[:LISTED] + more)
        raise VisavisError(f"{self.path} has {len(lines)} problems; correct these rows:\n  {listing}")


def nearest(name: str, present: list[str]) -> str:
    """End of a sentence that says which of the present names comes nearest."""
    spelt = {one.lower(): one for one in present}
    near = get_close_matches(name.lower(), spelt, n=1, cutoff=0.4)
    return f"; the nearest is '{spelt[near[0]]}'" if near else f"; present are {', '.join(present)}"


def _meant(name: str, absent: set[str], prefix: str) -> str | None:
    """The column that a user probably had in mind, "attr.red" for "attr_red"."""
    stem = prefix.rstrip(".")
    rest = name[len(stem) :]
    if stem and name.lower().startswith(stem) and rest and not rest[0].isalnum():
        return prefix + rest.lstrip(" ._:-")
    if name.lower() in absent:
        return name.lower()
    long = [one for one in absent if len(one) > 3]  # "idx" and "uid" are not misspelt
    return next(iter(get_close_matches(name.lower(), long, n=1, cutoff=0.75)), None)


def _read(path: Path) -> tuple[pl.DataFrame, list[tuple[int, str, str]]]:
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path, glob=False).with_row_index(ROW, offset=1), []
        return _read_csv(path)
    except FileNotFoundError:
        raise VisavisError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise VisavisError(
            f"{path}: cannot be read ({reason}); save it as Parquet or as CSV in UTF-8"
        ) from None


def _check_header(path: Path, header: list[str]) -> None:
    if not any(header):
        raise VisavisError(f"{path}: the first row is empty; name the columns there")
    if len(header) == 1 and (found := SEPARATORS.keys() & set(header[0])):
        raise VisavisError(f"{path}: {SEPARATORS[min(found)]} separate its columns; save it with commas")


def _read_csv(path: Path) -> tuple[pl.DataFrame, list[tuple[int, str, str]]]:
    """All values as stripped strings, empty ones null; blank lines count as rows but are left out."""
    with open(path, encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, strict=True)
        header = [name.strip() for name in next(lines, [])]
        _check_header(path, header)
        numbered = [(lines.line_num, [value.strip() or None for value in line]) for line in lines]
    if twice := {name for name in header if header.count(name) > 1}:
        raise csv.Error(f"the header names '{min(twice)}' twice")
    records = [(number, line) for number, line in numbered if any(line)]
    problems = [
        (number, header[-1], f"{len(line)} values stand in this row, {len(header)} in the header")
        for number, line in records
        if len(line) > len(header)
    ]
    rows = [(number, *(line + [None] * len(header))[: len(header)]) for number, line in records]
    schema = {ROW: pl.Int64} | dict.fromkeys(header, pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), problems
