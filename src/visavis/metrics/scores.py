"""The score that ranks photos for a sketch: embedding distance plus attribute disagreement.

The score of a pair is the same to the last bit whether it is computed alone, in a chunk or with the
whole gallery, so a search and an evaluation cannot disagree about a rank. Matrix products and NumPy's
sums do not promise this: their order of addition depends on shape and layout. Here every sum adds one
dimension after another, elementwise, in float64.
"""

import numpy as np
from jaxtyping import Float

from visavis.errors import VisavisError

_CLAMP = 1e-7  # a saturated sigmoid is 0 or 1 in float32, whose logarithm would be infinite


def multi_task_score(
    queries: Float[np.ndarray, "Q D"],
    gallery: Float[np.ndarray, "N D"],
    query_probabilities: Float[np.ndarray, "Q K"] | None = None,
    gallery_probabilities: Float[np.ndarray, "N K"] | None = None,
    attribute_weight: float = 0.0,
) -> Float[np.ndarray, "Q N"]:
    """D(q, g) + weight * H(p_q, p_g), the ranking score of Song et al., BMVC 2016; smaller is better.

    D is the Euclidean distance and H(p, q) = -1/K sum_k [p_k log q_k + (1 - p_k) log(1 - q_k)] with the
    query's probabilities as the target p. With weight 0 the score is the distance.

    Args:
        queries, gallery: embeddings (Q, D) and (N, D).
        query_probabilities, gallery_probabilities: predicted attributes (Q, K) and (N, K) in 0..1; those of
            the gallery are clamped away from 0 and 1 by 1e-7. Not looked at with weight 0.
        attribute_weight: weight of H.

    Returns:
        scores (Q, N), float32.

    Raises:
        VisavisError: the weight is not 0 and probabilities are missing.
    """
    scores = _euclidean(queries, gallery)
    if attribute_weight:
        if query_probabilities is None or gallery_probabilities is None:
            raise VisavisError(
                f"The attribute weight is {attribute_weight} but a side has no attribute probabilities; "
                "use a model with attributes or set the weight to 0."
            )
        scores += attribute_weight * _disagreement(query_probabilities, gallery_probabilities)
    return scores.astype(np.float32)


def _euclidean(
    queries: Float[np.ndarray, "Q D"], gallery: Float[np.ndarray, "N D"]
) -> Float[np.ndarray, "Q N"]:
    columns = _columns(gallery)
    squares = np.zeros((len(queries), len(gallery)))
    for i, query in enumerate(queries.astype(np.float64)):
        for value, column in zip(query, columns, strict=True):
            squares[i] += (column - value) ** 2
    return np.sqrt(squares)


def _disagreement(
    target: Float[np.ndarray, "Q K"], other: Float[np.ndarray, "N K"]
) -> Float[np.ndarray, "Q N"]:
    probability = np.clip(_columns(other), _CLAMP, 1 - _CLAMP)
    log_yes, log_no = np.log(probability), np.log1p(-probability)  # (K, N)
    total = np.zeros((len(target), len(other)))
    for i, p in enumerate(target.astype(np.float64)):
        for p_k, yes, no in zip(p, log_yes, log_no, strict=True):
            total[i] -= p_k * yes + (1 - p_k) * no
    total /= target.shape[1]
    return total


def _columns(rows: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "D N"]:
    # Contiguous, since NumPy may take another code path, with another last bit, through strided logarithms.
    return np.ascontiguousarray(rows.T, dtype=np.float64)
