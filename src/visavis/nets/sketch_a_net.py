"""Sketch-a-Net, one channel, one branch.

Q. Yu, Y. Yang, Y.-Z. Song, T. Xiang, T. Hospedales, "Sketch-a-Net that Beats Humans", BMVC 2015, in the
form that Yu et al., CVPR 2016, release for retrieval.
"""

from jaxtyping import Float
from torch import Tensor, nn

from visavis.nets.backbone import Backbone

MEAN_GREY = 250.42  # of sketches on white paper, in 0..255, subtracted without scaling


class SketchANet(Backbone):
    """The five convolutions of Sketch-a-Net: a 225 px page becomes a map of 256 x 7 x 7.

    With the fully connected layers 12,544 -> 512 -> 256 of the retrieval model, 8,249,088 parameters.
    """

    side = 225
    channels = 256
    map_side = 7

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 64, 15, stride=3),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 128, 5),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(128, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        for module in self.layers:
            if isinstance(module, nn.Conv2d):
                initialise_caffe(module)

    def forward(self, pages: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 256 h w"]:
        """Encode grey pages with values in 0..1, white = 1."""
        features: Tensor = self.layers(255 * pages - MEAN_GREY)
        return features


def initialise_caffe(layer: nn.Conv2d | nn.Linear) -> None:
    """Weights from a normal of standard deviation 0.01, bias 0.01, as the authors' solver starts."""
    nn.init.normal_(layer.weight, std=0.01)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, 0.01)
