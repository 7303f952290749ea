"""Answers about many files, in chunks: one that cannot be read stops nothing, an interruption loses little.

Beside a table `faces.parquet` stand, until it is whole, its chunks in the folder `faces.parquet.parts`. They
count for the key that they were made for, and in them a file's rows while its size and the time of its last
change stay as they were.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from visavis.errors import VisavisError
from visavis.files import atomic_path, check_target, write_atomic

CHUNK = 16  # files
KEY = "key.txt"
PATH, ERROR = "path", "error"
FILE = {"#file": pl.String, "#size": pl.Int64, "#changed": pl.Int64}  # whose rows a chunk holds

Answer = TypeVar("Answer")
Ask = Callable[[list[str]], Sequence[Answer]]
Columns = Mapping[str, type[pl.DataType]]
Rows = Sequence[Mapping[str, Any]]


def answers(ask: Ask[Answer], files: list[str]) -> Iterator[tuple[str, Answer | VisavisError]]:
    """Ask about files, `CHUNK` at a time; gives each with its answer, or with why there is none."""
    for start in range(0, len(files), CHUNK):
        chunk = files[start : start + CHUNK]
        yield from zip(chunk, _attempt(ask, chunk), strict=True)


def check_table(target: Path | None) -> None:
    """Check before long work that a table can be written at `target`; None is no target.

    Raises:
        VisavisError: as `check_target` does, or the name does not end in .parquet.
    """
    check_target(target)
    if target is not None and target.suffix != ".parquet":
        raise VisavisError(f"{target}: the table is written as Parquet; name it .parquet")


def write_table(
    target: Path, files: list[str], ask: Ask[Rows], columns: Columns, key: str, title: str
) -> pl.DataFrame:
    """Write the rows of all files, in their order, as a Parquet table, and give it back.

    A file that cannot be read has one row: its path, and in column `error` the reason, null in all others.
    After an interruption the same call goes on. An unfinished table of another key is begun anew, which is
    said on stderr.

    Args:
        target: the table.
        files: to ask about; one that is named twice is asked about once.
        ask: gives the rows of each file, at least one; what a row lacks is null.
        columns: of the table, `path` among them, without `error`.
        key: of what decides the rows beside the files.
        title: of the line of progress on stderr.

    Raises:
        VisavisError: nothing can be written there, or something else stands in the place of the chunks.
    """
    parts = target.with_name(f"{target.name}.parts")
    columns = {**columns, ERROR: pl.String}
    _claim(parts, "\n".join([key, *columns]), target)
    asked = pl.DataFrame([_state(file) for file in files], schema=FILE, orient="row")
    states = asked.unique(maintain_order=True)
    done = _done(parts, columns)
    missing = states.join(done, on=[*FILE], how="anti", nulls_equal=True, maintain_order="left")
    number = len([*parts.glob("*.parquet")])
    with _progress() as progress:
        line = progress.add_task(title, total=len(states), completed=len(states) - len(missing))
        for chunk in missing.iter_slices(CHUNK):
            _write(parts / f"{number:06d}.parquet", _rows_of(chunk, ask, columns))
            number += 1
            progress.advance(line, len(chunk))
    done = _done(parts, columns)
    table = asked.join(done, on=[*FILE], how="left", nulls_equal=True, maintain_order="left_right")
    _write(target, table.select(*columns))
    shutil.rmtree(parts)
    return table.select(*columns)


def _attempt(ask: Ask[Answer], files: list[str]) -> list[Answer | VisavisError]:
    """Ask about all together; where that fails about the halves, down to the file that is to blame."""
    try:
        return [*ask(files)]
    except VisavisError as error:
        if len(files) == 1:
            return [error]
        middle = len(files) // 2
        return _attempt(ask, files[:middle]) + _attempt(ask, files[middle:])


def _claim(parts: Path, key: str, target: Path) -> None:
    """Make the folder of the chunks of this key, or find it."""
    known = parts / KEY
    if parts.exists() and any(parts.iterdir()):
        if not known.is_file():
            raise VisavisError(
                f"{parts}: stands in the way of the table's parts; move it, or name another table"
            )
        if known.read_text() == key:
            return
        print(f"{target}: was begun with another model or other options; begun anew", file=sys.stderr)
        shutil.rmtree(parts)
    write_atomic(known, key)


def _state(file: str) -> tuple[str, int | None, int | None]:
    try:
        state = os.stat(file)
    except (OSError, ValueError):
        return file, None, None
    return file, state.st_size, state.st_mtime_ns


def _done(parts: Path, columns: Columns) -> pl.DataFrame:
    chunks = [pl.read_parquet(path, glob=False) for path in sorted(parts.glob("*.parquet"))]
    return pl.concat([pl.DataFrame(schema={**FILE, **columns}), *chunks])


def _rows_of(chunk: pl.DataFrame, ask: Ask[Rows], columns: Columns) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for state, answer in zip(chunk.rows(named=True), _attempt(ask, chunk["#file"].to_list()), strict=True):
        found = [{ERROR: str(answer)}] if isinstance(answer, VisavisError) else answer
        rows += [{PATH: state["#file"], **row, **state} for row in found]
    return pl.DataFrame(rows, schema={**FILE, **columns})


def _write(target: Path, table: pl.DataFrame) -> None:
    with atomic_path(target) as staged:
        table.write_parquet(staged)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
