"""Attribute losses of Song et al., BMVC 2016: prediction (L_p) and agreement of two predictions (L_a)."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid


def attribute_cross_entropy(logits: Float[Tensor, "B K"], targets: Float[Tensor, "B K"]) -> Float[Tensor, ""]:
    """L_p = -1/K sum_k [t_k log a_k + (1 - t_k) log(1 - a_k)], a = sigmoid(logits), averaged over rows.

    The mean runs over the known attributes of a row, then over the rows that have any: a sparsely
    labelled image weighs as much as another. Without any known attribute the loss is 0.

    Args:
        logits: (B, K).
        targets: (B, K) in 0..1, NaN where unknown.
    """
    known = ~targets.isnan()
    # Unknown targets are replaced before the loss, since NaN * 0 in its backward would still be NaN.
    losses = binary_cross_entropy_with_logits(logits, targets.where(known, 0), weight=known, reduction="none")
    counts = known.sum(dim=1)
    rows = losses.sum(dim=1) / counts.clamp(min=1)
    return rows.sum() / (counts > 0).sum().clamp(min=1)


def attribute_disagreement(
    p_logits: Float[Tensor, "B K"], q_logits: Float[Tensor, "B K"]
) -> Float[Tensor, " B"]:
    """L_a = H(p, q) = -1/K sum_k [p_k log q_k + (1 - p_k) log(1 - q_k)] per row, p and q the sigmoids.

    Lower means more alike. H is not symmetric: p is the target distribution, for the paper's loss and
    score the sketch, so that its minimum over q, the entropy of p, is one constant per query.
    Gradients flow into both.
    """
    p, not_p = p_logits.sigmoid(), (-p_logits).sigmoid()
    return -(p * logsigmoid(q_logits) + not_p * logsigmoid(-q_logits)).mean(dim=-1)


def pairwise_attribute_disagreement(
    p_logits: Float[Tensor, "N K"], q_logits: Float[Tensor, "M K"]
) -> Float[Tensor, "N M"]:
    """`attribute_disagreement` of every row of `p_logits` (N, K) with every row of `q_logits` (M, K)."""
    p = torch.cat([p_logits.sigmoid(), (-p_logits).sigmoid()], dim=1)
    log_q = torch.cat([logsigmoid(q_logits), logsigmoid(-q_logits)], dim=1)
    return -p @ log_q.T / p_logits.shape[1]
