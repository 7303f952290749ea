"""Pictures without faces, in eleven classes: clothing, and scenes without people.

`clothing/`: `{train,validation,test}/<class>/*`, the clothing-dataset-small of A. Grigorev.
`photos/bsds/`: `{train,val}/<number>.jpg`, BSDS500 (Arbelaez et al., PAMI 2011).
"""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import polars as pl

from visavis.datasets.official import ItemRow, existing, item_table, malformed
from visavis.tables import DataSet, folder_of_classes

CLOTHING_TERMS = "CC0 1.0, public domain; photos of the clothing-dataset-small of A. Grigorev."
BSDS_TERMS = (
    "BSDS500, for non-commercial research and testing only, no redistribution. "
    "Cite Arbelaez et al., PAMI 2011."
)
BSDS_SPLITS = {"train": "train", "val": "test"}


def read_clothing(root: Path) -> DataSet:
    """Read `root`/clothing: photos of 10 kinds of clothing, of splits train, validation and test.

    Raises:
        VisavisError: it is missing, or holds no image.
    """
    return replace(folder_of_classes(existing(root / "clothing")), terms=CLOTHING_TERMS)


def read_bsds(root: Path) -> DataSet:
    """Read `root`/photos/bsds: photos of the label "scene"; `train` is split train, and `val` is split test.

    Raises:
        VisavisError: a folder is missing, or holds no photo.
    """
    rows: list[ItemRow] = []
    for part, split in BSDS_SPLITS.items():
        folder = existing(root / "photos" / "bsds" / part)
        photos = sorted(folder.glob("*.jpg"))
        if not photos:
            raise malformed(folder, "it holds no photos")
        rows += [(f"{part}/{photo.name}", str(photo), "photo", "scene", split) for photo in photos]
    return DataSet("bsds", item_table(rows), terms=BSDS_TERMS)


def read(root: Path) -> DataSet:
    """Read what `read_clothing` and `read_bsds` do, less the pictures with people or human faces.

    `with_faces.txt` lists those, and says how they were found. Animals stay.

    Args:
        root: the folder that holds `clothing` and `photos`.

    Raises:
        VisavisError: one of the two is missing.
    """
    parts = [read_clothing(root), read_bsds(root)]
    # The source of the clothing has the same names with another suffix.
    names = pl.col("id").str.replace(r"\.[^.]+$", "")
    items = pl.concat([part.items for part in parts]).filter(~names.is_in(with_faces()))
    return DataSet("faceless", items, terms=" ".join(part.terms for part in parts))


def with_faces() -> list[str]:
    """Ids, without suffix, of the pictures that show people or human faces."""
    lines = files("visavis.datasets").joinpath("with_faces.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]
