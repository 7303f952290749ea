"""The last step of a loss: from one value per row to what the caller asked for."""

from typing import Literal, assert_never

from jaxtyping import Float
from torch import Tensor

Reduction = Literal["mean", "sum", "none"]


def reduce(losses: Float[Tensor, " B"], reduction: Reduction) -> Float[Tensor, "..."]:
    """The mean or the sum of `losses` (B,), or with `"none"` the losses themselves."""
    match reduction:
        case "mean":
            return losses.mean()
        case "sum":
            return losses.sum()
        case "none":
            return losses
        case _:
            assert_never(reduction)
