"""How well scores tell which attributes an image has: accuracy, balanced accuracy, macro-F1 over attributes;
and whether they mean what they say, where they are probabilities.

Each is a mean over attributes of ratios of sums over images, which is no ratio of sums itself. It is written
as one by its linear part: an image's share is the metric + how far the image moves it (the infinitesimal
jackknife: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982). The value is exact, and
so are means over seeds and gains; an interval is that of the linear part, which nears the bootstrap's of the
metric itself as images become many, and may pass 1 by a little.

Arguments of all: `scores` (N, K), higher for yes, a yes from `thresholds` (K,) on; `targets` (N, K), 1 or 0,
NaN where unknown, which counts nowhere; `people` (N,), numbers from 0, images of one number being drawn
together for the interval, as those of one person are alike, or None where each image stands for itself. A
column alone gives the figure of its attribute.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Num

from visavis.errors import VisavisError
from visavis.metrics.calibration import bin_of, require_probabilities
from visavis.metrics.evaluation import PerQuery

Scores = Float[np.ndarray, "N K"]
Targets = Float[np.ndarray, "N K"]
Thresholds = Float[np.ndarray, " K"]
People = Int[np.ndarray, " N"]
Measure = Callable[[Scores, Targets, Thresholds, People | None], PerQuery]


def mean_accuracy(
    scores: Scores, targets: Targets, thresholds: Thresholds, people: People | None = None
) -> PerQuery:
    """Share of right answers of each attribute, mean over the attributes with a known tag.

    >>> scores, targets = np.array([[0.9, 0.4], [0.6, 0.2]]), np.array([[1.0, 1], [0, np.nan]])
    >>> mean_accuracy(scores, targets, np.array([0.5, 0.5])).value
    0.25

    Raises:
        VisavisError: a score is NaN, a target is neither 1, 0 nor NaN, or no tag is known.
    """
    yes, present, absent = _answers(scores, targets, thresholds)
    known = present | absent
    return _mean_of_ratios((yes & present) | (~yes & absent), known, known, people)


def balanced_accuracy(
    scores: Scores, targets: Targets, thresholds: Thresholds, people: People | None = None
) -> PerQuery:
    """(TP / P + TN / N) / 2 of each attribute, mean over those that the images show both with and without.

    Raises:
        VisavisError: a score is NaN, a target is neither 1, 0 nor NaN, or no attribute has both.
    """
    shown = shown_both(targets)
    yes, present, absent = _answers(scores[:, shown], targets[:, shown], thresholds[shown])
    hits, cases = np.hstack([yes & present, ~yes & absent]), np.hstack([present, absent])
    return _mean_of_ratios(hits, cases, cases, people)


def macro_f1(
    scores: Scores, targets: Targets, thresholds: Thresholds, people: People | None = None
) -> PerQuery:
    """F1 of the yes of each attribute, 2 TP / (2 TP + FP + FN), mean over the attributes with a known tag.

    Where this is 0 / 0, no image having the attribute or being said to, it is 0.

    Raises:
        VisavisError: a score is NaN, a target is neither 1, 0 nor NaN, or no tag is known.
    """
    yes, present, absent = _answers(scores, targets, thresholds)
    known = present | absent
    return _mean_of_ratios(2 * (yes & present), 1 * (yes & known) + present, known, people)


def calibration_error(probabilities: Scores, targets: Targets, people: People | None = None) -> PerQuery:
    """Expected calibration error (`Reliability.error`) of each attribute, mean over those with a known tag.

    >>> probabilities, targets = np.array([[0.9], [0.8], [0.85]]), np.array([[1.0], [1], [0]])
    >>> round(calibration_error(probabilities, targets).value, 3)
    0.25

    Its linear part keeps the sign that each bin has.

    Raises:
        VisavisError: one is no probability, a target is neither 1, 0 nor NaN, or no tag is known.
    """
    require_probabilities(probabilities)
    _, present, absent = _answers(probabilities, targets, np.zeros(targets.shape[1]))
    known, number = present | absent, bin_of(probabilities)
    surplus = np.where(known, probabilities - present, 0)
    signs = [np.sign(np.bincount(b, part))[b] for part, b in zip(surplus.T, number.T, strict=True)]
    return _mean_of_ratios(surplus * np.stack(signs, axis=1), known, known, people)


def shown_both(targets: Targets) -> Bool[np.ndarray, " K"]:
    """Whether the images show each attribute both with and without."""
    both: np.ndarray = (targets == 1).any(axis=0) & (targets == 0).any(axis=0)
    return both


def of_each(
    measure: Measure,
    names: Sequence[str],
    scores: Scores,
    targets: Targets,
    thresholds: Thresholds,
    people: People | None = None,
) -> dict[str, PerQuery]:
    """One of the above for each attribute alone, by its name."""
    return {
        name: measure(scores[:, [k]], targets[:, [k]], thresholds[[k]], people)
        for k, name in enumerate(names)
    }


def _answers(
    scores: Scores, targets: Targets, thresholds: Thresholds
) -> tuple[Bool[np.ndarray, "N K"], Bool[np.ndarray, "N K"], Bool[np.ndarray, "N K"]]:
    """What is said to be there, what is there, and what is not there."""
    if np.isnan(scores).any():
        image = int(np.argwhere(np.isnan(scores))[0][0])
        raise VisavisError(f"A score of image {image} is NaN; check that training did not diverge.")
    present, absent = targets == 1, targets == 0
    if not (present | absent | np.isnan(targets)).all():
        raise VisavisError("A tag is neither 1, 0 nor unknown; round the strengths between them first.")
    return scores >= thresholds, present, absent


def _mean_of_ratios(
    parts: Num[np.ndarray, "N columns"] | Bool[np.ndarray, "N columns"],
    wholes: Num[np.ndarray, "N columns"] | Bool[np.ndarray, "N columns"],
    known: Bool[np.ndarray, "N columns"],
    people: People | None,
) -> PerQuery:
    """Mean of sum(parts) / sum(wholes), 0 / 0 being 0, over the columns with something known, linearised."""
    columns = known.any(axis=0)
    if not columns.any():
        raise VisavisError("No attribute has the tags that its figure needs; check that the split has tags.")
    parts, wholes = parts[:, columns].astype(np.float64), wholes[:, columns].astype(np.float64)
    totals = np.maximum(wholes.sum(axis=0), 1)
    ratios = parts.sum(axis=0) / totals
    moves = ((parts - ratios * wholes) / totals).mean(axis=1)
    number = np.arange(len(parts)) if people is None else people
    images = np.bincount(number) / len(parts)
    sums = ratios.mean() * images + np.bincount(number, moves)
    return PerQuery(sums, images, judged=int(known.any(axis=1).sum()))
