"""Where pairs come from: strengths, orders of classes, and tables with gaps."""

import polars as pl
import pytest

from tests.methods.relative_attributes.test_data import SCHEMA, items
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.data import pairs_of
from visavis.methods.relative_attributes.sources import ALIKE, SAMPLED, pair_table, strength_pairs
from visavis.tables import ATTRIBUTE, DataSet


def with_strengths(split: str | None, values: list[float | None]) -> DataSet:
    column = pl.Series(f"{ATTRIBUTE}wide", values, pl.Float32)
    return DataSet("wide", items(len(values), split).with_columns(column))


def test_a_pair_without_a_split_takes_part_in_nothing() -> None:
    rows = [("p0", "p1", "more", "train"), ("p1", "p2", "more", None), ("p2", "p3", "more", "test")]
    pairs = pl.DataFrame(rows, schema=["a", "b", "relation", "split"], orient="row")
    data = DataSet("small", items(), pairs=pairs)
    assert len(pair_table(data)) == 3
    assert [len(pairs_of(data, split)) for split in ("train", "test")] == [1, 1]


def test_ordered_classes_give_training_pairs_only() -> None:
    labels = pl.Series("label", ["sea", "sea", "wood", "wood"])
    orders = pl.DataFrame({"attribute": ["open"] * 2, "class": ["sea", "wood"], "rank": [2, 1]})
    data = DataSet("scenes", items(4, "train").with_columns(labels), orders=orders)
    table = pair_table(data)
    assert table.equals(pair_table(data))
    assert (len(table), set(table["split"]), set(table["attribute"])) == (6, {"train"}, {"open"})
    assert (table["relation"] == "equal").sum() == 2


def test_photos_of_no_split_give_no_pairs() -> None:
    with pytest.raises(VisavisError, match="wide: pairs are sampled from photos of split train or test"):
        pairs_of(with_strengths(None, [0.1, 0.9]), "train")
    with pytest.raises(VisavisError, match="neither has two of them"):
        pairs_of(with_strengths("train", [0.1]), "train")


def test_unknown_strengths_are_in_no_pair() -> None:
    table = strength_pairs(with_strengths("train", [0.1, None, 0.9]))
    assert 0 < len(table) < SAMPLED["train"]
    assert set(table["a"]) | set(table["b"]) == {"p0", "p2"}
    both = with_strengths("test", [None, None])
    data = DataSet(
        "both",
        pl.concat(
            [
                both.items,
                with_strengths("train", [0.3, 0.4]).items.with_columns(
                    pl.lit("q").add(pl.col("id")).alias("id")
                ),
            ]
        ),
    )
    assert set(strength_pairs(data)["split"]) == {"train"}


def test_strength_pairs_agree_with_the_strengths_at_every_call() -> None:
    data = open_dataset("rendered-shoes-40")
    table = strength_pairs(data)
    assert table.equals(strength_pairs(data))
    assert set(table["attribute"]) == set(data.attributes)
    counts = dict(table.group_by("split").len().iter_rows())
    assert counts == {split: count * len(data.attributes) for split, count in SAMPLED.items()}
    photos = data.items.filter(domain="photo")
    split_of = dict(photos.select("id", "split").iter_rows())
    for name in data.attributes:
        strength = dict(photos.select("id", f"{ATTRIBUTE}{name}").iter_rows())
        for a, b, relation, _, split in table.filter(attribute=name).select(SCHEMA[:5]).iter_rows():
            assert a != b
            assert split_of[a] == split_of[b] == split
            gap = strength[a] - strength[b]
            if abs(abs(gap) - ALIKE) > 1e-6:
                assert relation == ("equal" if abs(gap) < ALIKE else "more" if gap > 0 else "less")
