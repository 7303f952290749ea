"""Ratios of sums over queries, weighted or not, and what is summed up over seeds."""

import numpy as np
import pytest

from visavis.errors import VisavisError
from visavis.metrics import bootstrap, wilson
from visavis.metrics.evaluation import (
    Evaluation,
    PerQuery,
    gains_over_seeds,
    over_seeds,
    over_splits,
    peers_over_seeds,
)


def weighted() -> PerQuery:
    """Two strata of equal weight: 3 of 4 right, and 1 of 2."""
    weights = np.array([1 / 4] * 4 + [1 / 2] * 2)
    return PerQuery(np.array([1, 1, 1, 0, 1, 0]) * weights, weights)


def test_weights_make_the_mean_of_the_strata() -> None:
    assert weighted().value == pytest.approx((3 / 4 + 1 / 2) / 2)  # and not 4 / 6
    low, high = weighted().interval
    assert (low, high) == (bootstrap(weighted().sums, weighted().counts).low, high)
    assert 0 <= low < weighted().value < high <= 1


def test_queries_that_count_once_have_wilsons_interval() -> None:
    hits = PerQuery(np.array([1.0, 0, 1, 1]), np.ones(4))
    assert hits.interval == (wilson(3, 4).low, wilson(3, 4).high)


def test_the_scale_of_the_weights_does_not_matter() -> None:
    one = weighted()
    other = PerQuery(10 * one.sums, 10 * one.counts)
    assert other.value == pytest.approx(one.value)
    assert other.interval == pytest.approx(one.interval)


def test_seeds_keep_the_weights() -> None:
    one = weighted()
    wrong = PerQuery(0 * one.sums, one.counts)
    seeds = [Evaluation("pairs", "x", "0", {"mean_accuracy": metric}) for metric in (one, wrong)]
    assert seeds[0].n == 6
    summary = over_seeds(seeds)["mean_accuracy"]
    assert summary.mean == pytest.approx(one.value / 2)
    assert "mean_accuracy       62.50 %" in str(seeds[0])


def test_peers_are_printed_and_summed_up_as_the_metrics_are() -> None:
    one = weighted()
    worse, lost = PerQuery(one.sums / 2, one.counts), PerQuery(-one.sums, one.counts)
    seeds = [
        Evaluation("parts", "x", "0", {"iou": one}, peers={"constant box": {"iou": worse, "gain_iou": lost}}),
        Evaluation("parts", "x", "0", {"iou": one}, peers={"constant box": {"iou": one, "gain_iou": lost}}),
    ]
    assert str(seeds[0]).splitlines()[2] == "beside it: constant box"
    assert "iou                 31.25 %" in str(seeds[0]).splitlines()[3]
    peer = peers_over_seeds(seeds)["constant box"]
    assert peer["iou"].per_seed == [worse.value, one.value]
    assert peer["gain_iou"].mean == pytest.approx(-one.value)
    assert peer["gain_iou"].ci95 == pytest.approx(tuple(-end for end in one.interval[::-1]), abs=0.05)
    assert peers_over_seeds([Evaluation("pairs", "x", "0", {"iou": one})]) == {}


def test_what_was_counted_is_printed_where_it_is_not_the_queries() -> None:
    smile = PerQuery(np.array([1.0, 0]), np.ones(2))
    many = PerQuery(np.array([3.0, 1]), np.array([4.0, 4]), judged=50)
    found = Evaluation("pairs", "x", "0", {"all": weighted(), "smile": smile, "many": many}, ("a note",))
    lines = str(found).splitlines()
    assert lines[0] == "x, protocol pairs, 6 queries"
    assert [line.split("]")[1] for line in lines[1:4]] == ["", " of 2", " of 50"]
    assert lines[4:] == ["a note"]
    assert {name: metric.n for name, metric in over_seeds([found]).items()} == {
        "all": 6,
        "smile": 2,
        "many": 50,
    }


def of_split(name: str, right: int, protocol: str = "zap50k-1") -> Evaluation:
    hits = PerQuery(np.array([1.0] * right + [0.0] * (4 - right)), np.ones(4))
    return Evaluation(protocol, name, name, {"mean_accuracy": hits})


def test_splits_are_averaged_with_students_interval() -> None:
    values = [1, 2, 2, 4]
    splits = [of_split(f"zap50k-1/{k}", right) for k, right in enumerate(values, 1)]
    found = over_splits(splits)["mean_accuracy"]
    shares = np.array(values) / 4
    assert found.mean == pytest.approx(shares.mean())
    assert found.n == 16
    assert found.per_seed == shares.tolist()
    half = 3.182446 * shares.std(ddof=1) / 2  # 97.5 % quantile of Student's t with 3 degrees of freedom
    assert found.ci95 == pytest.approx((shares.mean() - half, shares.mean() + half), abs=1e-6)
    with pytest.raises(VisavisError, match="split zap50k-1/2 stands here twice"):
        over_splits([splits[1], splits[0], splits[1]])
    with pytest.raises(
        VisavisError, match=r"different protocols or data.*: zap50k-1 on osr, zap50k-1 on zap50k"
    ):
        over_splits([splits[0], of_split("osr", 1)])
    with pytest.raises(VisavisError, match="different protocols or data"):
        over_splits([splits[0], of_split("zap50k-1/2", 1, "pairs")])


def of_queries(*hits: float, weights: float = 1.0) -> Evaluation:
    """Hits or misses of queries that weigh alike."""
    counts = np.full(len(hits), weights)
    return Evaluation("pairs", "shoes", "0" * 16, {"acc@1": PerQuery(np.array(hits) * counts, counts)})


@pytest.mark.parametrize("weights", [1.0, 0.25])
def test_gains_are_paired_by_query_over_the_seeds(weights: float) -> None:
    ours = [of_queries(1, 1, 0, weights=weights), of_queries(1, 1, 1, weights=weights)]
    theirs = [of_queries(1, 0, 0, weights=weights), of_queries(0, 0, 1, weights=weights)]
    gain = gains_over_seeds(ours, theirs)["gain_acc@1"]
    assert gain.mean == pytest.approx(0.5)
    assert gain.ci95 is not None
    assert gain.ci95[0] == pytest.approx(0)  # the third query gains nothing, the second 1: drawn three times
    assert gain.ci95[1] == pytest.approx(1)


def test_no_gain_over_oneself() -> None:
    same = [of_queries(1, 0, 1)]
    assert gains_over_seeds(same, same)["gain_acc@1"].ci95 == (0, 0)
