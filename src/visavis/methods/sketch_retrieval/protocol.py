"""Protocols of fine-grained sketch retrieval: who searches whom, and how it is counted.

`qmul-v1` (Yu et al., CVPR 2016; Song et al., BMVC 2016): every test sketch searches the photos of the
whole test split, each photo standing as its edge map; acc@1, acc@10 and the share of human comparisons
ordered as people did. Ties count as wrong. `qmul-v1-photos` searches the RGB photos instead, `qmul-v1-both`
both forms at once.
Validation takes five folds of the training items by number; every sketch of a held-out item is a query.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from visavis.errors import VisavisError
from visavis.folds import FOLDS, held_out_labels
from visavis.metrics.evaluation import PerQuery
from visavis.metrics.ranking import ranks
from visavis.tables import DataSet


class Protocol(NamedTuple):
    """In which forms photos stand in the gallery (scores are averaged), and how many views are compared."""

    gallery_domains: tuple[str, ...]
    views: int


PROTOCOLS = {
    "qmul-v1": Protocol(("edge",), 1),
    "qmul-v1-photos": Protocol(("photo",), 1),
    "qmul-v1-both": Protocol(("edge", "photo"), 1),
    "qmul-v1-10-views": Protocol(("edge",), 10),
    "category": Protocol(("edge",), 1),  # one gallery of several categories, data qmul-v1
    "test-split": Protocol(("photo",), 1),  # the same count on a user's own or rendered data
}


@dataclass(frozen=True)
class RetrievalSplit:
    """Queries and gallery of one evaluation.

    `truth` (Q,) is the gallery row of each query's own photo; `judged` (T, 3) holds comparisons as
    (query row, closer gallery row, farther gallery row).
    """

    queries: pl.DataFrame
    gallery: pl.DataFrame
    truth: Int[np.ndarray, " Q"]
    judged: Int[np.ndarray, "T 3"]


def official_split(data: DataSet, gallery_domain: str) -> RetrievalSplit:
    """The whole test split: its sketches against all its items of `gallery_domain`."""
    return _split(data, data.select(split="test"), gallery_domain)


def fold_split(data: DataSet, fold: int, gallery_domain: str) -> tuple[DataSet, RetrievalSplit]:
    """Hold out one of five blocks of training labels.

    Returns the remaining training data and the split made of the held-out labels.
    """
    train = data.select(split="train")
    held_out = held_out_labels(data.items, fold)
    kept = train.items.filter(~pl.col("label").is_in(held_out))["label"].unique().to_list()
    return train.select(label=kept), _split(data, train.select(label=held_out), gallery_domain)


def folds(data: DataSet, gallery_domain: str) -> Iterator[tuple[DataSet, RetrievalSplit]]:
    """All five held-out folds, in order."""
    return (fold_split(data, fold, gallery_domain) for fold in range(FOLDS))


def evaluate_scores(split: RetrievalSplit, scores: Float[np.ndarray, "Q N"]) -> dict[str, PerQuery]:
    """Count a score matrix (lower = closer) under the tie rule: acc@1, acc@10, triplet accuracy.

    The comparisons of one sketch depend on each other, so they are summed by sketch.
    """
    query_ranks = ranks(scores, split.truth)
    queries = len(query_ranks)
    metrics = {f"acc@{k}": PerQuery((query_ranks <= k).astype(float), np.ones(queries)) for k in (1, 10)}
    if len(split.judged):
        query, closer, farther = split.judged.T
        correct = scores[query, closer] < scores[query, farther]
        counts = np.bincount(query, minlength=queries).astype(float)
        metrics["triplet_accuracy"] = PerQuery(np.bincount(query, correct, queries), counts)
    return metrics


def category_precision(split: RetrievalSplit, scores: Float[np.ndarray, "Q N"], k: int = 10) -> PerQuery:
    """precision@k of the category in a mixed gallery: category-level retrieval beside the fine-grained.

    Ties count as wrong: at equal scores photos of other categories stand first.
    """
    same = split.queries["category"].to_numpy()[:, None] == split.gallery["category"].to_numpy()
    nearest = np.lexsort((same, scores), axis=1)[:, :k]
    hits = np.take_along_axis(same, nearest, axis=1).sum(axis=1)
    return PerQuery(hits.astype(float), np.full(len(hits), float(k)))


def _split(data: DataSet, part: DataSet, gallery_domain: str) -> RetrievalSplit:
    queries = part.items.filter(pl.col("domain") == "sketch")
    gallery = part.items.filter(pl.col("domain") == gallery_domain)
    for name, side in (("sketch", queries), (gallery_domain, gallery)):
        if side.is_empty():
            raise VisavisError(
                f"{data.name}: nothing to evaluate, because no item of the held-out part has domain "
                f"'{name}'; give some rows domain '{name}' and split 'test'"
            )
    labels = gallery["label"].drop_nulls()
    if len(twice := labels.filter(labels.is_duplicated())):
        raise VisavisError(
            f"{data.name}: several items of domain '{gallery_domain}' have the label '{twice[0]}', but a "
            f"sketch means one photo; leave only one of them in the held-out part"
        )
    row_of = {label: row for row, label in enumerate(gallery["label"]) if label is not None}
    missing = queries.filter(pl.col("label").is_null() | ~pl.col("label").is_in(list(row_of)))
    if len(missing):
        label = "no label" if missing["label"][0] is None else f"label '{missing['label'][0]}'"
        raise VisavisError(
            f"{data.name}: sketch '{missing['id'][0]}' has {label}, but no {gallery_domain} of the same part "
            f"has it; add that photo, give both the same label, or leave the sketch out"
        )
    truth = np.array([row_of[label] for label in queries["label"]])
    return RetrievalSplit(queries, gallery, truth, _judged(part, queries, row_of))


def _judged(part: DataSet, queries: pl.DataFrame, row_of: dict[str, int]) -> Int[np.ndarray, "T 3"]:
    """Human comparisons as rows; a photo that stands in the gallery as its edge map is found by label."""
    if part.triplets is None:
        return np.empty((0, 3), dtype=np.int64)
    label_of = dict(zip(part.items["id"], part.items["label"], strict=True))
    query_row = {name: row for row, name in enumerate(queries["id"])}
    comparisons = part.triplets.select("anchor", "positive", "negative").iter_rows()
    rows = []
    for anchor, closer, farther in comparisons:
        if anchor not in query_row:
            raise VisavisError(
                f"triplets: anchor '{anchor}' is no sketch; an anchor is the sketch that was judged"
            )
        if unknown := [name for name in (closer, farther) if label_of[name] not in row_of]:
            raise VisavisError(f"triplets: '{unknown[0]}' is no photo with a label of the same part")
        rows.append((query_row[anchor], row_of[label_of[closer]], row_of[label_of[farther]]))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)
