"""Losses on the scores of a pair: the stronger image scores higher, equal ones score alike."""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus

from visavis.losses.reduction import Reduction, reduce


def ranknet_loss(
    first: Float[Tensor, " P"],
    second: Float[Tensor, " P"],
    target: Float[Tensor, " P"],
    *,
    reduction: Reduction = "mean",
) -> Float[Tensor, "..."]:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(v_1 - v_2), RankNet (C. Burges et al., ICML 2005).

    Singh and Lee, ECCV 2016, train with it on ordered and on equal pairs. An equal pair with equal scores has
    loss ln 2, the least it can have, and no gradient. Swapping the images and the target leaves the loss.

    Args:
        first, second: scores (P,) of the two images.
        target: (P,), 1 where the first shows more, 0 where the second does, 1/2 where both show as much.
        reduction: over the P pairs.
    """
    difference = first - second
    return reduce(softplus(difference) - target * difference, reduction)


def ranking_hinge_loss(
    first: Float[Tensor, " P"],
    second: Float[Tensor, " P"],
    target: Float[Tensor, " P"],
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> Float[Tensor, "..."]:
    """Ordered pairs max(0, m - |their order| (v_1 - v_2))^2, equal pairs (v_1 - v_2)^2.

    The objective of the ranking SVM of D. Parikh and K. Grauman, ICCV 2011, equation 4, whose slack of an
    equal pair is how far its scores lie apart.

    Args:
        first, second, target: as in `ranknet_loss`.
        margin: m, by which the stronger image is to score higher.
        reduction: over the P pairs.
    """
    difference = first - second
    order = 2 * target - 1  # 1, -1, or 0 for an equal pair
    violation = (margin - order * difference).clamp(min=0).square()
    return reduce(violation.where(order != 0, difference.square()), reduction)
