"""Finding one thing an image: recall by overlap, and recall against false positives per image.

Boxes are x, y, w, h; a NaN box, overlap or score is one of an image in which nothing was found.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from visavis.errors import VisavisError
from visavis.metrics.boxes import intersection_over_union
from visavis.metrics.evaluation import PerQuery

OVERLAPS = (0.3, 0.5, 0.7)
RATES = (0.01, 0.1)  # false positives per image
ENOUGH = 0.5  # of overlap, for a true positive of the curve


class RecallCurve(NamedTuple):
    """Recall and false positives per image while the threshold falls from infinity through T - 1 scores."""

    thresholds: Float[np.ndarray, " T"]
    false_positives: Float[np.ndarray, " T"]
    recall: Float[np.ndarray, " T"]


def recall_by_overlap(
    found: Float[np.ndarray, "N 4"], truth: Float[np.ndarray, "N 4"], overlaps: Sequence[float] = OVERLAPS
) -> dict[str, PerQuery]:
    """`recall@O` for each overlap O: share of images whose box has an intersection over union of at least O.

    Raises:
        VisavisError: there is no image, or the true box of one is unknown.
    """
    if not len(truth) or np.isnan(truth).any():
        raise VisavisError("Recall needs images, and the true box of each; leave out those without.")
    overlap = intersection_over_union(found, truth)
    return {
        f"recall@{least:g}": PerQuery((overlap >= least) * 1.0, np.ones(len(truth))) for least in overlaps
    }


def matches(found: Float[np.ndarray, "F 4"], truth: Float[np.ndarray, "T 4"]) -> Bool[np.ndarray, " F"]:
    """Which of the boxes found in an image with several things are right: one for each thing at most.

    In their order, the surest first, each takes the thing that it overlaps most, of those that are not taken
    yet, if by an intersection over union of `ENOUGH`.

    >>> matches(np.array([[0.0, 0, 4, 4], [0, 0, 4, 3], [9, 9, 1, 1]]), np.array([[0.0, 0, 4, 4]])).tolist()
    [True, False, False]
    """
    overlap = intersection_over_union(found[:, None], truth[None])
    right = np.zeros(len(found), bool)
    for number, row in enumerate(overlap):
        if row.max(initial=0.0) >= ENOUGH:
            right[number] = True
            overlap[:, row.argmax()] = 0  # it is taken
    return right


def recall_curve(
    scores: Float[np.ndarray, " N"],
    overlaps: Float[np.ndarray, " N"],
    scores_without: Float[np.ndarray, " M"],
) -> RecallCurve:
    """What the windows found in N images with one face and in M without give at every threshold.

    At a threshold, found are the windows whose score is at least it. One with an overlap of `ENOUGH` on an
    image with a face is a true positive, any other a false one. Recall is true positives / N, and false
    positives are counted per image of the N + M. Equal scores step together.

    >>> curve = recall_curve(np.array([0.9, 0.7]), np.array([0.8, 0.1]), np.array([0.7, 0.2]))
    >>> curve.false_positives.tolist(), curve.recall.tolist()
    ([0.0, 0.0, 0.5, 0.75], [0.0, 0.5, 0.5, 0.5])

    Args:
        scores, scores_without: of the window of each image, higher for a face; NaN where there is none.
        overlaps: intersection over union of the window with the face.

    Raises:
        VisavisError: there is no image with a face.
    """
    if not len(scores):
        raise VisavisError("A curve of recall needs images with a face; check that the split has some.")
    every = np.append(scores, scores_without)
    right = np.append(overlaps >= ENOUGH, np.zeros(len(scores_without), bool))
    thresholds = np.unique(every[~np.isnan(every)])[::-1]
    hits, mistakes = (
        np.searchsorted(np.sort(-every[side]), -thresholds, side="right") for side in (right, ~right)
    )
    return RecallCurve(
        np.append(np.inf, thresholds),
        np.append(0.0, mistakes / len(every)),
        np.append(0.0, hits / len(scores)),
    )


def threshold_at(curve: RecallCurve, rate: float) -> float:
    """The lowest threshold of a curve with at most so many false positives per image."""
    return float(curve.thresholds[np.searchsorted(curve.false_positives, rate, side="right") - 1])


def recall_at(curve: RecallCurve, rate: float) -> float:
    """The highest recall of a curve with at most so many false positives per image."""
    return float(curve.recall[np.searchsorted(curve.false_positives, rate, side="right") - 1])


def recall_by_rate(
    scores: Float[np.ndarray, " N"],
    overlaps: Float[np.ndarray, " N"],
    scores_without: Float[np.ndarray, " M"],
    rates: Sequence[float] = RATES,
) -> dict[str, PerQuery]:
    """`recall@Rfppi` for each rate R of false positives per image: `recall_at` of the `recall_curve`.

    The interval is over all images, also those without a face: other ones give another threshold at the same
    rate, which matters at a low one. As in `metrics.tags` it is that of the linear part, in which a false
    positive moves recall by the slope of the curve about the rate.
    """
    curve = recall_curve(scores, overlaps, scores_without)
    without = np.zeros(len(scores_without), bool)
    face, right = np.append(np.ones(len(scores), bool), without), np.append(overlaps >= ENOUGH, without)
    images = len(face)
    metrics = {}
    for rate in rates:
        found = np.append(scores, scores_without) >= threshold_at(curve, rate)
        recall = recall_at(curve, rate)
        error = np.sqrt(max(rate, 1 / images) / images)  # standard error of a rate of rare events
        low, high = max(rate - error, 0.0), rate + error
        slope = (recall_at(curve, high) - recall_at(curve, low)) / (high - low)
        hits, mistakes = found & right, found & ~right
        moves = (hits - recall * face) / len(scores) - slope * (mistakes - mistakes.mean()) / images
        counts = np.full(images, 1 / images)
        metrics[f"recall@{rate:g}fppi"] = PerQuery(recall * counts + moves, counts)
    return metrics
