"""A residual network for line drawings that trains in minutes on two cores."""

from jaxtyping import Float
from torch import Tensor, nn

from visavis.nets.backbone import Backbone


class Residual(nn.Module):
    """Two 3 x 3 convolutions with batch normalisation around a shortcut (He et al., CVPR 2016, fig. 2)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride > 1 else nn.Identity(),
                nn.Conv2d(channels_in, channels_out, 1, bias=False),
                nn.BatchNorm2d(channels_out),
            )
        self.activation = nn.ReLU()

    def forward(self, features: Float[Tensor, "B c h w"]) -> Float[Tensor, "B d i j"]:
        return self.activation(self.body(features) + self.shortcut(features))  # type: ignore[no-any-return]


def stem_and_stages(colours: int, width: int) -> list[nn.Module]:
    """Stem of stride 4 and residual stages of one, two and four times `width` channels, stride 16 in all."""
    return [
        nn.Conv2d(colours, width, 7, 2, 3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        Residual(width, width),
        Residual(width, 2 * width, 2),
        Residual(2 * width, 4 * width, 2),
        Residual(4 * width, 4 * width),
    ]


class SmallNet(Backbone):
    """Stem of stride 4 and three residual stages; the map keeps its places, 7 x 7 of a 112 px page.

    Where a heel stands is what tells shoes apart, so nothing is pooled globally: the caller flattens.
    """

    side = 112
    channels = 64
    map_side = 7

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *stem_and_stages(self.colours, width),
            nn.Conv2d(4 * width, self.channels, 1, bias=False),
            nn.BatchNorm2d(self.channels),
            nn.ReLU(),
        )

    def forward(self, pages: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 64 h w"]:
        """Encode grey pages with values in 0..1, white = 1; ink becomes the signal, paper zero."""
        features: Tensor = self.layers(1 - pages)
        return features
