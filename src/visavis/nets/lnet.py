"""LNet (Z. Liu et al., ICCV 2015): five convolutions and two max-poolings, for photos of any size."""

from jaxtyping import Float
from torch import Tensor, nn

from visavis.nets.backbone import Backbone
from visavis.nets.colour import DEVIATION, MEAN


class LNet(Backbone):
    """C1 to C5 at the size that two cores train: a 96 px photo becomes 128 x 12 x 12.

    The paper gives the kind of the layers, not their sizes. Each is followed by batch normalisation and ReLU.
    One place of C5 looks at 73 px, at a stride of 8.
    """

    colours = 3
    side = 96
    channels = 128
    map_side = 12

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(self.colours, width, 5, stride=2),
            nn.MaxPool2d(3, 2, 1),
            *_convolution(width, 2 * width),
            nn.MaxPool2d(3, 2, 1),
            *_convolution(2 * width, 4 * width),
            *_convolution(4 * width, 4 * width),
            *_convolution(4 * width, self.channels),
        )

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 128 h w"]:
        """C5 of photos with values in 0..1, nowhere negative."""
        features: Tensor = self.layers((photos - MEAN) / DEVIATION)
        return features


def _convolution(channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    ]
