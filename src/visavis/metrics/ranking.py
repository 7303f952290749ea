"""Retrieval metrics from distances. Ties count as wrong everywhere: an equal is ranked before the truth."""

import numpy as np
from jaxtyping import Bool, Float, Int

from visavis.errors import VisavisError


def ranks(distances: Float[np.ndarray, "Q N"], truth: Int[np.ndarray, " Q"]) -> Int[np.ndarray, " Q"]:
    """Rank of the true item per query: 1 + the number of other items at a distance <= the truth's.

    >>> ranks(np.array([[0.1, 0.2, 0.3], [0.5, 0.5, 0.9]]), truth=np.array([1, 0])).tolist()
    [2, 2]

    Args:
        distances: (Q, N), query to gallery item.
        truth: (Q,), index of the true item of each query in the gallery.

    Raises:
        VisavisError: a distance is NaN, or a truth is not an index of the gallery.
    """
    _reject_nan(distances, "query")
    n_items = distances.shape[1]
    outside = np.flatnonzero((truth < 0) | (truth >= n_items))
    if outside.size:
        raise VisavisError(
            f"The true item of query {outside[0]} has index {truth[outside[0]]}, which is not in the gallery "
            f"of {n_items} items; drop the query or add its item."
        )
    to_truth = np.take_along_axis(distances, truth[:, None], axis=1)
    rank: np.ndarray = np.count_nonzero(distances <= to_truth, axis=1)
    return rank


def accuracy_at_k(truth_ranks: Int[np.ndarray, " Q"], k: int) -> float:
    """Share of queries whose true item is among the k nearest: mean(rank <= k).

    >>> accuracy_at_k(np.array([1, 4, 2, 11]), k=2)
    0.5
    """
    _require_queries(truth_ranks)
    return float((truth_ranks <= k).mean())


def cmc(truth_ranks: Int[np.ndarray, " Q"], up_to: int) -> Float[np.ndarray, " up_to"]:
    """Cumulative match characteristic: `accuracy_at_k` for k = 1 .. up_to, as an array (up_to,).

    >>> cmc(np.array([1, 4, 2, 11]), up_to=4).tolist()
    [0.25, 0.5, 0.5, 0.75]
    """
    _require_queries(truth_ranks)
    curve: np.ndarray = (truth_ranks[:, None] <= np.arange(1, up_to + 1)).mean(axis=0)
    return curve


def average_precision(
    distances: Float[np.ndarray, "Q N"], relevant: Bool[np.ndarray, "Q N"]
) -> Float[np.ndarray, " Q"]:
    """Average precision per query: the mean, over its relevant items, of the precision at their rank.

    >>> average_precision(np.array([[0.1, 0.2, 0.3, 0.3]]), np.array([[True, False, True, False]])).tolist()
    [0.75]

    The relevant item at 0.3 is ranked after its irrelevant equal, fourth: (1/1 + 2/4) / 2.

    Args:
        distances: (Q, N), query to gallery item.
        relevant: (Q, N), True where the item answers the query.

    Raises:
        VisavisError: a distance is NaN, or a query has no relevant item.
    """
    without = np.flatnonzero(~relevant.any(axis=1))
    if without.size:
        raise VisavisError(
            f"Query {without[0]} has no relevant item in the gallery; drop it from the queries."
        )
    hits = _relevant_by_rank(distances, relevant)
    precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.average(precision, axis=1, weights=hits)


def mean_average_precision(distances: Float[np.ndarray, "Q N"], relevant: Bool[np.ndarray, "Q N"]) -> float:
    """Mean of `average_precision` over the queries."""
    _require_queries(distances)
    return float(average_precision(distances, relevant).mean())


def precision_at_k(distances: Float[np.ndarray, "Q N"], relevant: Bool[np.ndarray, "Q N"], k: int) -> float:
    """Share of relevant items among the k nearest, averaged over queries.

    In a gallery of fewer than k items the missing ones count as irrelevant.

    >>> precision_at_k(np.array([[0.1, 0.2, 0.3]]), np.array([[True, False, True]]), k=2)
    0.5
    """
    _require_queries(distances)
    return float(_relevant_by_rank(distances, relevant)[:, :k].sum(axis=1).mean() / k)


def triplet_accuracy(closer: Float[np.ndarray, " T"], farther: Float[np.ndarray, " T"]) -> float:
    """Share of T comparisons in which the item judged closer has the smaller distance to the anchor.

    >>> triplet_accuracy(np.array([0.1, 0.5, 0.2]), np.array([0.3, 0.5, 0.1])) == 1 / 3
    True

    Raises:
        VisavisError: a distance is NaN.
    """
    _require_queries(closer)
    _reject_nan(closer, "comparison")
    _reject_nan(farther, "comparison")
    return float((closer < farther).mean())


def _relevant_by_rank(
    distances: Float[np.ndarray, "Q N"], relevant: Bool[np.ndarray, "Q N"]
) -> Bool[np.ndarray, "Q N"]:
    _reject_nan(distances, "query")
    order = np.lexsort((relevant, distances), axis=1)  # by distance, then irrelevant first
    return np.take_along_axis(relevant, order, axis=1)


def _reject_nan(distances: Float[np.ndarray, "Q ..."], row_name: str) -> None:
    bad = np.argwhere(np.isnan(distances))
    if bad.size:
        raise VisavisError(
            f"A distance of {row_name} {bad[0][0]} is NaN and cannot be ranked; "
            "check that training did not diverge and that the image is readable."
        )


def _require_queries(rows: np.ndarray) -> None:
    if not len(rows):
        raise VisavisError("There is nothing to measure; check that the chosen split has queries.")
