"""Comparisons generated from attributes, where no person has made any (Song et al., BMVC 2016)."""

import numpy as np
from jaxtyping import Float, Int

from visavis.errors import VisavisError


def attribute_candidates(
    query_attributes: Float[np.ndarray, "N K"],
    photo_attributes: Float[np.ndarray, "M K"],
    truth: Int[np.ndarray, " N"],
    *,
    keep: int = 10,
    feature_distance: Float[np.ndarray, "N M"] | None = None,
    feature_weight: float = 1.0,
) -> Int[np.ndarray, "N keep"]:
    """The `keep` photos nearest to each query by attributes, nearest first, the true photo always first.

    The distance is the mean absolute difference of the attributes known on both sides (for binary ones the
    Hamming distance / K), 1 where none is, plus feature_weight * feature_distance. Photos at equal distance
    stand in index order.

    Args:
        query_attributes, photo_attributes: (N, K) and (M, K) in 0..1, NaN where unknown.
        truth: (N,), index of each query's own photo.
        keep: candidates per query, the true photo included.
        feature_distance: (N, M), of features learned before, to tell apart photos with equal attributes.
        feature_weight: weight of `feature_distance`.

    Raises:
        VisavisError: there are fewer than `keep` photos.
    """
    if len(photo_attributes) < keep:
        raise VisavisError(
            f"{keep} candidates cannot be taken from {len(photo_attributes)} photos; keep fewer."
        )
    distance = _attribute_distance(query_attributes, photo_attributes)
    if feature_distance is not None:
        distance += feature_weight * feature_distance
    distance[np.arange(len(truth)), truth] = -np.inf
    return distance.argsort(axis=1, kind="stable")[:, :keep]


def ordered_pairs(
    candidates: Int[np.ndarray, "N C"],
) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " T"], Int[np.ndarray, " T"]]:
    """All C (C - 1) / 2 comparisons of each row of candidates (N, C), which stand nearest first.

    Returns:
        anchor (row number), closer, farther: (T,) each, T = N C (C - 1) / 2; what `TripletSampler` takes.
    """
    closer, farther = np.triu_indices(candidates.shape[1], k=1)
    anchor = np.repeat(np.arange(len(candidates)), len(closer))
    return anchor, candidates[:, closer].ravel(), candidates[:, farther].ravel()


def _attribute_distance(
    queries: Float[np.ndarray, "N K"], photos: Float[np.ndarray, "M K"]
) -> Float[np.ndarray, "N M"]:
    total = np.zeros((len(queries), len(photos)))
    known = np.zeros_like(total)
    for query_column, photo_column in zip(queries.T, photos.T, strict=True):
        difference = np.abs(query_column[:, None] - photo_column)
        total += np.nan_to_num(difference)
        known += ~np.isnan(difference)
    return np.divide(total, known, out=np.ones_like(total), where=known > 0)
