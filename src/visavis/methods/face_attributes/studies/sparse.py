"""How few units tell an attribute: the best one, or the best few per cent."""

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata
from sklearn.linear_model import lars_path
from sklearn.svm import LinearSVC

from visavis.methods.face_attributes.linear import Linear, fit_linear
from visavis.methods.face_attributes.studies.units import Parts
from visavis.metrics.evaluation import PerQuery
from visavis.metrics.tags import People, balanced_accuracy, shown_both
from visavis.metrics.thresholds import best_thresholds

SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
TOP = 0.1  # the paper's share of the units
PENALTY = 0.001  # C, for some thousand faces and some hundred standardised units
SVM = partial(LinearSVC, C=PENALTY, class_weight="balanced", dual=False)


class Single(NamedTuple):
    """For each of K attributes the unit that tells it best, and 1 or -1: -1 where it is high without it."""

    units: Int[np.ndarray, " K"]
    signs: Int[np.ndarray, " K"]


def best_single(units: Parts, tags: Parts) -> Single:
    """The unit whose area under the ROC curve on the training faces is farthest from one half."""
    areas = _areas(units.train, tags.train)
    chosen = np.abs(areas - 0.5).argmax(axis=1)
    return Single(chosen, np.where(np.take_along_axis(areas, chosen[:, None], axis=1)[:, 0] < 0.5, -1, 1))


def fit_single(units: Parts, tags: Parts) -> Linear:
    """Each attribute told by its best unit alone."""
    numbers, signs = best_single(units, tags)
    weights = np.zeros((len(numbers), units.train.shape[1]))
    weights[np.arange(len(numbers)), numbers] = signs
    return Linear(weights, np.zeros(len(numbers)))


def fit_svm(units: Parts, tags: Parts, chosen: Sequence[Int[np.ndarray, " _"]] | None = None) -> Linear:
    """A linear SVM for each attribute on all units, or on those that are chosen for it."""
    return fit_linear(SVM, units.train, tags.train, chosen)


def by_weight(every: Linear, share: float) -> list[Int[np.ndarray, " _"]]:
    """For each attribute the share of the units that have the largest |weight| in an SVM on all of them."""
    order = np.argsort(-np.abs(every.weights), axis=1, kind="stable")
    return list(order[:, : how_many(order.shape[1], share)])


def by_lasso(units: Parts, tags: Parts, shares: Sequence[float]) -> dict[float, list[Int[np.ndarray, " _"]]]:
    """For each share and attribute the units of the LASSO of that many, of tags as 1 and -1.

    R. Tibshirani, J. Royal Statistical Society B, 1996; all of its solutions by least-angle regression
    (B. Efron et al., Annals of Statistics, 2004): of those with no more units than the share the last one.
    """
    chosen: dict[float, list[np.ndarray]] = {share: [] for share in shares}
    alive = np.flatnonzero(units.train.any(axis=0))  # those that never change make the path degenerate
    for truth in tags.train.T:
        known = ~np.isnan(truth)
        target = np.where(truth[known] == 1, 1.0, -1.0)
        seen = units.train[np.ix_(known, alive)]
        path = lars_path(seen, target - target.mean(), method="lasso", Gram=True)[2]
        used = (path != 0).sum(axis=0)
        for share in shares:
            last = np.flatnonzero(used <= how_many(units.train.shape[1], share))[-1]
            chosen[share].append(alive[path[:, last] != 0])
    return chosen


def how_many(there_are: int, share: float) -> int:
    """Units that a share of all are, rounded up."""
    return math.ceil(round(share * there_are, 6))


class Told(NamedTuple):
    """Balanced accuracy on test faces, over all attributes and of each; NaN where they do not show both."""

    overall: PerQuery
    each: Float[np.ndarray, " K"]


def measure(linear: Linear, units: Parts, tags: Parts, people: People | None) -> Told:
    """Balanced accuracy of classifiers, at the thresholds that are best on the validation faces."""
    scores = linear.scores(units.test)
    thresholds = best_thresholds(linear.scores(units.validation), tags.validation, otherwise=0.0)
    judged = shown_both(tags.test)
    each = [
        balanced_accuracy(scores[:, [k]], tags.test[:, [k]], thresholds[[k]]).value if judged[k] else np.nan
        for k in range(tags.test.shape[1])
    ]
    return Told(balanced_accuracy(scores, tags.test, thresholds, people), np.array(each))


def _areas(units: Float[np.ndarray, "N U"], tags: Float[np.ndarray, "N K"]) -> Float[np.ndarray, "K U"]:
    """Areas under the ROC curves, one half where all faces have the attribute or none has it."""
    areas, ranks_of_all = np.full((tags.shape[1], units.shape[1]), 0.5), rankdata(units, axis=0)
    for number, truth in enumerate(tags.T):
        known = ~np.isnan(truth)
        positive = truth[known] == 1
        there, absent = positive.sum(), (~positive).sum()
        if there and absent:
            ranks = ranks_of_all if known.all() else rankdata(units[known], axis=0)
            areas[number] = (ranks[positive].sum(axis=0) - there * (there + 1) / 2) / (there * absent)
    return areas
