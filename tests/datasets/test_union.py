"""Several categories in one table: nothing collides, nothing is invented."""

import polars as pl

from visavis.datasets.union import union
from visavis.tables import DataSet


def part(name: str, attribute: str) -> DataSet:
    items = pl.DataFrame(
        {
            "id": ["photo/1", "sketch/1"],
            "path": ["/a.png", "/b.png"],
            "domain": ["photo", "sketch"],
            "label": ["1", "1"],
            "split": ["test", "test"],
            f"attr.{attribute}": [1.0, None],
        }
    )
    triplets = pl.DataFrame(
        {
            "anchor": ["sketch/1"],
            "positive": ["photo/1"],
            "negative": ["photo/1"],
            "votes": [1],
            "votes_of": [1],
        }
    )
    return DataSet(name, items, triplets, terms=f"terms of {name}")


def test_union_keeps_categories_apart() -> None:
    both = union("both", {"shoe": part("shoes", "heel"), "chair": part("chairs", "back")})
    assert both.items["id"].is_unique().all()
    assert both.items["label"].unique().sort().to_list() == ["chair:1", "shoe:1"]
    assert both.items["category"].to_list() == ["shoe", "shoe", "chair", "chair"]
    assert both.attributes == ["shoe_heel", "chair_back"]
    assert both.items["attr.shoe_heel"].to_list() == [1.0, None, None, None]
    assert both.triplets is not None
    assert both.triplets["anchor"].to_list() == ["shoe:sketch/1", "chair:sketch/1"]
    assert both.terms == "terms of shoes terms of chairs"
