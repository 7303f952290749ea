"""Within-class covariance normalisation for two kinds of images (A. Hatch et al., Interspeech 2006).

How a sketch differs from its own photo is noise; directions in which it differs much are shrunk. With few
pairs in many dimensions the covariance of the differences is singular, hence the ridge.
"""

from typing import Self

import numpy as np
from jaxtyping import Float, Int


class WCCN:
    """Centres queries and gallery apart, then whitens by the scatter of (query - its gallery item).

    W = C + ridge * trace(C) / D * I, with C the second moment of the differences between centred features;
    features become W^(-1/2) x. With `dimension` they are then projected on that many leading principal axes
    of the whitened training features, which keeps most of their inner products in a small matrix.

    Args:
        ridge: in units of the mean variance of the differences.
        dimension: K; None keeps all D.

    Attributes:
        query_mean_, gallery_mean_: (D,) means of the training features.
        projection_: (D, K), whitening and projection in one.
    """

    query_mean_: Float[np.ndarray, " D"]
    gallery_mean_: Float[np.ndarray, " D"]
    projection_: Float[np.ndarray, "D K"]

    def __init__(self, ridge: float = 5.0, dimension: int | None = None) -> None:
        self.ridge, self.dimension = ridge, dimension

    def fit(
        self,
        queries: Float[np.ndarray, "Q D"],
        gallery: Float[np.ndarray, "N D"],
        truth: Int[np.ndarray, " Q"],
    ) -> Self:
        """Learn from matching pairs; `truth` is the gallery row of each query."""
        self.query_mean_, self.gallery_mean_ = queries.mean(axis=0), gallery.mean(axis=0)
        queries, gallery = queries - self.query_mean_, gallery - self.gallery_mean_
        whitening = _Whitening(queries - gallery[truth], self.ridge)
        if self.dimension is None:
            axes = np.eye(queries.shape[1], dtype=queries.dtype)
        else:
            whitened = whitening(np.concatenate([queries, gallery]))
            axes = np.linalg.svd(whitened, full_matrices=False)[2][: self.dimension]
        self.projection_ = whitening(axes).T
        return self

    def transform_queries(self, features: Float[np.ndarray, "Q D"]) -> Float[np.ndarray, "Q K"]:
        """Centred as queries, whitened, projected."""
        result: np.ndarray = (features - self.query_mean_) @ self.projection_
        return result

    def transform_gallery(self, features: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N K"]:
        """Centred as gallery items, whitened, projected."""
        result: np.ndarray = (features - self.gallery_mean_) @ self.projection_
        return result


class _Whitening:
    """x -> W^(-1/2) x from the thin SVD of the differences, without the D x D covariance.

    In the span of the differences W has eigenvalues e + r, outside of it r = ridge * mean variance.
    """

    def __init__(self, differences: Float[np.ndarray, "Q D"], ridge: float) -> None:
        count, dimension = differences.shape
        _, singular, self.axes = np.linalg.svd(differences, full_matrices=False)
        variances = singular**2 / count
        rest = ridge * variances.sum() / dimension
        self.outside = rest**-0.5
        self.correction = (variances + rest) ** -0.5 - self.outside

    def __call__(self, features: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
        result: np.ndarray = self.outside * features + (features @ self.axes.T * self.correction) @ self.axes
        return result
