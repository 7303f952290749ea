"""Relative attributes of classes: a class shows more of an attribute than another, and so do its images.

OSR (scenes) and PubFig (faces) as distributed by Parikh and Grauman, ICCV 2011: `osr/` and `pubfig/` hold a
`data.mat` each, and the images in `spatial_envelope_256x256_static_8outdoorcategories/` and `images/`. The
photos of QMUL Shoe V1 are ordered by some of their attributes in the same way.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from jaxtyping import Int

from visavis.datasets import qmul
from visavis.datasets.official import existing, item_table, malformed, read_mat, reading, texts, whole
from visavis.errors import VisavisError
from visavis.sheets import nearest
from visavis.tables import ATTRIBUTE, DataSet

ClassOrder = Mapping[str, Mapping[str, int]]
"""Of each attribute: class -> rank, a higher one for more, the same for equal.

A class is a label; or, written `attr.<name>`, the value 1 of that column where the others have 0.
"""

SHOE_ORDERS: ClassOrder = {
    "heel_height": {"attr.a04_flat": 0, "attr.a05_low_heel": 1, "attr.a06_high_heel": 2},
    "shaft_height": {
        "attr.a12_backless": 0,
        "attr.a13_sling_back": 0,
        "attr.a14_low_cut": 0,
        "attr.a15_ankle_boot": 1,
        "attr.a16_high_boot": 2,
    },
}
"""Orders of the attributes of QMUL Shoe V1, which are readings of the pictures, as their names are."""

_IMAGES = {"osr": "spatial_envelope_256x256_static_8outdoorcategories", "pubfig": "images"}
_TERMS = {
    "osr": "Not stated; distributed for research. "
    "Cite Parikh and Grauman, ICCV 2011, and Oliva and Torralba, IJCV 2001.",
    "pubfig": "Not stated; distributed for research, photos belong to their owners. "
    "Cite Parikh and Grauman, ICCV 2011, and Kumar et al., ICCV 2009.",
}


def read(root: Path, name: Literal["osr", "pubfig"]) -> DataSet:
    """Read OSR or PubFig: the label of an item is its class, its id the name of the image file.

    OSR: 2,688 images, 8 scenes, 6 attributes. PubFig: 772 images, 241 of them for training, of 8 people, 11
    attributes. There are no pairs: `orders` says how classes compare, `class_order_pairs` draws from it.

    Args:
        root: the folder that holds `osr` and `pubfig`.
        name: which of them.

    Raises:
        VisavisError: something is missing or malformed; the sentence names the file.
    """
    folder = existing(root / name)
    path = folder / "data.mat"
    numbers, names, files, training, attributes, ranks = read_mat(
        path,
        "class_labels",
        "class_names",
        "im_names",
        "used_for_training",
        "attribute_names",
        "relative_ordering",
    )
    with reading(path):
        classes = dict(enumerate(texts(names), start=1))
        splits = {0: "test", 1: "train"}
        rows = [
            (file, classes[number], splits[used])
            for file, number, used in zip(
                texts(files), whole(numbers).ravel().tolist(), whole(training).ravel().tolist(), strict=True
            )
        ]
        order = {
            attribute: dict(zip(classes.values(), of_classes.tolist(), strict=True))
            for attribute, of_classes in zip(texts(attributes), whole(ranks), strict=True)
        }
    images = existing(folder / _IMAGES[name])
    items = item_table(
        [(file, str(existing(images / file)), "photo", label, split) for file, label, split in rows]
    )
    if items["id"].n_unique() < len(items):
        raise malformed(path, "it names an image twice")
    return DataSet(name, items, orders=_order_table(order), terms=_TERMS[name])


def read_shoes(root: Path) -> DataSet:
    """The photos of QMUL Shoe V1 with `SHOE_ORDERS`: 304 to train with, of which three are of no class, and
    115 to test with.

    Args:
        root: the folder that holds `qmul-shoe-v1`.

    Raises:
        VisavisError: something is missing or malformed.
    """
    photos = qmul.read(root, "shoe", extra=False).select(domain="photo").items
    return DataSet("qmul-shoe-orders", photos, orders=_order_table(SHOE_ORDERS), terms=qmul.TERMS)


def _order_table(order: ClassOrder) -> pl.DataFrame:
    """The column `orders` of a data set; `class_order` turns it back."""
    rows = [(attribute, name, rank) for attribute, ranks in order.items() for name, rank in ranks.items()]
    columns = {"attribute": pl.String, "class": pl.String, "rank": pl.Int64}
    return pl.DataFrame(rows, schema=columns, orient="row")


def class_order(data: DataSet) -> ClassOrder:
    """The orders that come with a data set.

    Raises:
        VisavisError: it has none.
    """
    if data.orders is None:
        raise VisavisError(f"{data.name} says nothing of how its classes compare; give an order of them")
    by_attribute = data.orders.group_by("attribute", maintain_order=True)
    return {str(name): dict(rows.select("class", "rank").iter_rows()) for (name,), rows in by_attribute}


def class_ranks(data: DataSet, order: ClassOrder) -> pl.DataFrame:
    """Of each item its rank by each attribute, one column each, null where it is of no class.

    An item is of no class where it has no rank, or where not exactly one of the columns is 1.

    Raises:
        VisavisError: an attribute's classes are no labels or columns of `data`.
    """
    table = data.items.select(**{attribute: _rank(data, attribute, order[attribute]) for attribute in order})
    for attribute, ranks in order.items():
        if table[attribute].is_null().all():
            raise VisavisError(
                f"{data.name}: no item is of a class that '{attribute}' orders; these are {', '.join(ranks)}"
            )
    return table


def class_order_pairs(
    data: DataSet, order: ClassOrder, split: str, limit: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Draw pairs of one split, each attribute's uniformly from all its pairs and none twice, in either order.

    Time and memory grow with the items and `limit`, not with the pairs that there are (3 million in OSR).
    Items of no class (`class_ranks`) are in no pair.

    Args:
        data: the items, those of one domain as a rule (`select`).
        order: ranks of the classes, as of `class_order` or `SHOE_ORDERS`.
        split: of both items.
        limit: pairs of each attribute at most; where there are no more, all of them.
        rng: the only source of randomness.

    Returns:
        `a`, `b`, `relation` (more, less or equal, from the viewpoint of `a`), `attribute`, `split`.

    Raises:
        VisavisError: an attribute's classes are no labels or columns of `data`.
    """
    tables = []
    for ranks in class_ranks(data, order):
        attribute = ranks.name
        items = data.items.select("id", "split", rank=ranks).filter(split=split).drop_nulls("rank")
        first, second = _draw(len(items), limit, rng)
        rank = items["rank"].to_numpy()
        relation = np.where(rank[first] < rank[second], "less", "equal")
        relation[rank[first] > rank[second]] = "more"
        ends = {"a": items["id"].gather(first), "b": items["id"].gather(second)}
        labels = {"attribute": pl.lit(attribute), "split": pl.lit(split)}
        tables.append(pl.DataFrame({**ends, "relation": relation}).with_columns(**labels))
    return pl.concat(tables)


def _rank(data: DataSet, attribute: str, ranks: Mapping[str, int]) -> pl.Expr:
    """Of each item, null where unknown."""
    if not all(name.startswith(ATTRIBUTE) for name in ranks):
        return pl.col("label").replace_strict(dict(ranks), default=None, return_dtype=pl.Int64)
    if absent := sorted(set(ranks) - set(data.items.columns)):
        hint = nearest(absent[0], data.items.columns)
        raise VisavisError(f"{data.name}: '{attribute}' orders '{absent[0]}', which is no column{hint}")
    ones = pl.sum_horizontal(pl.col(name) == 1 for name in ranks)
    zeros = pl.sum_horizontal(pl.col(name) == 0 for name in ranks)
    rank = pl.sum_horizontal(pl.col(name) * number for name, number in ranks.items())
    return pl.when(ones == 1, zeros == len(ranks) - 1).then(rank.cast(pl.Int64))


def _draw(
    n: int, limit: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, "pairs"], Int[np.ndarray, "pairs"]]:
    """Draw distinct pairs of `n` things.

    Pairs are numbered by their distance on a ring of `n`: 1 for the first n, 2 for the next n, up to n / 2,
    where for an even n only half of the ring is needed.
    """
    there_are = n * (n - 1) // 2
    numbers = np.arange(there_are) if there_are <= limit else rng.choice(there_are, limit, replace=False)
    distance, first = np.divmod(numbers, max(n, 1))
    return first, (first + distance + 1) % max(n, 1)
