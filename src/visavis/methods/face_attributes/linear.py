"""Linear classifiers of scikit-learn, one for each attribute."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int


class Classifier(Protocol):
    """A linear classifier of scikit-learn."""

    coef_: Float[np.ndarray, "1 D"]
    intercept_: Float[np.ndarray, " 1"]

    def fit(self, features: Float[np.ndarray, "N D"], truth: Float[np.ndarray, " N"]) -> object:
        """Learn from features and 1 or 0 of each."""


class Linear(NamedTuple):
    """Weights (K, D) and offsets (K,) of K classifiers."""

    weights: Float[np.ndarray, "K D"]
    offsets: Float[np.ndarray, " K"]

    def scores(self, features: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N K"]:
        """Scores, higher for yes, 0 in between."""
        found: np.ndarray = features @ self.weights.T + self.offsets
        return found


def fit_linear(
    make: Callable[[], Classifier],
    features: Float[np.ndarray, "N D"],
    tags: Float[np.ndarray, "N K"],
    chosen: Sequence[Int[np.ndarray, " _"]] | None = None,
) -> Linear:
    """One classifier for each attribute, learned from the images whose tag is known.

    Of an attribute that all or none of them have, the score is 1 or -1 everywhere.

    Args:
        make: a classifier that has learned nothing yet.
        features: of the images.
        tags: 1 or 0, NaN where unknown.
        chosen: for each attribute the features that it may use, the others having weight 0; None for all.
    """
    weights, offsets = np.zeros((tags.shape[1], features.shape[1])), np.zeros(tags.shape[1])
    for number, truth in enumerate(tags.T):
        known = ~np.isnan(truth)
        if len(np.unique(truth[known])) < 2:
            offsets[number] = 1.0 if (truth[known] == 1).any() else -1.0
            continue
        columns = np.arange(features.shape[1]) if chosen is None else chosen[number]
        classifier = make()
        classifier.fit(features[np.ix_(known, columns)], truth[known])
        weights[number, columns], offsets[number] = classifier.coef_[0], classifier.intercept_[0]
    return Linear(weights, offsets)
