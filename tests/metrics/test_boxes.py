"""Pointing and overlap of boxes: by hand, against counted pixels, and unmoved by scale and place."""

import numpy as np
import pytest

from visavis.metrics.boxes import intersection_over_union, points_at

UNKNOWN = np.full(4, np.nan)


@pytest.mark.parametrize(
    ("found", "iou", "pointing"),
    [
        ((0, 0, 4, 2), 1, 1),
        ((2, 0, 4, 2), 2 * 2 / (8 + 8 - 4), 1),  # its centre (4, 1) is on the border
        ((3, 0, 4, 2), 1 * 2 / (8 + 8 - 2), 0),
        ((1, 0.5, 2, 1), 2 / 8, 1),
        ((-4, -4, 12, 10), 8 / 120, 1),
        ((4, 0, 2, 2), 0, 0),  # only touches
        ((9, 9, 1, 1), 0, 0),
        ((1, 1, 0, 0), 0, 1),
    ],
)
def test_by_hand(found: tuple[float, ...], iou: float, pointing: float) -> None:
    one, truth = np.array(found, dtype=float), np.array([0.0, 0, 4, 2])
    assert intersection_over_union(one, truth) == pytest.approx(iou)
    assert intersection_over_union(truth, one) == pytest.approx(iou)
    assert points_at(one, truth) == pointing


def some_boxes(count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    corners, sizes = rng.integers(0, 20, (count, 2)), rng.integers(1, 15, (count, 2))
    return np.hstack([corners, sizes]).astype(float)


def test_overlap_is_that_of_counted_pixels() -> None:
    boxes = some_boxes(60)
    masks = np.zeros((60, 40, 40), bool)
    for mask, (x, y, w, h) in zip(masks, boxes.astype(int), strict=True):
        mask[y : y + h, x : x + w] = True
    found = intersection_over_union(boxes[:30, None], boxes[None, 30:])
    assert found.shape == (30, 30)
    for row, column in np.ndindex(30, 30):
        one, other = masks[row], masks[30 + column]
        assert found[row, column] == pytest.approx((one & other).sum() / (one | other).sum())


def test_scale_and_place_do_not_matter() -> None:
    found, truth = some_boxes(40).reshape(2, 20, 4)
    moved, moved_truth = (2.5 * boxes + np.array([-7, 30, 0, 0]) for boxes in (found, truth))
    for measure in (points_at, intersection_over_union):
        np.testing.assert_allclose(measure(moved, moved_truth), measure(found, truth))


def test_what_is_unknown_stays_so() -> None:
    boxes = np.array([[0.0, 0, 1, 1], UNKNOWN])
    for measure in (points_at, intersection_over_union):
        assert np.isnan(measure(boxes[:1], boxes)).tolist() == [False, True]
        assert np.isnan(measure(boxes, boxes[:1])).tolist() == [False, True]


def test_two_empty_boxes_share_nothing() -> None:
    assert intersection_over_union(np.zeros(4), np.zeros(4)) == 0
