"""Linear ranking SVM: a weight vector under which preferred items score higher (T. Joachims, KDD 2002)."""

from typing import Self

import numpy as np
from jaxtyping import Float
from sklearn.svm import LinearSVC


class RankSVM:
    """Learns w such that w . higher > w . lower for ordered pairs of feature vectors.

    minimise |w|^2 / 2 + C sum max(0, 1 - w . (higher - lower))^2 over the pairs.

    Args:
        C: weight of the violated pairs.

    Attributes:
        weights_: (D,), learned w.
    """

    weights_: Float[np.ndarray, " D"]

    def __init__(self, C: float = 1.0) -> None:
        self.C = C

    def fit(self, higher: Float[np.ndarray, "P D"], lower: Float[np.ndarray, "P D"]) -> Self:
        """Learn from P >= 2 ordered pairs, row by row."""
        # The classifier wants two classes; turning every other difference round leaves the loss as it is.
        signs = np.where(np.arange(len(higher)) % 2, -1, 1)
        machine = LinearSVC(C=self.C, fit_intercept=False, dual="auto", random_state=0)
        machine.fit(signs[:, None] * (higher - lower), signs)
        self.weights_ = machine.coef_[0]
        return self

    def score(self, features: Float[np.ndarray, "... D"]) -> Float[np.ndarray, "..."]:
        """w . x; higher ranks first."""
        result: np.ndarray = features @ self.weights_
        return result
