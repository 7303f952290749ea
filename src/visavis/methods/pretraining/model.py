"""A trunk with the head that a stage trains it by."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.trunk import Trunk


class PretrainingNet(nn.Module):
    """Trunk and embedding head; the embedding is of unit length."""

    def __init__(
        self,
        backbone: str,
        hidden: int = 512,
        embedding: int = 256,
        dropout: float = 0.0,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.trunk = Trunk(backbone, hidden, dropout, batch_norm)
        self.embed = nn.Linear(self.trunk.width, embedding)

    def forward(self, pages: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D"]:
        """Encode grey pages (white = 1) or photos in colour, with values in 0..1."""
        return self.embedding(self.trunk(pages))

    def embedding(self, features: Float[Tensor, "B width"]) -> Float[Tensor, "B D"]:
        """The embedding of what the trunk gives."""
        return F.normalize(self.embed(features), dim=1)
