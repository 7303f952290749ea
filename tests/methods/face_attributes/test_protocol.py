"""Figures of known logits, people, floors, and the protocol that is made for the data."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from visavis.errors import VisavisError
from visavis.methods.face_attributes.protocol import (
    ALIGNED,
    ANY,
    END_TO_END,
    LOCALISATION,
    TagTruth,
    default_protocol,
    majority,
)
from visavis.metrics.tags import balanced_accuracy, macro_f1, mean_accuracy
from visavis.tables import DataSet

NAMES = ["bald", "smile"]
CALIBRATION = {"slope.bald": 2.0, "offset.bald": -1.0, "threshold.bald": 0.2, "threshold.smile": 0.7}


def some_truth(people: bool) -> tuple[TagTruth, np.ndarray]:
    rng = np.random.default_rng(0)
    tags = (rng.random((60, 2)) < [0.3, 0.6]).astype(float)
    tags[rng.random((60, 2)) < 0.1] = np.nan
    labels = [f"person {n // 3}" for n in range(60)] if people else [None] * 60
    items = pl.DataFrame({"label": pl.Series(labels, dtype=pl.String)})
    return TagTruth.of(items, NAMES, tags), rng.normal(size=(60, 2)) + np.nan_to_num(tags, nan=0.5)


def test_people_are_numbered_where_all_are_known() -> None:
    labels = pl.DataFrame({"label": ["b", "a", "b", "c"]})
    people = TagTruth.of(labels, NAMES, np.zeros((4, 2))).people
    assert people is not None
    assert people.tolist() == [1, 0, 1, 2]
    gap = pl.DataFrame({"label": ["b", None, "b", "c"]})
    assert TagTruth.of(gap, NAMES, np.zeros((4, 2))).people is None


@pytest.mark.parametrize("people", [True, False])
def test_figures_are_those_of_the_metrics(people: bool) -> None:
    truth, logits = some_truth(people)
    found = truth.measure(logits, CALIBRATION)
    shares = np.stack([expit(2 * logits[:, 0] - 1), expit(logits[:, 1])], axis=1)
    for suffix, at in (("", [0.5, 0.5]), ("_at_thresholds", [0.2, 0.7])):
        for measure in (mean_accuracy, balanced_accuracy, macro_f1):
            expected = measure(shares, truth.tags, np.array(at), truth.people)
            assert found[measure.__name__ + suffix].value == pytest.approx(expected.value)
            assert found[measure.__name__ + suffix].interval == pytest.approx(expected.interval)
    for number, name in enumerate(NAMES):
        known = ~np.isnan(truth.tags[:, number])
        right = (shares[known, number] >= 0.5) == (truth.tags[known, number] == 1)
        assert found[name].value == pytest.approx(right.mean())
    assert list(found)[:3] == ["mean_accuracy", "balanced_accuracy", "macro_f1"]
    assert list(found)[-2:] == NAMES


def test_the_floor_says_what_most_images_show() -> None:
    nan = np.nan
    tags = np.array([[1, 0, 1, nan], [1, 0, nan, nan], [0, 0, 0, nan]])
    assert majority(tags, 2).tolist() == [[1, -1, 1, 1]] * 2
    truth, _ = some_truth(people=False)
    most = [max(np.nanmean(column), 1 - np.nanmean(column)) for column in truth.tags.T]
    figures = truth.measure(majority(truth.tags, 60), {})
    assert figures["mean_accuracy"].value == pytest.approx(np.mean(most))
    assert figures["balanced_accuracy"].value == pytest.approx(0.5)


def test_the_default_is_the_protocol_of_the_data() -> None:
    whole: dict[str, Any] = {"outer": {}, "reader": {}}

    def data(name: str, count: int = 10) -> DataSet:
        return DataSet(name, pl.DataFrame({"id": range(count)}))

    names = [default_protocol(data(name), whole) for name in ("celeba", "celeba-wild", "my-faces")]
    assert names == [ALIGNED, END_TO_END, ANY]
    assert default_protocol(data("celeba"), {"outer": {}}) == LOCALISATION
    assert default_protocol(data("celeba", 202_599), whole) == ANY  # all of it, in the official parts


def test_what_nobody_knows_or_shows_has_no_figure() -> None:
    tags = np.array([[1, np.nan, 1], [1, np.nan, 0], [1, np.nan, np.nan]])
    logits = np.array([[2.0, 1, 1], [-1, 1, 1], [3, 1, -1]])
    found = TagTruth(["a", "b", "c"], tags, None).measure(logits, {})
    assert {name for name in found if len(name) == 1} == {"a", "c"}
    assert found["mean_accuracy"].value == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["balanced_accuracy"].value == pytest.approx(0.5)  # that of c
    alike = TagTruth(["a", "b"], tags[:, :2], None).measure(logits[:, :2], {})
    assert not any("balanced" in name for name in alike)
    assert alike["a"].value == alike["mean_accuracy"].value == pytest.approx(2 / 3)
    with pytest.raises(VisavisError, match="No attribute has the tags"):
        TagTruth(["b"], tags[:, 1:2], None).measure(logits[:, 1:2], {})
