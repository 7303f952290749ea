"""UT-Zap50K-1 (Yu and Grauman, CVPR 2014): people's comparisons of shoes by four attributes.

`ut-zap50k-data/{image-path,train-test-splits,zappos-labels}.mat` and, beside it, `ut-zap50k-images/` with the
50,025 catalogue photos. All indices count from 1. Five people judged each pair; the publishers kept pairs on
which they were confident and agreed.
"""

from collections import defaultdict
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import polars as pl

from visavis.datasets.official import (
    RELATIONS,
    existing,
    from_one,
    item_table,
    malformed,
    read_mat,
    reading,
    split_of,
    texts,
    whole,
)
from visavis.errors import VisavisError
from visavis.tables import DataSet

TERMS = (
    "For academic, non-commercial use only; photos belong to Zappos.com. "
    "Cite Yu and Grauman, Fine-Grained Visual Comparisons with Local Learning, CVPR 2014."
)
ATTRIBUTES = ("open", "pointy", "sporty", "comfort")
SPLITS = 10


def read(root: Path, split_number: int = 1) -> DataSet:
    """Read the comparisons of `mturkOrder`, and which of them one split trains and tests with.

    Items are all photos, their id the path that `image-path.mat` gives. Each of the ten official splits tests
    with 300 pairs of every attribute; a published accuracy is the mean over the ten. The pairs of the label
    file's `mturkEqual` belong to no split and are left out. The set's name is "zap50k-1" for the first split
    and "zap50k-1/K" for another.

    Args:
        root: the folder that holds `ut-zap50k-data` and `ut-zap50k-images`.
        split_number: 1 to 10.

    Raises:
        VisavisError: there is no such split, or something is missing or malformed.
    """
    if not 1 <= split_number <= SPLITS:
        raise VisavisError(f"zap50k-1 has no split {split_number}; the official ones are 1 to {SPLITS}")
    folder = existing(root / "ut-zap50k-data")
    items = _catalogue(folder / "image-path.mat", existing(root / "ut-zap50k-images"))
    labels, splits = folder / "zappos-labels.mat", folder / "train-test-splits.mat"
    (judged,) = read_mat(labels, "mturkOrder")
    chosen = dict(zip(("train", "test"), read_mat(splits, "trainIndexAll", "testIndexAll"), strict=True))
    pairs = []
    for number, attribute in enumerate(ATTRIBUTES):
        with reading(labels):
            of_attribute = _comparisons(judged.ravel()[number], items["id"].to_numpy())
        with reading(splits):
            indices = {
                name: cells.ravel()[number].ravel()[split_number - 1] for name, cells in chosen.items()
            }
            split = split_of(indices, len(of_attribute))
        pairs.append(of_attribute.with_columns(split, attribute=pl.lit(attribute)))
    columns = ("a", "b", "relation", "attribute", "split")
    name = "zap50k-1" if split_number == 1 else f"zap50k-1/{split_number}"
    return DataSet(name, items, pairs=pl.concat(pairs).select(columns), pairs_published=True, terms=TERMS)


def _comparisons(judged: np.ndarray, ids: np.ndarray) -> pl.DataFrame:
    """Columns 1 and 2 are the images; column 4 is 1, 2 or 3 for more, less or equal."""
    a, b, relation = whole(judged[:, [0, 1, 3]]).T
    return pl.DataFrame(
        {
            "a": from_one(a, ids),
            "b": from_one(b, ids),
            "relation": from_one(relation, np.array(RELATIONS)),
        },
        schema_overrides={"a": pl.String, "b": pl.String},
    )


def _catalogue(path: Path, images: Path) -> pl.DataFrame:
    (cells,) = read_mat(path, "imagepath")
    with reading(path):
        names = texts(cells)
    if len(set(names)) < len(names):
        raise malformed(path, "it names an image twice")
    folders = _Folders(images)
    return item_table([(name, str(folders.find(name)), "photo", None, None) for name in names])


class _Folders:
    """Finds photos although their folders, which are brands, are spelt differently on disk.

    The list has "Levi's" where the archive has "Levi's&#174;", and names that end in "." lose it when some
    programs unpack them, or get "%2E" for it.
    """

    def __init__(self, images: Path) -> None:
        self.images = images
        self.spelt: dict[Path, dict[str, list[Path]]] = {}

    def find(self, name: str) -> Path:
        path = self.images / name
        if path.is_file():
            return path
        brand = path.parent
        if brand.parent not in self.spelt:
            self.spelt[brand.parent] = self._brands(brand.parent)
        others = self.spelt[brand.parent].get(_letters(brand.name), [])
        return existing(next((other / path.name for other in others if (other / path.name).is_file()), path))

    def _brands(self, kind: Path) -> dict[str, list[Path]]:
        brands = defaultdict(list)
        for folder in sorted(kind.iterdir()) if kind.is_dir() else []:
            brands[_letters(folder.name)].append(folder)
        return dict(brands)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, unquote(unescape(name)).casefold()))
