"""The trunk that pre-training hands on: a backbone and one fully connected layer."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.backbones import build_backbone
from visavis.nets.sketch_a_net import SketchANet, initialise_caffe


class Trunk(nn.Module):
    """Backbone, flattened with its places, then one fully connected layer with ReLU, or none.

    The papers have the layer; with a few hundred training pairs its weights are learned by heart.

    Args:
        backbone: name for `visavis.nets.backbones.build_backbone`.
        hidden: width of the fully connected layer; 0 hands the flattened map on as it is.
        dropout: share of the outputs dropped while training.
        batch_norm: whether the layer is normalised before its ReLU (S. Ioffe, C. Szegedy, ICML 2015). Without
            it, most units behind a map that is never negative are soon switched off for good.
    """

    def __init__(
        self, backbone: str, hidden: int = 512, dropout: float = 0.0, batch_norm: bool = False
    ) -> None:
        super().__init__()
        self.backbone = build_backbone(backbone)
        places = self.backbone.channels * self.backbone.map_side**2
        self.width = hidden or places
        self.shared = nn.Linear(places, hidden) if hidden else None
        self.norm = nn.BatchNorm1d(hidden) if hidden and batch_norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        if self.shared is not None and isinstance(self.backbone, SketchANet):
            initialise_caffe(self.shared)

    @property
    def side(self) -> int:
        """Side in pixels of the square page that the backbone reads."""
        return self.backbone.side

    def forward(self, pages: Float[Tensor, "B C H W"]) -> Float[Tensor, "B width"]:
        """Encode grey pages (white = 1) or photos in colour, with values in 0..1."""
        features = rearrange(self.backbone(pages), "b c h w -> b (c h w)")
        if self.shared is not None:
            features = F.relu(self.norm(self.shared(features)))
        outputs: Tensor = self.dropout(features)
        return outputs
