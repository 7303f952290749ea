"""Where a score turns into a yes: the threshold that tells positives from negatives best."""

import numpy as np
from jaxtyping import Float

from visavis.errors import VisavisError


def threshold_between(positive: Float[np.ndarray, " N"], negative: Float[np.ndarray, " M"]) -> float:
    """The threshold with the least total error: share of positives below it + share of negatives not below.

    >>> threshold_between(np.array([0.5, 0.8, 0.9]), np.array([0.1, 0.2, 0.6]))
    0.35

    Both sides weigh the same, however many scores each has, so that it is also the threshold of the highest
    balanced accuracy. A score equal to it is a yes. It lies in the middle between two scores: of several gaps
    with the least error in the widest, of equally wide ones in the lowest. Where the least error is to call
    everything a yes, it is the lowest score.

    Args:
        positive, negative: scores, higher for yes.

    Raises:
        VisavisError: a side has no scores, or a score is not finite.
    """
    for name, scores in (("positive", positive), ("negative", negative)):
        if not len(scores) or not np.isfinite(scores).all():
            raise VisavisError(
                f"A threshold needs {name} examples with finite scores; "
                "add some, or check that training did not diverge."
            )
    values = np.unique(np.concatenate([positive, negative]).astype(np.float64))
    missed = np.searchsorted(np.sort(positive), values)
    rejected = np.searchsorted(np.sort(negative), values)
    # Both shares over one denominator: whole numbers, whose ties are exact.
    error = missed * len(negative) + (len(negative) - rejected) * len(positive)
    gaps = np.diff(values, prepend=values[0])
    best = int(np.where(error == error.min(), gaps, -1).argmax())
    middle = values[best] - gaps[best] / 2
    # Between neighbours among the floats there is no middle.
    return float(middle if best and middle > values[best - 1] else values[best])


def best_thresholds(
    scores: Float[np.ndarray, "N K"], targets: Float[np.ndarray, "N K"], *, otherwise: float = 0.5
) -> Float[np.ndarray, " K"]:
    """For each attribute the threshold of the highest balanced accuracy on these images, say of validation.

    Args:
        scores: (N, K), higher for yes.
        targets: (N, K), 1 or 0, NaN where unknown.
        otherwise: the threshold of an attribute that these images do not show both with and without.

    Raises:
        VisavisError: a score is not finite.
    """
    found = np.full(scores.shape[1], otherwise)
    for number, (values, truth) in enumerate(zip(scores.T, targets.T, strict=True)):
        positive, negative = values[truth == 1], values[truth == 0]
        if len(positive) and len(negative):
            found[number] = threshold_between(positive, negative)
    return found
