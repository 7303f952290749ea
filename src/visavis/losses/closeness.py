"""Same-identity distance: features of one person are drawn together."""

from jaxtyping import Float, Int
from torch import Tensor

from visavis.losses.distances import paired_distances
from visavis.losses.distributed import gather_rows


def closeness_loss(
    features: Float[Tensor, "B D"], labels: Int[Tensor, " B"], *, gather: bool = False
) -> Float[Tensor, ""]:
    """Mean of |f_i - f_j|^2 over the pairs i < j of one label; 0 where the batch has no such pair.

    Liu et al., ICCV 2015, section 3.2, who take the sum; the mean does not depend on how many pairs a batch
    happens to have. Alone it is least where all features are one, so it goes with a loss that tells labels
    apart, such as softmax.

    Args:
        features: (B, D).
        labels: (B,), identities.
        gather: take the pairs from all processes, see `gather_rows`.
    """
    if gather:
        features, labels = gather_rows(features), gather_rows(labels)
    first, second = (labels[:, None] == labels).triu(diagonal=1).nonzero(as_tuple=True)
    distances = paired_distances(features[first], features[second], squared=True)
    return distances.sum() / max(len(first), 1)
