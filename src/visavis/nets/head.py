"""From the map of a backbone to a vector of features."""

from itertools import pairwise

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.backbone import Backbone


class Head(nn.Module):
    """The fully connected layers `hidden` of a backbone with ReLU and dropout, or the flattened map.

    They are no part of the backbone: one that only looks for a region has no use for AlexNet's 55 million
    weights behind its map.

    Args:
        backbone: whose map is read; it is not kept.
        dropout: share of the features dropped while training.
    """

    def __init__(self, backbone: Backbone, dropout: float = 0.0) -> None:
        super().__init__()
        self.channels = backbone.channels
        self.connected = [0, *backbone.hidden.values()][-1]  # units of the last layer
        widths = [backbone.channels * backbone.map_side**2, *backbone.hidden.values()]
        self.layers = nn.ModuleDict(
            {name: nn.Linear(*sizes) for name, sizes in zip(backbone.hidden, pairwise(widths), strict=True)}
        )
        self.dropout = nn.Dropout(dropout)

    def width(self, map_side: int) -> int:
        """F, the number of features of a map of that side."""
        return self.connected or self.channels * map_side**2

    def forward(self, maps: Float[Tensor, "B C h w"]) -> Float[Tensor, "B F"]:
        """Features of the maps of a backbone."""
        features: Tensor = rearrange(maps, "b c h w -> b (c h w)")
        for layer in self.layers.values():
            features = self.dropout(F.relu(layer(features)))
        return features if self.layers else self.dropout(features)
