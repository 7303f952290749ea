"""Every baseline learns from rendered shoes, and on the chairs learning beats plain HOG."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.baselines import (
    BASELINES,
    evaluate_baseline,
    ground_truth_attributes,
    hog_wccn,
)
from visavis.methods.sketch_retrieval.protocol import evaluate_scores, fold_split, official_split
from visavis.tables import DataSet


@pytest.fixture(scope="module")
def rendered(cache: Path) -> DataSet:
    return open_dataset("rendered-shoes-60")


@pytest.mark.parametrize("name", BASELINES)
def test_beats_chance_on_rendered_shoes(rendered: DataSet, name: str) -> None:
    evaluation = evaluate_baseline(BASELINES[name], rendered, "test-split")
    gallery = len(official_split(rendered, "photo").gallery)
    assert evaluation.protocol == "test-split"
    assert evaluation.metrics["acc@1"].value > 2 / gallery


def test_attributes_differ_where_both_are_known() -> None:
    labels: list[tuple[str, list[float | None]]] = [
        ("sketch/1", [1.0, 0.0, None]),
        ("photo/1", [1.0, 1.0, 1.0]),
        ("photo/2", [None, 0.0, 1.0]),
    ]
    rows = [
        (name, f"/{name}.png", name.split("/")[0], name.split("/")[1], "test", *known)
        for name, known in labels
    ]
    columns = ["id", "path", "domain", "label", "split", "attr.a", "attr.b", "attr.c"]
    data = DataSet("labelled", pl.DataFrame(rows, schema=columns, orient="row"))
    scores = ground_truth_attributes(data, official_split(data, "photo"))
    assert scores.tolist() == [[1, 0]]


def test_sketches_without_attributes_are_told(rendered: DataSet) -> None:
    with pytest.raises(VisavisError, match=r"rendered-shoes-60: sketch 'sketch/.+' has no known attribute"):
        ground_truth_attributes(rendered, official_split(rendered, "photo"))


def test_training_without_pairs_is_told(rendered: DataSet) -> None:
    labels = pl.when(pl.col("domain") == "sketch").then(pl.col("label") + "?").otherwise("label")
    train = DataSet("apart", rendered.select(split="train").items.with_columns(label=labels))
    with pytest.raises(VisavisError, match="apart: no training sketch has the label of a training photo"):
        hog_wccn(train, official_split(rendered, "photo"))


def test_wccn_gains_on_held_out_chairs(data_root: Path) -> None:
    train, split = fold_split(open_dataset("qmul-chair-v1"), 1, "edge")
    plain, learned = (
        evaluate_scores(split, BASELINES[name](train, split)) for name in ("HOG cosine", "HOG + WCCN")
    )
    assert learned["acc@1"].value >= plain["acc@1"].value + 0.05
    assert np.mean(learned["acc@10"].sums) == 1
