"""Several categories as one data set: one gallery for all of them."""

import polars as pl

from visavis.tables import ATTRIBUTE, DataSet


def union(name: str, parts: dict[str, DataSet]) -> DataSet:
    """Put data sets together; `parts` names the category of each, kept in the column `category`.

    Ids and labels get the category in front ("shoe:12"), so that shoe 12 and chair 12 stay apart. An
    attribute of one category is unknown for the others.
    """
    items = pl.concat([_marked(part.items, category) for category, part in parts.items()], how="diagonal")
    triplets = [
        part.triplets.with_columns((category + ":" + pl.col("anchor", "positive", "negative")).name.keep())
        for category, part in parts.items()
        if part.triplets is not None
    ]
    terms = " ".join(dict.fromkeys(part.terms for part in parts.values()))
    return DataSet(name, items, pl.concat(triplets) if triplets else None, terms=terms)


def _marked(items: pl.DataFrame, category: str) -> pl.DataFrame:
    attributes = {
        column: f"{ATTRIBUTE}{category}_{column.removeprefix(ATTRIBUTE)}"
        for column in items.columns
        if column.startswith(ATTRIBUTE)
    }
    return items.rename(attributes).with_columns(
        (category + ":" + pl.col("id", "label")).name.keep(), category=pl.lit(category)
    )
