"""Protocols: the counts of the real set, the mean over attributes, ties, votes and equal pairs."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis.bundle import Bundle
from visavis.datasets import lfw10, open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.data import Pairs, pairs_of
from visavis.methods.relative_attributes.evaluation import count, default_protocol, evaluate
from visavis.methods.relative_attributes.protocol import accuracies, mean_accuracy
from visavis.methods.relative_attributes.ranker import AttributeRanker

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
    swapped = Pairs(
        pairs.items, pairs.names, pairs.second, pairs.first, pairs.attribute, 1 - pairs.target, pairs.votes
    )
    for name, one in accuracies(pairs, scores).items():
        assert np.array_equal(one.sums, accuracies(swapped, scores)[name].sums)
    assert mean_accuracy(accuracies(pairs, np.zeros_like(scores))).value == 0


def test_no_pair_to_count_is_told() -> None:
    pairs, scores = made_up()
    with pytest.raises(VisavisError, match="no pair counts: none is both ordered and of enough votes"):
        count(pairs.take(np.array([5, 6])), scores, "pairs")
    with pytest.raises(VisavisError, match="protocol 'pairs' needs no votes"):
        count(pairs.take(np.array([3])), scores, "lfw10")


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
    with pytest.raises(VisavisError, match="protocol 'lfw' is unknown; use one of lfw10, pairs"):
        evaluate(tiny_bundle, None, "lfw")
    with pytest.raises(VisavisError, match="no pair counts"):  # nobody voted on rendered shoes
        evaluate(tiny_bundle, None, "lfw10")
