"""Protocol qmul-v1: counts, folds, the tie rule, and what ground-truth attributes alone reach."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.protocol import (
    RetrievalSplit,
    category_precision,
    evaluate_scores,
    fold_split,
    folds,
    official_split,
)
from visavis.tables import DataSet, attribute_matrix

COUNTS = {"qmul-shoe-v1": (115, 115 * 45), "qmul-chair-v1": (97, 97 * 45)}


def small_set() -> DataSet:
    rows = [
        (f"{domain}/{n}", f"/{domain}{n}.png", domain, str(n), "train" if n < 10 else "test")
        for n in range(14)
        for domain in ("photo", "sketch")
    ]
    rows.append(("sketch/0-2", "/x.png", "sketch", "0", "train"))
    items = pl.DataFrame(rows, schema=["id", "path", "domain", "label", "split"], orient="row")
    triplets = pl.DataFrame(
        {
            "anchor": ["sketch/10", "sketch/10", "sketch/11", "sketch/0"],
            "positive": ["photo/10", "photo/12", "photo/13", "photo/0"],
            "negative": ["photo/11", "photo/13", "photo/11", "photo/5"],
            "votes": [1, 1, 1, 3],
            "votes_of": [1, 1, 1, 3],
        }
    )
    return DataSet("small", items, triplets)


def test_test_split_pairs_by_label() -> None:
    split = official_split(small_set(), "photo")
    assert split.queries["label"].to_list() == ["10", "11", "12", "13"]
    assert split.gallery["label"][split.truth].to_list() == split.queries["label"].to_list()
    assert split.judged.tolist() == [[0, 0, 1], [0, 2, 3], [1, 3, 1]]


def test_folds_cover_train_once_and_take_all_sketches_of_an_item() -> None:
    held = []
    for train, split in folds(small_set(), "photo"):
        own, others = set(split.gallery["label"]), set(train.items["label"])
        assert not own & others
        assert own | others == {str(n) for n in range(10)}
        held += split.gallery["label"].to_list()
        if "0" in own:
            assert split.queries["id"].to_list() == ["sketch/0", "sketch/1", "sketch/0-2"]
            assert split.judged.size == 0  # photo 5 lies in another fold
    assert sorted(held) == sorted(str(n) for n in range(10))


def test_counting_by_hand() -> None:
    split = official_split(small_set(), "photo")
    scores = np.array([[0.1, 0.2, 0.3, 0.3], [0.5, 0.5, 0.9, 0.1], [9, 9, 1, 9], [0.0, 1.0, 2.0, 3.0]])
    metrics = evaluate_scores(split, scores)
    assert metrics["acc@1"].sums.tolist() == [1, 0, 1, 0]  # the second query's truth is tied and beaten
    assert metrics["acc@10"].value == 1
    # sketch 10: 0.1 < 0.2 right, 0.3 = 0.3 a tie; sketch 11: 0.1 < 0.5 right
    assert metrics["triplet_accuracy"].sums.tolist() == [1, 1, 0, 0]
    assert metrics["triplet_accuracy"].counts.tolist() == [2, 1, 0, 0]
    assert metrics["triplet_accuracy"].value == pytest.approx(2 / 3)


def test_constant_scores_find_nothing() -> None:
    metrics = evaluate_scores(official_split(small_set(), "photo"), np.zeros((4, 4)))
    assert metrics["acc@1"].value == metrics["triplet_accuracy"].value == 0


def test_category_precision_by_hand() -> None:
    split = official_split(small_set(), "photo")
    category = pl.Series("category", ["shoe", "shoe", "chair", "chair"])
    split = RetrievalSplit(
        split.queries.with_columns(category), split.gallery.with_columns(category), split.truth, split.judged
    )
    scores = np.array([[1, 2, 3, 4], [1, 2, 1.5, 9], [1, 1, 1, 1], [4, 3, 2, 1]], dtype=float)
    precision = category_precision(split, scores, k=2)
    assert precision.sums.tolist() == [2, 1, 0, 2]  # in the third row the two others stand first
    assert precision.value == 5 / 8


def test_missing_domain_and_missing_photo_are_told() -> None:
    data = small_set()
    with pytest.raises(VisavisError, match="no item of the held-out part has domain 'edge'"):
        official_split(data, "edge")
    lonely = DataSet("lonely", data.items.filter(pl.col("id") != "photo/12"))
    with pytest.raises(VisavisError, match="sketch 'sketch/12' has label '12', but no photo"):
        official_split(lonely, "photo")


@pytest.mark.parametrize("name", COUNTS)
def test_real_counts(data_root: Path, name: str) -> None:
    data = open_dataset(name)
    split = official_split(data, "edge")
    assert (len(split.queries), len(split.judged)) == COUNTS[name]
    assert len(split.gallery) == len(split.queries)
    own = split.judged[:, 1] == split.truth[split.judged[:, 0]]
    lost = split.judged[:, 2] == split.truth[split.judged[:, 0]]
    assert own.sum() / (own | lost).sum() > 0.97  # people put the own photo first, not always


def test_ground_truth_attributes_on_chairs(data_root: Path) -> None:
    """8.2 / 49.5 / 37.1, the figures known for Hamming distance with ties wrong."""
    split = official_split(open_dataset("qmul-chair-v1"), "edge")
    split = RetrievalSplit(_with_truth(data_root, split.queries), split.gallery, split.truth, split.judged)
    sketches, photos = (attribute_matrix(side) for side in (split.queries, split.gallery))
    distances = np.abs(sketches[:, None] - photos).sum(-1)
    metrics = evaluate_scores(split, distances)
    figures = [round(100 * metrics[name].value, 1) for name in ("acc@1", "acc@10", "triplet_accuracy")]
    assert figures == [8.2, 49.5, 37.1]


def _with_truth(root: Path, queries: pl.DataFrame) -> pl.DataFrame:
    """The reader hides the attributes of test sketches; here they are put back from the file."""
    table = pl.read_csv(root / "qmul-chair-v1" / "attributes.csv")
    table = table.filter((pl.col("split") == "test") & (pl.col("kind") == "sketch")).sort("number")
    columns = [name for name in queries.columns if name.startswith("attr.")]
    truth = table.select(pl.selectors.matches(r"^a\d\d$")).rename(lambda name: columns[int(name[1:])])
    return queries.with_columns(truth)


def test_attributes_of_test_sketches_are_hidden(data_root: Path) -> None:
    for name in COUNTS:
        data = open_dataset(name)
        sketches = data.select(split="test", domain="sketch").items
        assert np.isnan(attribute_matrix(sketches)).all()
        _, held_out = fold_split(data, 0, "edge")
        assert not np.isnan(attribute_matrix(held_out.queries)).all()
