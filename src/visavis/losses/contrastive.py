"""Contrastive loss on pairs: draw the same together, push the different apart up to a margin."""

from typing import Literal, assert_never

from jaxtyping import Bool, Float
from torch import Tensor

from visavis.errors import VisavisError
from visavis.losses.distances import paired_distances
from visavis.losses.reduction import Reduction, reduce

ContrastiveForm = Literal["lecture", "hadsell"]


def contrastive_loss(
    a: Float[Tensor, "B D"],
    b: Float[Tensor, "B D"],
    same: Bool[Tensor, " B"],
    *,
    margin: float,
    form: ContrastiveForm = "hadsell",
    reduction: Reduction = "mean",
) -> Float[Tensor, "..."]:
    """Contrastive loss of the pairs (a_i, b_i), with r the Euclidean distance and m the margin.

    | form        | same pair | different pair        | push on a different pair, as a slope in r |
    |-------------|-----------|-----------------------|--------------------------------------------|
    | `"lecture"` | r^2       | max(0, m^2 - r^2)     | 2r: none when the pair has collapsed       |
    | `"hadsell"` | r^2 / 2   | max(0, m - r)^2 / 2   | m - r: strongest when it has               |

    Both stop pushing at r = m. Hadsell's form (Hadsell, Chopra and LeCun, CVPR 2006, equation 4;
    their label is 0 for similar) suits training from scratch. At r = 0 exactly there is no direction
    to push in, so both give gradient 0.

    Args:
        a, b: embeddings (B, D) of the two sides.
        same: (B,), True where the two belong together.
        margin: radius m > 0, a plain distance in both forms.
        form: see the table.
        reduction: over the B pairs.

    Raises:
        VisavisError: the margin is not positive.
    """
    if margin <= 0:
        raise VisavisError(f"The contrastive margin is {margin}; give a distance above 0.")
    match form:
        case "lecture":
            attract = paired_distances(a, b, squared=True)
            repel = (margin**2 - attract).clamp(min=0)
        case "hadsell":
            r = paired_distances(a, b, squared=False)
            attract = r.square() / 2
            repel = (margin - r).clamp(min=0).square() / 2
        case _:
            assert_never(form)
    return reduce(attract.where(same, repel), reduction)
