"""Items and tuples: the one form in which every data set, official or a user's own, is handed on."""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float32, Int

from visavis.errors import VisavisError
from visavis.files import digest_file
from visavis.images import SUFFIXES
from visavis.sheets import Sheet, nearest

ATTRIBUTE = "attr."
SPLITS = ("train", "validation", "test")
BOX = ("box_x", "box_y", "box_w", "box_h")
PART_BOX = ("x", "y", "w", "h")


@dataclass(frozen=True)
class DataSet:
    """A named table of items, with the tuples that refer to them by id.

    Attributes:
        name: of the data set.
        items: `id` (unique), `path` (absolute), `domain` (photo, sketch, edge ...), `label` (identity or
            class, or null), `split` (train, validation, test or null), optional `box_x, box_y, box_w, box_h`
            in pixels, optional `faces` (how many a detector found), and any `attr.<name>`, Float32 in 0..1,
            null = unknown.
        triplets: `anchor`, `positive`, `negative` (ids), `votes` for this order of `votes_of`; or None.
        pairs: `a`, `b` (ids), `relation`, for relative attributes `more`, `less` or `equal` from the
            viewpoint of `a`; optional `attribute` (what is compared), `split` (of the pair), whole numbers
            `votes` for this relation of `votes_of`, all null where unknown; or None.
        pairs_published: whether they are those of a published set, so that figures stand beside others' only
            while all of them are used, whatever their defects.
        orders: how the classes compare: `attribute`, `class` (a label, or the column `attr.<name>` that is 1
            in it), `rank` (higher = more, the same = equal); or None.
        parts: where things lie in the images: `id`, `part` (its name) and `x, y, w, h` in pixels, at most one
            box for each part of an item; or None.
        terms: under which the data may be used.
    """

    name: str
    items: pl.DataFrame
    triplets: pl.DataFrame | None = None
    pairs: pl.DataFrame | None = None
    pairs_published: bool = False
    orders: pl.DataFrame | None = None
    parts: pl.DataFrame | None = None
    terms: str = "not stated"

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes, without the prefix `attr.`."""
        return [name.removeprefix(ATTRIBUTE) for name in self.items.columns if name.startswith(ATTRIBUTE)]

    def select(self, **equals: Any) -> "DataSet":
        """Keep the items with these values, and the tuples all of whose items stay.

        Args:
            equals: a column and its value, a list of values, or None for null, as in
                `data.select(split="train", domain=["photo", "sketch"])`.

        Raises:
            VisavisError: there is no such column.
        """
        items = self.items
        for column, wanted in equals.items():
            if column not in items.columns:
                hint = nearest(column, items.columns)
                raise VisavisError(f"{self.name}: there is no column '{column}' to select by{hint}")
            values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
            one_of = pl.Series(values, dtype=items.schema[column], strict=False).implode()
            items = items.filter(pl.col(column).is_in(one_of, nulls_equal=True))

        def remaining(tuples: pl.DataFrame | None, *columns: str) -> pl.DataFrame | None:
            kept = pl.all_horizontal(pl.col(*columns).is_in(items["id"].implode()))
            return None if tuples is None else tuples.filter(kept)

        return replace(
            self,
            items=items,
            triplets=remaining(self.triplets, "anchor", "positive", "negative"),
            pairs=remaining(self.pairs, "a", "b"),
            parts=remaining(self.parts, "id"),
        )

    def digest(self) -> str:
        """Fingerprint of the tables and of every image's bytes: 16 hex digits of a SHA-256.

        Neither the order of rows and columns nor the place of the folder matters.

        Raises:
            VisavisError: an image cannot be read.
        """
        contents = pl.Series("path", [digest_image(path) for path in self.items["path"]], pl.String)
        fingerprint = hashlib.sha256()
        tables = [self.items.with_columns(contents), self.triplets, self.pairs]
        # Fingerprints of sets without these are older than they and stay as they were recorded.
        tables += [table for table in (self.orders, self.parts) if table is not None]
        for table in tables:
            fingerprint.update(json.dumps(_canonical(table)).encode())
        return fingerprint.hexdigest()[:16]


def family(name: str) -> str:
    """A data set's name without its split, where it is one of several official ones: `zap50k-1/3`."""
    return name.partition("/")[0]


def attribute_matrix(items: pl.DataFrame) -> Float32[np.ndarray, "N K"]:
    """The attribute columns of a table of items, NaN where unknown."""
    columns = pl.selectors.starts_with(ATTRIBUTE)
    known = items.select(columns.cast(pl.Float32).fill_null(float("nan")))
    # Without a column polars forgets rows and type.
    return known.to_numpy().astype(np.float32).reshape(len(items), known.width)


def spread_rows(count: int, most: int) -> Int[np.ndarray, " rows"]:
    """At most so many of the rows 0 to count - 1, spread evenly from the first to the last."""
    return np.unique(np.linspace(0, count - 1, most).round().astype(int))


def digest_image(path: str) -> str:
    """SHA-256 of an image's bytes; raises VisavisError where they cannot be read."""
    try:
        return digest_file(Path(path))
    except OSError as error:
        raise VisavisError(f"{path}: cannot be read ({error.strerror}); restore it or leave it out") from None


def _canonical(table: pl.DataFrame | None) -> list[Any]:
    if table is None:
        return []
    columns = sorted(table.columns)
    return [columns, *table.select(columns).sort(columns, nulls_last=True).rows()]


def read_items(path: str | Path) -> DataSet:
    """Read a user's table of items.

    Only column `path` is needed, relative to the table's folder. `id` defaults to `path` as written, `domain`
    to "photo"; `label`, `split`, the box and any `attr.<name>` may be absent or have gaps. Other columns are
    left out.

    Args:
        path: a CSV (UTF-8, commas, with a header) or Parquet file.

    Raises:
        VisavisError: lists up to ten problems by row (of a CSV, row 1 is the header) and column.
    """
    path = Path(path)
    words = ("id", "domain", "label", "split")
    sheet = Sheet.open(path, ("path",), (*words, *BOX), ATTRIBUTE)
    sheet.text("path", *words)
    sheet.rows = sheet.rows.with_columns(
        pl.coalesce("id", "path").alias("id"), pl.coalesce("domain", pl.lit("photo")).alias("domain")
    )
    sheet.check("path", pl.col("path").is_null(), "is empty")
    sheet.check("id", ~pl.col("id").is_first_distinct(), "'{}' stands in an earlier row too")
    _check_splits(sheet)
    _resolve_paths(sheet)
    _check_boxes(sheet)
    attributes = [name for name in sheet.rows.columns if name.startswith(ATTRIBUTE)]
    for column in attributes:
        sheet.number(column, pl.Float32)
        sheet.check(column, ~pl.col(column).is_between(0, 1), "{} is outside 0..1")
    boxes = [] if sheet.rows["box_x"].is_null().all() else BOX
    return DataSet(path.stem, sheet.approved("id", "path", "domain", "label", "split", *boxes, *attributes))


def _check_splits(sheet: Sheet) -> None:
    sheet.check("split", ~pl.col("split").is_in(SPLITS), "'{}' is none of " + ", ".join(SPLITS))


def _resolve_paths(sheet: Sheet) -> None:
    folder = sheet.path.parent.absolute()
    absolute = [name and os.path.normpath(folder / name) for name in sheet.rows["path"]]
    absent = [name is not None and not os.path.isfile(name) for name in absolute]
    sheet.rows = sheet.rows.with_columns(pl.Series("path", absolute, pl.String))
    sheet.check("path", pl.lit(pl.Series(absent, dtype=pl.Boolean)), "there is no file '{}'")


def _check_boxes(sheet: Sheet) -> None:
    for column in BOX:
        sheet.number(column, pl.Float64)
    some = pl.any_horizontal(pl.col(*BOX).is_not_null())
    for column in BOX:
        sheet.check(column, some & pl.col(column).is_null(), "has no value, but a box needs all four")
    for column in ("box_w", "box_h"):
        sheet.check(column, pl.col(column) <= 0, "{} is no size")


def read_triplets(path: str | Path, items: pl.DataFrame) -> pl.DataFrame:
    """Read triplets: columns `anchor`, `positive`, `negative`, and where known `votes` of `votes_of`.

    Args:
        path: a CSV or Parquet file.
        items: the items whose `id` the triplets name.

    Raises:
        VisavisError: lists up to ten problems, as `read_items` does.
    """
    sheet = Sheet.open(Path(path), ("anchor", "positive", "negative"), ("votes", "votes_of"))
    _check_ids(sheet, items, "anchor", "positive", "negative")
    sheet.check("negative", pl.col("negative") == pl.col("positive"), "'{}' is the positive too")
    for column in ("votes", "votes_of"):
        sheet.number(column, pl.Int64)
        sheet.rows = sheet.rows.with_columns(pl.col(column).fill_null(1))
    sheet.check("votes", ~pl.col("votes").is_between(0, pl.col("votes_of")), "{} is not in 0..votes_of")
    return sheet.approved("anchor", "positive", "negative", "votes", "votes_of")


def read_pairs(path: str | Path, items: pl.DataFrame) -> pl.DataFrame:
    """Read pairs: columns `a`, `b`, `relation`, optional `attribute`, `split`, `votes` and `votes_of`.

    The optional ones may have gaps; one that is absent or empty is absent from the result. Arguments and
    errors are those of `read_triplets`.
    """
    words, numbers = ("attribute", "split"), ("votes", "votes_of")
    sheet = Sheet.open(Path(path), ("a", "b", "relation"), (*words, *numbers))
    in_use = [name for name in (*words, *numbers) if not sheet.rows[name].is_null().all()]
    _check_ids(sheet, items, "a", "b")
    sheet.text("relation", *words)
    sheet.check("relation", pl.col("relation").is_null(), "is empty")
    _check_splits(sheet)
    for column in numbers:
        sheet.number(column, pl.Int64)
    sheet.check("votes_of", pl.col("votes_of") < 1, "{} is less than 1")
    beyond = (pl.col("votes") < 0) | (pl.col("votes") > pl.col("votes_of"))
    sheet.check("votes", beyond, "{} is not in 0..votes_of")
    return sheet.approved("a", "b", "relation", *in_use)


def read_parts(path: str | Path, items: pl.DataFrame) -> pl.DataFrame:
    """Read boxes of parts: columns `id`, `part` and `x`, `y`, `w`, `h` in pixels.

    Arguments and errors are those of `read_triplets`.
    """
    sheet = Sheet.open(Path(path), ("id", "part", *PART_BOX))
    _check_ids(sheet, items, "id")
    sheet.text("part")
    sheet.check("part", pl.col("part").is_null(), "is empty")
    sheet.check("part", ~pl.struct("id", "part").is_first_distinct(), "'{}' of this id has an earlier row")
    for column in PART_BOX:
        sheet.number(column, pl.Float64)
        sheet.check(column, pl.col(column).is_null(), "is empty")
    for column in ("w", "h"):
        sheet.check(column, pl.col(column) <= 0, "{} is no size")
    return sheet.approved("id", "part", *PART_BOX)


def _check_ids(sheet: Sheet, items: pl.DataFrame, *columns: str) -> None:
    sheet.text(*columns)
    for column in columns:
        sheet.check(column, pl.col(column).is_null(), "is empty")
        sheet.check(column, ~pl.col(column).is_in(items["id"].implode()), "no item has the id '{}'")


def folder_of_classes(path: str | Path) -> DataSet:
    """Read a folder whose sub-folders are classes: `class/file` becomes the id, the class the label.

    Where all sub-folders are named train, validation or test, they are the splits and hold the classes.
    Images beside the classes, directly in the folder or in a split, are taken without a label.

    Raises:
        VisavisError: there is no such folder, or no image in it.
    """
    root = Path(path).absolute()
    if not root.is_dir():
        raise VisavisError(f"{root}: there is no such folder")
    rows = [
        (image.relative_to(root).as_posix(), str(image), "photo", label, split)
        for split, label, folder in _image_folders(root)
        for image in sorted(folder.iterdir())
        if image.suffix.lower() in SUFFIXES and not image.name.startswith(".")
    ]
    if not rows:
        raise VisavisError(f"{root}: no images found in it or its sub-folders")
    columns = dict.fromkeys(("id", "path", "domain", "label", "split"), pl.String)
    return DataSet(root.name, pl.DataFrame(rows, schema=columns, orient="row"))


def _image_folders(root: Path) -> list[tuple[str | None, str | None, Path]]:
    """Split, label and place of every folder that may hold images; those without a label come first."""
    folders = _subfolders(root)
    if not all(folder.name in SPLITS for folder in folders):
        return [(None, None, root), *((None, folder.name, folder) for folder in folders)]
    unlabelled = [(None, None, root), *((split.name, None, split) for split in folders)]
    classes = [(split.name, folder.name, folder) for split in folders for folder in _subfolders(split)]
    return [*unlabelled, *classes]


def _subfolders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
