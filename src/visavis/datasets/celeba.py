"""CelebA (Z. Liu et al., ICCV 2015): faces with 40 attributes and identities, in the official files.

`celeba/`: the folders `img_align_celeba` (aligned) and `img_celeba` (photographs as they were), and the
lists `list_attr_celeba.txt`, `identity_CelebA.txt`, `list_eval_partition.txt` and `list_bbox_celeba.txt`;
all side by side, or in the folders `Img`, `Anno` and `Eval` of the official download.
`celeba-wild/`: `img_celeba/*.webp`, the first three lists, and `boxes.csv` (image, x, y, w, h, score, faces).
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from visavis.datasets.official import existing, malformed, reading
from visavis.tables import ATTRIBUTE, BOX, SPLITS, DataSet

TERMS = (
    "CelebA, for non-commercial research and testing only, no redistribution, nothing that identifies "
    "people; the people shown did not agree to this use. Cite Liu et al., ICCV 2015."
)
WILD_TERMS = (
    f"{TERMS} Its boxes are those of a detector (YuNet: Wu, Peng and Yu, 2023), not annotations: for "
    "measuring only."
)
SHELVES = ("", "Anno", "Eval", "Img")
OFFICIAL_BOX = ["x_1", "y_1", "width", "height"]


def read(root: Path) -> DataSet:
    """Read the aligned images, identities (as labels), attributes (1 or 0) and parts that the lists name.

    Args:
        root: the folder that holds `celeba`.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    return _faces("celeba", root / "celeba", "img_align_celeba")


def read_uncropped(root: Path) -> DataSet:
    """Read the photographs from which the aligned images were cut, with the official boxes.

    The source does not say from where it counts pixels: x_1 and y_1 are taken as they are. An image whose box
    has no size, or that the list of boxes leaves out, has none. Arguments and errors are those of `read`.
    """
    folder = root / "celeba"
    data = _faces("celeba-in-the-wild", folder, "img_celeba")
    path = _place(folder, "list_bbox_celeba.txt")
    table = _rows(path, headed=True)
    if (columns := table.columns[1:]) != OFFICIAL_BOX:
        raise malformed(path, f"its columns are {', '.join(columns)}, not {', '.join(OFFICIAL_BOX)}")
    boxes = table.select("id", pl.col(columns).cast(pl.Float64, strict=False))
    _refuse(path, boxes, ~pl.all_horizontal(pl.col(columns).is_finite()), "has a box of other than numbers")
    known = boxes.filter(pl.col("width") > 0, pl.col("height") > 0)
    return _with_columns(data, path, known.rename(dict(zip(columns, BOX, strict=True))))


def read_wild(root: Path) -> DataSet:
    """Read `root`/celeba-wild: 4,000 photographs of 297 people, parts train and test, by person.

    The box is a detector's, of the labelled person's face; `faces` is how many faces the detector found.
    Arguments and errors are those of `read`.
    """
    folder = root / "celeba-wild"
    data = replace(_faces("celeba-wild", folder, "img_celeba"), terms=WILD_TERMS)
    path = existing(folder / "boxes.csv")
    types = {"image": pl.String, **dict.fromkeys("xywh", pl.Float64), "faces": pl.Int64}
    with reading(path):
        table = pl.read_csv(path, columns=list(types), schema_overrides=types, glob=False)
    found = table.select(*types).rename({"image": "id"} | dict(zip("xywh", BOX, strict=True)))
    sized = pl.all_horizontal(pl.col(*BOX).is_finite(), pl.col("box_w", "box_h") > 0)
    _refuse(path, found, ~sized, "has a box without place or size")
    _refuse(path, found, pl.col("faces") < 1, "has a box, but no number of faces")
    _refuse(path, found, ~pl.col("id").is_first_distinct(), "names an image of an earlier row")
    return _with_columns(data, path, found)


def _faces(name: str, folder: Path, pictures: str) -> DataSet:
    marks = _rows(_place(folder, "list_attr_celeba.txt"), headed=True)
    identities = _rows(_place(folder, "identity_CelebA.txt")).rename({"value": "label"})
    photos = existing(_place(folder, pictures))
    items = (
        marks.select(
            "id",
            pl.Series("path", [str(existing(photos / image)) for image in marks["id"]], pl.String),
            pl.lit("photo").alias("domain"),
        )
        .join(identities, on="id", how="left", maintain_order="left")
        .join(_parts(_place(folder, "list_eval_partition.txt")), on="id", how="left", maintain_order="left")
    )
    known = {"1": 1.0, "-1": 0.0}
    strengths = marks.select(
        pl.exclude("id").replace_strict(known, default=None, return_dtype=pl.Float32).name.prefix(ATTRIBUTE)
    )
    return DataSet(name, items.hstack(strengths), terms=TERMS)


def _parts(path: Path) -> pl.DataFrame:
    """The split of each image: 0, 1 and 2 are those of `SPLITS`."""
    names = {str(number): split for number, split in enumerate(SPLITS)}
    table = _rows(path)
    if unknown := [part for part in table["value"] if part not in names]:
        raise malformed(path, f"part '{unknown[0]}' is none of {', '.join(names)}")
    return table.select("id", split=pl.col("value").replace_strict(names, return_dtype=pl.String))


def _with_columns(data: DataSet, path: Path, columns: pl.DataFrame) -> DataSet:
    """Join what a file says of some of the images."""
    if unknown := set(columns["id"]) - set(data.items["id"]):
        raise malformed(path, f"there is no image '{min(map(str, unknown))}'")
    return replace(data, items=data.items.join(columns, on="id", how="left", maintain_order="left"))


def _place(folder: Path, name: str) -> Path:
    """Where a file or folder lies, of the places that downloads give it."""
    places = [folder / shelf / name for shelf in SHELVES]
    return next((place for place in places if place.exists()), places[0])


def _rows(path: Path, headed: bool = False) -> pl.DataFrame:
    """All rows of words: column `id`, then those that the second line names, or else `value`.

    Words are apart by any number of spaces. Rows are counted without the two lines of a header.
    """
    with reading(existing(path)):
        lines = path.read_text().splitlines()
    columns = ["value"]
    if headed:
        # One list names the column of images too, the other does not.
        columns = [name for line in lines[1:2] for name in line.split() if name != "image_id"]
    rows = [line for line in lines[2 if headed else 0 :] if line.strip()]
    if not rows:
        raise malformed(path, "it has no rows")
    names = ["id", *columns]
    with reading(path):
        table = pl.DataFrame({"words": rows}).select(pl.col("words").str.extract_all(r"\S+"))
        _refuse(path, table, pl.col("words").list.len() != len(names), f"has not {len(names)} words")
        table = table.select(pl.col("words").list.to_struct(fields=names)).unnest("words")
    _refuse(path, table, ~pl.col("id").is_first_distinct(), "names an image of an earlier row")
    return table


def _refuse(path: Path, table: pl.DataFrame, wrong: pl.Expr, reason: str) -> None:
    rows = table.select(wrong.fill_null(True).arg_true()).to_series()
    if len(rows):
        raise malformed(path, f"row {rows[0] + 1} {reason}")
