"""All pairs of ordered classes, against a plain loop, and an interval against drawing photos by hand."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.io import savemat

from tests.datasets.mat import cells
from visavis.datasets import class_orders, open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.class_pairs import (
    ClassPairs,
    class_accuracies,
    count_pairs,
    mean_over_photos,
)
from visavis.methods.relative_attributes.data import pairs_of
from visavis.methods.relative_attributes.protocol import choose_pairs, count, default_protocol


def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ranks with gaps, and scores of few values so that there are ties."""
    rng = np.random.default_rng(seed)
    ranks = rng.choice([-3.0, 1.0, 2.0, 7.0, np.nan], n)
    return ranks, np.nan_to_num(ranks) + rng.integers(-4, 5, n)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, 25])
@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_a_loop(n: int, seed: int) -> None:
    ranks, scores = drawn(n, seed)
    right, there_are = np.zeros(n, int), np.zeros(n, int)
    for i, j in combinations(range(n), 2):
        if ranks[i] < ranks[j] or ranks[i] > ranks[j]:
            there_are[[i, j]] += 1
            right[[i, j]] += (scores[i] - scores[j]) * (ranks[i] - ranks[j]) > 0
    found = count_pairs(ranks, scores)
    assert np.array_equal(found[0], right)
    assert np.array_equal(found[1], there_are)


def photos(*ranks: np.ndarray) -> ClassPairs:
    return ClassPairs(
        pl.DataFrame({"id": range(len(ranks[0]))}), [f"k{n}" for n in range(len(ranks))], np.stack(ranks, 1)
    )


def test_accuracies_and_their_mean() -> None:
    (one, of_one), (other, of_other) = drawn(40, 0), drawn(40, 1)
    other[:30] = np.nan
    found = class_accuracies(photos(one, other), np.stack([of_one, of_other], 1))
    for metric, ranks, scores in zip(found.values(), (one, other), (of_one, of_other), strict=True):
        right, there_are = count_pairs(ranks, scores)
        assert metric.n == there_are.sum() / 2
        assert metric.value == pytest.approx(right.sum() / there_are.sum())
    mean = mean_over_photos(list(found.values()))
    assert mean.value == pytest.approx(sum(metric.value for metric in found.values()) / 2)
    assert mean.n == sum(metric.n for metric in found.values())
    low, high = mean.interval
    assert low < mean.value < high


def test_perfect_and_constant_scores() -> None:
    ranks, _ = drawn(30, 2)
    for scores, value in ((np.nan_to_num(ranks), 1), (np.zeros(30), 0)):
        metric = class_accuracies(photos(ranks), scores[:, None])["k0"]
        assert metric.value == value
        assert metric.interval == (value, value)


def test_the_interval_is_that_of_drawing_photos() -> None:
    """Each draw counts the pairs of the photos drawn, as often as both were."""
    rng = np.random.default_rng(5)
    ranks = rng.integers(0, 3, 120).astype(float)
    scores = ranks + rng.normal(0, 1.5, 120)
    above = ranks[:, None] > ranks[None]
    right = above & (scores[:, None] > scores[None])
    times = rng.multinomial(120, np.full(120, 1 / 120), size=1500).astype(float)
    shares = np.einsum("ri,ij,rj->r", times, right, times, optimize=True) / np.einsum(
        "ri,ij,rj->r", times, above, times, optimize=True
    )
    low, high = class_accuracies(photos(ranks), scores[:, None])["k0"].interval
    assert high - low == pytest.approx(np.subtract(*np.quantile(shares, [0.975, 0.025])), rel=0.1)
    assert (low + high) / 2 == pytest.approx(np.quantile(shares, [0.025, 0.975]).mean(), abs=0.01)


def test_an_attribute_of_one_rank_is_refused() -> None:
    with pytest.raises(VisavisError, match="'k0' has no ordered pair to be counted: its photos are all of"):
        class_accuracies(photos(np.ones(3)), np.zeros((3, 1)))


@pytest.mark.parametrize("name", ["osr", "pubfig"])
def test_official_layouts(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five images of three classes, two to train with: training pairs, test photos, protocol and counts."""
    files = [f"{n}.jpg" for n in range(5)]
    images = tmp_path / name / {"osr": class_orders._IMAGES["osr"], "pubfig": "images"}[name]
    images.mkdir(parents=True)
    for file in files:
        (images / file).touch()
    variables = {
        "class_labels": np.array([1, 2, 2, 3, 1]),
        "class_names": cells(["sea", "street", "wood"]),
        "attribute_names": cells(["natural", "open"]),
        "relative_ordering": np.array([[2, 1, 2], [3, 2, 1]]),
        "im_names": cells(files),
        "used_for_training": np.array([1, 1, 0, 0, 0]),
    }
    savemat(tmp_path / name / "data.mat", variables)
    monkeypatch.setenv("VISAVIS_DATA", str(tmp_path))
    data = open_dataset(name)
    train = pairs_of(data, "train")
    assert (train.names, len(train)) == (["natural", "open"], 2)
    assert default_protocol(data) == name
    test = choose_pairs(data, ["open", "natural"], name)
    assert test.items["id"].to_list() == files[2:]
    # open: sea > street > wood; natural: sea and wood > street
    metrics = count(test, np.array([[2.0, 0], [1, 5], [3, 5]]), name)
    assert {key: (metric.value, metric.n) for key, metric in metrics.items()} == {
        "mean_accuracy": (1, 5),
        "open": (1, 3),
        "natural": (1, 2),
    }
    with pytest.raises(
        VisavisError, match=re.escape(f"{name}: no classes are ordered by 'wet'; there are natural, open")
    ):
        choose_pairs(data, ["wet"], name)
