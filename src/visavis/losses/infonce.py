"""InfoNCE: each item must pick out its partner among all partners of the batch."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from visavis.errors import VisavisError
from visavis.losses.distributed import gather_rows


def info_nce_loss(
    a: Float[Tensor, "B D"],
    b: Float[Tensor, "B D"],
    *,
    temperature: float,
    labels: Int[Tensor, " B"] | None = None,
    gather: bool = False,
) -> Float[Tensor, ""]:
    """-log softmax_j(a_i . b_j / t) at j = i, averaged over i and over both directions a -> b and b -> a.

    Van den Oord et al. 2018, equation 4, in the symmetric form of Radford et al., ICML 2021 (CLIP).

    Args:
        a, b: embeddings (B, D) of unit length, row i of one belonging to row i of the other.
        temperature: t > 0.
        labels: (B,), rows of one label are left out of each other's negatives; None: none are.
        gather: take the negatives from all processes, see `gather_rows`.

    Raises:
        VisavisError: the temperature is not positive.
    """
    if temperature <= 0:
        raise VisavisError(f"The InfoNCE temperature is {temperature}; give a number above 0.")
    if gather:
        a, b = gather_rows(a), gather_rows(b)
        labels = None if labels is None else gather_rows(labels)
    partner = torch.arange(len(a), device=a.device)
    logits = a @ b.T / temperature  # (B, B)
    if labels is not None:
        no_negative = (labels[:, None] == labels) & (partner[:, None] != partner)
        logits = logits.masked_fill(no_negative, -torch.inf)
    return (cross_entropy(logits, partner) + cross_entropy(logits.T, partner)) / 2
