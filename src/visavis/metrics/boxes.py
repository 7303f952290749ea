"""How well boxes lie: whether they point at the truth, and how much of it they share.

Boxes are x, y, w, h in any one unit, with w and h of 0 or more. What is unknown, NaN, gives NaN.
"""

import numpy as np
from jaxtyping import Float

Boxes = Float[np.ndarray, "*#B 4"]


def points_at(found: Boxes, truth: Boxes) -> Float[np.ndarray, "*B"]:
    """1 where the centre of a found box lies in the true box (its border is part of it), else 0.

    >>> points_at(np.array([2.0, 2, 4, 4]), np.array([[0.0, 0, 5, 5], [5, 0, 5, 5]]))
    array([1., 0.])
    """
    centre = found[..., :2] + found[..., 2:] / 2
    inside = (centre >= truth[..., :2]) & (centre <= truth[..., :2] + truth[..., 2:])
    return np.where(np.isfinite(found + truth).all(axis=-1), inside.all(axis=-1), np.nan)


def intersection_over_union(found: Boxes, truth: Boxes) -> Float[np.ndarray, "*B"]:
    """The area that two boxes share, as a share of the area that they cover together; 0 for two empty ones.

    >>> intersection_over_union(np.array([0.0, 0, 2, 2]), np.array([1.0, 1, 2, 2])).round(4)
    np.float64(0.1429)
    """
    corner = np.maximum(found[..., :2], truth[..., :2])
    opposite = np.minimum(found[..., :2] + found[..., 2:], truth[..., :2] + truth[..., 2:])
    shared = np.clip(opposite - corner, 0, None).prod(axis=-1)
    covered = found[..., 2:].prod(axis=-1) + truth[..., 2:].prod(axis=-1) - shared
    return np.where(
        np.isfinite(found + truth).all(axis=-1), shared / np.where(covered > 0, covered, 1), np.nan
    )
