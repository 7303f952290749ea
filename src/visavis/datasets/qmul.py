"""QMUL Shoe V1 and Chair V1 (Yu et al., CVPR 2016; attributes: Song et al., BMVC 2016) and what extends them.

`qmul-{shoe,chair}-v1/`: `{train,test}/{photos,sketches,edges}/N`, `triplets.json`, `attributes.csv`.
`qmul-shoe-extra/`: further sketches of the training shoes, photos of Shoe V2, strokes of Chair V2.
"""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.datasets.official import ItemRow, existing, item_table, malformed
from visavis.tables import ATTRIBUTE, DataSet

Category = Literal["shoe", "chair"]

TERMS = (
    "QMUL SketchX group, for research and testing only, no redistribution; photos belong to their sellers. "
    "Cite Yu et al., CVPR 2016, and Song et al., BMVC 2016."
)

# The source names no column: these are readings of the pictures, as `attributes.md` of the data explains.
ATTRIBUTES: dict[Category, tuple[str, ...]] = {
    "shoe": (
        "closed_toe", "open_toe", "ornament_side", "ornament_vamp", "flat", "low_heel", "high_heel",
        "pillar_heel", "cone_heel", "slender_heel", "thick_heel", "ankle_strap", "backless", "sling_back",
        "low_cut", "ankle_boot", "high_boot", "vamp_much", "vamp_part", "vamp_little", "unclear",
    ),
    "chair": (
        "no_back", "low_back", "full_back", "back_joined", "back_gap", "arm_rest", "round_seat", "wheels",
        "pedestal", "two_legs", "three_legs", "four_legs", "frame_legs", "separate_legs", "closed_base",
    ),
}  # fmt: skip

# Their labels describe other shoes, which once stood under these numbers.
MISLABELLED: dict[Category, tuple[str, ...]] = {"shoe": ("111", "273", "290"), "chair": ()}

SAME_DRAWING = 0.9
_FOLDERS = {"photo": ("photos", ".jpg"), "sketch": ("sketches", ".png"), "edge": ("edges", ".png")}


def read(root: Path, category: Category, extra: bool = True) -> DataSet:
    """Read Shoe V1 or Chair V1: items "photo/12", "sketch/12" and "edge/12", all with the label "12".

    Edge maps carry the attributes of their photo. Attributes are null for test sketches, so that the truth
    can never become an input (the shoes' own are lost in the source), and for shoes 111, 273 and 290.
    Triplets are the human judgements: anchor sketch, closer photo, farther photo, votes for this order of
    all votes.

    Args:
        root: the folder that holds `qmul-shoe-v1` and its siblings.
        category: "shoe" or "chair".
        extra: also take the further training sketches of `qmul-shoe-extra`, as "sketch/12-2" and without
            attributes. Copies of each other (`duplicate_of`) and of "sketch/12" itself (`v1_likeness` above
            0.9) are left out. Chairs have none.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(root / f"qmul-{category}-v1")
    items = _with_attributes(_pictures(folder), folder / "attributes.csv", category)
    if extra and category == "shoe":
        items = pl.concat([items, _extra_sketches(existing(root / "qmul-shoe-extra"))], how="diagonal")
    return DataSet(folder.name, items, triplets=_triplets(folder / "triplets.json", items), terms=TERMS)


def extra_photos(root: Path) -> DataSet:
    """The 2,000 Shoe V2 photos below `root`, without labels or split, as distractors for instance.

    Raises:
        VisavisError: they are missing.
    """
    folder = existing(root / "qmul-shoe-extra" / "shoev2-photos")
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise malformed(folder, "it holds no photos")
    rows: list[ItemRow] = [(f"photo/v2-{path.stem}", str(path), "photo", None, None) for path in paths]
    return DataSet("shoe-v2-photos", item_table(rows), terms=TERMS)


@dataclass(frozen=True)
class Strokes:
    """Vector sketches, in three lists of equal length.

    Attributes:
        names: of the sketches.
        splits: "train" or "test".
        strokes: of each sketch, in the order of drawing; points are x, y in 0..256, y down.
    """

    names: list[str]
    splits: list[str]
    strokes: list[list[Float[np.ndarray, "_ 2"]]]


def chair_strokes(root: Path) -> Strokes:
    """The 1,275 vector sketches of 400 Chair V2 chairs below `root`, named `<chair>_<k>`, without photos.

    Raises:
        VisavisError: the file is missing or malformed.
    """
    path = existing(root / "qmul-shoe-extra" / "chairv2-strokes.npz")
    try:
        with np.load(path, allow_pickle=False) as stored:
            points, offsets = stored["points"], stored["offsets"]
            names, splits = stored["names"].tolist(), stored["split"].tolist()
        sketches = [points[start:end] for _, (start, end) in zip(names, pairwise(offsets), strict=True)]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
        raise malformed(path, error) from None
    return Strokes(names, splits, [_split_at_lifts(sketch) for sketch in sketches])


def _split_at_lifts(points: Float[np.ndarray, "_ 3"]) -> list[Float[np.ndarray, "_ 2"]]:
    """Third column: 1 on the last point of a stroke."""
    ends = np.flatnonzero(points[:, 2]) + 1
    return [stroke for stroke in np.split(points[:, :2], ends) if len(stroke)]


def _pictures(folder: Path) -> pl.DataFrame:
    rows: list[ItemRow] = []
    for split in ("train", "test"):
        numbers = {
            int(path.stem)
            for name, suffix in _FOLDERS.values()
            for path in existing(folder / split / name).glob(f"*{suffix}")
            if path.stem.isdecimal()
        }
        for domain, (name, suffix) in _FOLDERS.items():
            for number in sorted(numbers):
                path = existing(folder / split / name / f"{number}{suffix}")
                rows.append((f"{domain}/{number}", str(path), domain, str(number), split))
    return item_table(rows)


def _with_attributes(pictures: pl.DataFrame, path: Path, category: Category) -> pl.DataFrame:
    """Add columns `attr.aNN_name`; an edge map gets those of its photo."""
    meanings = {f"a{k:02}": f"{ATTRIBUTE}a{k:02}_{name}" for k, name in enumerate(ATTRIBUTES[category])}
    types = {"number": pl.String, "kind": pl.String} | dict.fromkeys(meanings, pl.Int8)
    try:
        table = pl.read_csv(existing(path), columns=list(types), schema_overrides=types, glob=False)
    except pl.exceptions.PolarsError as error:
        raise malformed(path, error) from None
    if not table.select(pl.all_horizontal(pl.col(*meanings).is_between(0, 1).fill_null(False)).all()).item():
        raise malformed(path, "an attribute is neither 0 nor 1")

    labels = table.rename(meanings | {"number": "label"})
    described_by = pl.col("domain").replace("edge", "photo").alias("kind")
    labelled = pictures.with_columns(described_by).join(
        labels, on=["kind", "label"], how="inner", maintain_order="left"
    )
    if labelled["id"].to_list() != pictures["id"].to_list():
        raise malformed(path, "it does not have one row for each photo and each sketch")
    test_sketch = (pl.col("domain") == "sketch") & (pl.col("split") == "test")
    mislabelled = pl.col("label").is_in(MISLABELLED[category])
    known = pl.when(~test_sketch & ~mislabelled).then(pl.col(*meanings.values()).cast(pl.Float32))
    return labelled.with_columns(known).drop("kind")


def _extra_sketches(folder: Path) -> pl.DataFrame:
    path = existing(folder / "attributes13.csv")
    try:
        new = pl.read_csv(path, glob=False).filter(
            pl.col("kind") == "sketch",
            pl.col("same_shoe") == 1,
            pl.col("duplicate_of").is_null(),
            pl.col("v1_likeness") <= SAME_DRAWING,
        )
        sketches = new.select(pl.col("shoe", "sketch").cast(pl.Int64)).rows()
    except pl.exceptions.PolarsError as error:
        raise malformed(path, error) from None
    rows: list[ItemRow] = []
    for shoe, k in sketches:
        picture = existing(folder / "sketches" / f"{shoe:03}-{k}.png")
        rows.append((f"sketch/{shoe}-{k}", str(picture), "sketch", str(shoe), "train"))
    return item_table(rows)


def _triplets(path: Path, items: pl.DataFrame) -> pl.DataFrame:
    try:
        parts = json.loads(existing(path).read_bytes())
        rows = [
            (f"sketch/{sketch}", f"photo/{closer}", f"photo/{farther}", votes, votes_of)
            for split in ("train", "test")
            for sketch, pairs in zip(parts[split]["sketches"], parts[split]["pairs"], strict=True)
            for closer, farther, votes, votes_of in pairs
        ]
        table = pl.DataFrame(rows, schema=_TRIPLETS, orient="row")
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise malformed(path, error) from None
    named = pl.concat([table["anchor"], table["positive"], table["negative"]])
    if unknown := set(named) - set(items["id"]):
        raise malformed(path, f"there is no picture '{min(unknown)}'")
    if not table["votes"].is_between(1, table["votes_of"]).all():
        raise malformed(path, "there are more votes for a pair than in all, or none")
    return table


_TRIPLETS = {
    "anchor": pl.String,
    "positive": pl.String,
    "negative": pl.String,
    "votes": pl.Int64,
    "votes_of": pl.Int64,
}
