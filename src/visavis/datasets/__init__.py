"""Readers of data sets: one file per official layout, all ending in the same tables."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from visavis.datasets import celeba, class_orders, face_landmarks, faceless, lfw10, lfwa, qmul, zap50k
from visavis.datasets.strokes import stroke_pages
from visavis.datasets.union import union
from visavis.errors import VisavisError
from visavis.tables import DataSet, folder_of_classes, read_items, read_pairs, read_parts, read_triplets

__all__ = ["open_dataset"]

_RENDERED = re.compile(r"(rendered-(?:shoes|faces))(?:-(\d+))?")
_RENDERED_ITEMS = 200
_ZAPPOS = re.compile(r"zap50k-1/(\d+)")
_OFFICIAL: dict[str, Callable[[Path], DataSet]] = {
    "qmul-shoe-v1": lambda root: qmul.read(root, "shoe"),
    "qmul-chair-v1": lambda root: qmul.read(root, "chair"),
    "qmul-v1": lambda root: union("qmul-v1", {kind: qmul.read(root, kind) for kind in ("shoe", "chair")}),
    "shoe-v2-photos": qmul.extra_photos,
    "clothing": faceless.read_clothing,
    "bsds": faceless.read_bsds,
    "faceless": faceless.read,
    "celeba": celeba.read,
    "celeba-in-the-wild": celeba.read_uncropped,
    "celeba-wild": celeba.read_wild,
    "lfwa": lfwa.read,
    "face-landmarks": face_landmarks.read,
    "lfw10": lfw10.read,
    "qmul-shoe-orders": class_orders.read_shoes,
    "zap50k-1": zap50k.read,
    "osr": lambda root: class_orders.read(root, "osr"),
    "pubfig": lambda root: class_orders.read(root, "pubfig"),
    "chair-v2-strokes": lambda root: stroke_pages(qmul.chair_strokes(root)),
}


def open_dataset(name_or_path: str | Path) -> DataSet:
    """Open a data set by its name, or a user's own by its path.

    Args:
        name_or_path: "qmul-shoe-v1", "qmul-chair-v1", both in one as "qmul-v1", "qmul-shoe-orders",
            "shoe-v2-photos", "chair-v2-strokes", "clothing", "bsds", both without faces in one as "faceless",
            "celeba", "celeba-in-the-wild", "celeba-wild", "lfwa", "face-landmarks", "lfw10", "osr", "pubfig",
            "zap50k-1" (the first of its splits) or "zap50k-1/K" (split K of ten), below the folder that
            VISAVIS_DATA names, in the folders that `docs/data.md` lists; "rendered-shoes" or
            "rendered-faces", with or without a number as in "rendered-shoes-300", so many shoes or faces
            rendered once into the cache; a CSV or Parquet table of items, with `<table>.triplets.csv`,
            `<table>.pairs.csv` and `<table>.parts.csv` where they stand beside it; or a folder of classes.

    Raises:
        VisavisError: there is no such thing, or it has defects.
    """
    name = str(name_or_path)
    if name in _OFFICIAL:
        return _OFFICIAL[name](_data_root(name))
    if split := _ZAPPOS.fullmatch(name):
        return zap50k.read(_data_root(name), int(split[1]))
    if asked := _RENDERED.fullmatch(name):
        from visavis.datasets import rendered

        render = {"rendered-shoes": rendered.rendered_shoes, "rendered-faces": rendered.rendered_faces}[
            asked[1]
        ]
        return render(int(asked[2] or _RENDERED_ITEMS))
    path = Path(name).expanduser()
    if path.is_dir():
        return folder_of_classes(path)
    if path.is_file():
        return _with_tuples(read_items(path), path)
    raise VisavisError(
        f"'{name}' is no table or folder, and no data set has this name; "
        f"known are {', '.join(_OFFICIAL)}, rendered-shoes, rendered-faces"
    )


def _data_root(name: str) -> Path:
    root = os.environ.get("VISAVIS_DATA")
    if not root:
        raise VisavisError(f"'{name}' needs VISAVIS_DATA; set it to the folder that holds the data sets")
    return Path(root).expanduser()


def _with_tuples(data: DataSet, table: Path) -> DataSet:
    triplets, pairs, parts = (
        table.with_name(f"{table.stem}.{kind}{table.suffix}") for kind in ("triplets", "pairs", "parts")
    )
    return replace(
        data,
        triplets=read_triplets(triplets, data.items) if triplets.is_file() else None,
        pairs=read_pairs(pairs, data.items) if pairs.is_file() else None,
        parts=read_parts(parts, data.items) if parts.is_file() else None,
    )
