"""Arms side by side: what is pooled, what is gained, what is drawn."""

from pathlib import Path

import numpy as np
import pytest

from visavis import images
from visavis.bundle import Bundle
from visavis.methods.sketch_retrieval import comparison
from visavis.methods.sketch_retrieval.comparison import draw_comparison, pooled
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.tables import DataSet


def evaluation(*hits: float, data: str = "shoes") -> Evaluation:
    return Evaluation(
        "qmul-v1", data, "0" * 16, {"acc@1": PerQuery(np.array(hits, dtype=float), np.ones(len(hits)))}
    )


def test_pooling_counts_the_queries_of_all_sets_together(monkeypatch: pytest.MonkeyPatch) -> None:
    class Union(DataSet):
        def digest(self) -> str:
            return "f" * 16

    monkeypatch.setattr(comparison, "open_dataset", lambda name: Union(name, None))  # type: ignore[arg-type]
    both = pooled("qmul-v1", [evaluation(1, 0, 0), evaluation(1, data="chairs")])
    assert (both.data, both.data_digest, both.n) == ("qmul-v1", "f" * 16, 4)
    assert both.metrics["acc@1"].value == 0.5


def test_one_set_is_left_as_it_is() -> None:
    one = evaluation(1, 0)
    assert pooled("shoes", [one]) is one


def test_picture_has_a_row_for_each_model_and_query(tiny_bundle: Bundle, tmp_path: Path) -> None:
    draw_comparison({"three tasks": tiny_bundle}, tmp_path / "one.png")
    draw_comparison({"three tasks": tiny_bundle, "triplet only": tiny_bundle}, tmp_path / "two.png")
    one, two = (images.load(tmp_path / name) for name in ("one.png", "two.png"))
    assert two.shape == (2 * one.shape[0], *one.shape[1:])
