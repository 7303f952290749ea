"""The trunk that pre-training hands on: a backbone and one fully connected layer."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.backbones import build_backbone
from visavis.nets.sketch_a_net import SketchANet, initialise_caffe


class Trunk(nn.Module):
    """Backbone, flattened with its places, then one fully connected layer with ReLU.

    Args:
        backbone: name for `visavis.nets.backbones.build_backbone`.
        hidden: width of the fully connected layer.
        dropout: share of its units dropped while training.
    """

    def __init__(self, backbone: str, hidden: int = 512, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = build_backbone(backbone)
        self.shared = nn.Linear(self.backbone.channels * self.backbone.map_side**2, hidden)
        self.dropout = nn.Dropout(dropout)
        if isinstance(self.backbone, SketchANet):
            initialise_caffe(self.shared)

    @property
    def side(self) -> int:
        """Side in pixels of the square page that the backbone reads."""
        return self.backbone.side

    def forward(self, pages: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B hidden"]:
        """Encode grey pages with values in 0..1, white = 1."""
        features = rearrange(self.backbone(pages), "b c h w -> b (c h w)")
        shared: Tensor = self.dropout(F.relu(self.shared(features)))
        return shared
