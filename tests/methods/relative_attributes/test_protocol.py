"""Protocols: the counts of the real set, the mean over attributes, ties, votes and equal pairs."""

import csv
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.datasets.test_zap50k import write_zappos
from visavis.bundle import Bundle
from visavis.datasets import lfw10, open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes import evaluation
from visavis.methods.relative_attributes.data import Pairs, pairs_of
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.model import Judgement
from visavis.methods.relative_attributes.protocol import (
    PROTOCOLS,
    accuracies,
    choose_pairs,
    choose_protocol,
    count,
    default_protocol,
    mean_accuracy,
)
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.metrics.evaluation import Evaluation
from visavis.tables import DataSet

AGREED = {
    "baldhead": 215,
    "darkhair": 264,
    "eyesopen": 95,
    "goodlooking": 270,
    "masculinelooking": 139,
    "mouthopen": 241,
    "smile": 273,
    "v_teeth": 269,
    "vforehead": 189,
    "young": 392,
}


def made_up() -> tuple[Pairs, np.ndarray]:
    """Four pairs of one attribute, one of another, an equal pair of each; photo n has strengths n and -n."""
    items = pl.DataFrame({"id": [f"p{n}" for n in range(4)]})
    pairs = Pairs(
        items,
        ["wide", "tall"],
        first=np.array([1, 0, 3, 2, 1, 0, 0]),
        second=np.array([0, 2, 3, 3, 2, 1, 3]),
        attribute=np.array([0, 0, 0, 0, 1, 0, 1]),
        target=np.array([1, 0, 1, 1, 1, 0.5, 0.5]),
        votes=np.array([5, 3, 4, 2, 3, 5, -1]),
    )
    return pairs, np.stack([np.arange(4.0), -np.arange(4.0)], axis=1)


def test_counting_by_hand() -> None:
    pairs, scores = made_up()
    found = accuracies(pairs, scores)
    # 1 > 0 right, 0 < 2 right, 3 = 3 a tie, 2 > 3 wrong; the other attribute: -1 > -2 right
    assert found["wide"].sums.tolist() == [1, 1, 0, 0]
    assert found["tall"].sums.tolist() == [1]
    assert mean_accuracy(found).value == pytest.approx((2 / 4 + 1) / 2)  # and not 3 / 5
    agreed = accuracies(pairs, scores, votes=3)
    assert agreed["wide"].sums.tolist() == [1, 1, 0]
    assert mean_accuracy(agreed).value == pytest.approx((2 / 3 + 1) / 2)
    low, high = mean_accuracy(agreed).interval
    assert 0 <= low <= (2 / 3 + 1) / 2 <= high <= 1


def test_metrics_of_the_protocols() -> None:
    pairs, scores = made_up()
    metrics = count(pairs, scores, "lfw10")
    assert [*metrics] == ["mean_accuracy", "wide", "tall", "mean_accuracy_2_votes", "mean_accuracy_all"]
    assert [len(one.sums) for one in metrics.values()] == [4, 3, 1, 5, 5]
    assert metrics["mean_accuracy_2_votes"].value == metrics["mean_accuracy_all"].value == 0.75
    assert [*count(pairs, scores, "pairs")] == ["mean_accuracy", "wide", "tall"]


def test_swapping_a_pair_changes_nothing_and_constant_scores_find_nothing() -> None:
    pairs, scores = made_up()
    swapped = replace(pairs, first=pairs.second, second=pairs.first, target=1 - pairs.target)
    for name, one in accuracies(pairs, scores).items():
        assert np.array_equal(one.sums, accuracies(swapped, scores)[name].sums)
    assert mean_accuracy(accuracies(pairs, np.zeros_like(scores))).value == 0


def test_an_attribute_without_a_pair_to_count_is_told() -> None:
    pairs, scores = made_up()
    with pytest.raises(VisavisError, match="attribute 'tall' has no ordered pair to be counted"):
        count(pairs.take(np.array([0, 5, 6])), scores, "pairs")
    with pytest.raises(VisavisError, match="attribute 'wide' has no ordered pair with 3 agreeing votes"):
        count(pairs.take(np.array([3, 4])), scores, "lfw10")


@pytest.mark.parametrize(
    ("name", "ordered", "protocol"),
    [
        ("lfw10", False, "lfw10"),
        ("zap50k-1", False, "zap50k-1"),
        ("zap50k-1/7", False, "zap50k-1"),
        ("osr", True, "osr"),
        ("pubfig", True, "pubfig"),
        ("qmul-shoe-orders", True, "shoe-order"),
        ("osr", False, "pairs"),  # a user's osr.csv
        ("mine", False, "pairs"),
    ],
)
def test_the_protocol_is_that_of_the_data(name: str, ordered: bool, protocol: str) -> None:
    data = DataSet(name, pl.DataFrame(), orders=pl.DataFrame() if ordered else None)
    assert (
        default_protocol(data) == choose_protocol(data, None) == choose_protocol(data, protocol) == protocol
    )
    others = {"lfw10", "pairs"} - {protocol}
    for other in others:
        if not ordered:
            assert choose_protocol(data, other) == other
    for other in {"zap50k-1", "osr", "pubfig", "shoe-order", *(others if ordered else ())} - {protocol}:
        with pytest.raises(VisavisError, match=f"protocol '{other}' does not fit {name}; use '{protocol}'"):
            choose_protocol(data, other)


def test_real_counts(data_root: Path) -> None:
    """Pairs with at least three, two and any number of agreeing annotators; a perfect ranker is right."""
    data = open_dataset("lfw10")
    assert default_protocol(data) == "lfw10"
    pairs = pairs_of(data, "test")
    assert pairs.names == sorted(lfw10.ATTRIBUTES)
    metrics = count(pairs, np.random.default_rng(0).normal(size=(len(pairs.items), 10)), "lfw10")
    assert {name: len(metrics[name].sums) for name in pairs.names} == AGREED
    means = [metrics[f"mean_accuracy{suffix}"] for suffix in ("", "_2_votes", "_all")]
    assert [len(mean.sums) for mean in means] == [2347, 3611, 4688]
    assert means[0].value == pytest.approx(np.mean([metrics[name].value for name in pairs.names]))
    assert means[0].value == pytest.approx(0.5, abs=0.05)
    assert "young" in (printed := str(Evaluation("lfw10", "lfw10", "", metrics)))
    assert printed.splitlines()[0] == "lfw10, protocol lfw10, 2347 queries"
    assert [int(line.split()[-1]) for line in printed.splitlines() if " of " in line] == [
        *(AGREED[name] for name in pairs.names),
        3611,
        4688,
    ]
    ordered = pairs_of(data, "train", ["smile"])
    assert ((ordered.target != 0.5).sum(), (ordered.target == 0.5).sum()) == (328, 172)


def test_evaluation_counts_the_scores_that_the_ranker_gives(tiny_bundle: Bundle) -> None:
    found = evaluate(tiny_bundle, None, None)
    assert (found.protocol, found.data) == ("pairs", "rendered-shoes-40")
    assert [*found.metrics] == ["mean_accuracy", "heel_height", "shaft_height"]
    pairs = pairs_of(open_dataset("rendered-shoes-40"), "test", tiny_bundle.config.labels)
    scores = AttributeRanker(tiny_bundle).scores(pairs.items).numpy()
    right = 0.0
    for number in range(2):
        rows = [
            row for row in range(len(pairs)) if pairs.attribute[row] == number and pairs.target[row] != 0.5
        ]
        hits = [
            (scores[pairs.first[row], number] - scores[pairs.second[row], number]) * (pairs.target[row] - 0.5)
            > 0
            for row in rows
        ]
        right += float(np.mean(hits)) / 2
    assert found.metrics["mean_accuracy"].value == pytest.approx(right)


def test_evaluation_refuses(tiny_bundle: Bundle) -> None:
    with pytest.raises(
        VisavisError, match="protocol 'lfw' is unknown; use one of lfw10, lfw10-10-views, zap50k-1, osr, "
    ):
        evaluate(tiny_bundle, None, "lfw")
    with pytest.raises(VisavisError, match="counts pairs by their votes, and rendered-shoes-40 has none"):
        evaluate(tiny_bundle, None, "lfw10")


def test_a_split_of_zap50k_in_its_official_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATA", str(write_zappos(tmp_path)))
    first, second = open_dataset("zap50k-1"), open_dataset("zap50k-1/2")
    names = ["comfort", "open", "pointy", "sporty"]
    test = choose_pairs(second, names, "zap50k-1")  # of each attribute photo 1 is more than photo 2
    scores = np.array([[1.0, 0, 3, 2], [0, 1, 1, 2]])
    metrics = count(test, scores, "zap50k-1")
    assert [metrics[name].value for name in ("mean_accuracy", *names)] == [0.5, 1, 0, 1, 0]
    with pytest.raises(
        VisavisError, match="'lfw10' counts pairs by their votes, and zap50k-1/2 has none; use"
    ):
        choose_pairs(second, names, "lfw10")
    equal = choose_pairs(first, ["open"], "zap50k-1")  # its only test pair
    with pytest.raises(VisavisError, match="attribute 'open' has no ordered pair to be counted"):
        count(equal, np.zeros((2, 1)), "zap50k-1")


def test_a_model_is_not_measured_on_another_split(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoes = replace(open_dataset("rendered-shoes-40"), name="rendered-shoes-40/2")
    monkeypatch.setattr(evaluation, "open_dataset", lambda name: shoes)
    with pytest.raises(VisavisError, match="was trained on test pairs of rendered-shoes-40/2; measure it on"):
        evaluate(tiny_bundle, "rendered-shoes-40/2", None)


def test_real_shoes_and_their_classes(data_root: Path) -> None:
    """All ordered pairs of 115 test photos by pandas-free counting of attributes.csv."""
    data = open_dataset("qmul-shoe-orders")
    assert dict(data.items.group_by("split").len().iter_rows()) == {"train": 304, "test": 115}
    train = pairs_of(data, "train")
    assert train.names == ["heel_height", "shaft_height"]
    assert np.bincount(train.attribute).tolist() == [10_000, 10_000]
    assert set(train.items["split"]) == {"train"}
    test = choose_pairs(data, train.names, "shoe-order")
    scores = np.random.default_rng(0).normal(size=(115, 2))
    metrics = count(test, scores, "shoe-order")
    assert [*metrics] == ["mean_accuracy", *train.names]
    with open(data_root / "qmul-shoe-v1" / "attributes.csv", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if (row["kind"], row["split"]) == ("photo", "test")]
    for name, groups in {
        "heel_height": (["a04"], ["a05"], ["a06"]),
        "shaft_height": (["a12", "a13", "a14"], ["a15"], ["a16"]),
    }.items():
        sizes = [sum(any(row[column] == "1" for column in group) for row in rows) for group in groups]
        assert sum(sizes) == 115
        assert metrics[name].n == sum(one * other for one, other in combinations(sizes, 2))
    assert metrics["mean_accuracy"].n == metrics["heel_height"].n + metrics["shaft_height"].n


def test_ten_views_are_a_protocol_of_their_own(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []
    judge = AttributeRanker.judge

    def watched(ranker: AttributeRanker, paths: list[str], views: int | None = None) -> Judgement:
        asked.append(views)
        return judge(ranker, paths, views)

    monkeypatch.setattr(AttributeRanker, "judge", watched)
    pairs = PROTOCOLS["pairs"]
    monkeypatch.setitem(PROTOCOLS, "pairs", replace(pairs, views=10))
    evaluate(tiny_bundle, None, None)
    assert asked == [10]
    tight = replace(
        tiny_bundle,
        config=tiny_bundle.config.model_copy(update={"settings": tiny_bundle.config.settings | {"page": 96}}),
    )
    with pytest.raises(VisavisError, match=r"keeps photos of 96 px, .* larger model\.page to measure ten"):
        AttributeRanker(tight).judge(["nowhere.jpg"], 10)
