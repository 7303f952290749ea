"""The network of A. Krizhevsky, I. Sutskever, G. Hinton (NIPS 2012) in the two layouts that weights exist of.

Singh and Lee (ECCV 2016) use Caffe's. torchvision's, after A. Krizhevsky, "One weird trick for parallelizing
convolutional neural networks" (arXiv 1404.5997), has neither groups nor local response normalisation. Both
end in a map of 256 channels and go on to the fully connected layers fc6 and fc7 of 4,096 units each.
"""

from collections import OrderedDict
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor, nn

from visavis.nets.backbone import IMAGENET_DEVIATION, IMAGENET_MEAN, Backbone

FULLY_CONNECTED = MappingProxyType({"fc6": 4096, "fc7": 4096})


class CaffeNet(Backbone):
    """conv1 to pool5 of Caffe's reference network: 227 px become 256 x 6 x 6, by 2,334,080 parameters.

    conv2, conv4 and conv5 have two groups; local response normalisation follows pooling, where AlexNet has it
    before. Photos are read as Caffe's weights expect them: blue first, 0..255, less a mean colour. With fc6,
    fc7 and the classifier of 1,000 classes it has 60,965,224 parameters.
    """

    colours = 3
    side = 227
    channels = 256
    map_side = 6
    neutral = (122 / 255, 117 / 255, 104 / 255)
    hidden = FULLY_CONNECTED
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, 96, 11, stride=4),
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(3, 2),
                norm1=nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1),
                conv2=nn.Conv2d(96, 256, 5, padding=2, groups=2),
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(3, 2),
                norm2=nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1),
                conv3=nn.Conv2d(256, 384, 3, padding=1),
                relu3=nn.ReLU(),
                conv4=nn.Conv2d(384, 384, 3, padding=1, groups=2),
                relu4=nn.ReLU(),
                conv5=nn.Conv2d(384, 256, 3, padding=1, groups=2),
                relu5=nn.ReLU(),
                pool5=nn.MaxPool2d(3, 2),
            )
        )
        self.register_buffer("mean", _as_colour(self.neutral), persistent=False)

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 256 h w"]:
        """Encode RGB photos with values in 0..1."""
        features: Tensor = self.layers(255 * (photos - self.mean).flip(1))
        return features


class AlexNet(Backbone):
    """The convolutions of torchvision's AlexNet: 224 px become 256 x 6 x 6, by 2,469,696 parameters."""

    colours = 3
    side = 224
    channels = 256
    map_side = 6
    neutral = IMAGENET_MEAN
    hidden = FULLY_CONNECTED
    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, 64, 11, stride=4, padding=2),
                relu1=nn.ReLU(),
                pool1=nn.MaxPool2d(3, 2),
                conv2=nn.Conv2d(64, 192, 5, padding=2),
                relu2=nn.ReLU(),
                pool2=nn.MaxPool2d(3, 2),
                conv3=nn.Conv2d(192, 384, 3, padding=1),
                relu3=nn.ReLU(),
                conv4=nn.Conv2d(384, 256, 3, padding=1),
                relu4=nn.ReLU(),
                conv5=nn.Conv2d(256, 256, 3, padding=1),
                relu5=nn.ReLU(),
                pool5=nn.MaxPool2d(3, 2),
            )
        )
        self.register_buffer("mean", _as_colour(self.neutral), persistent=False)
        self.register_buffer("deviation", _as_colour(IMAGENET_DEVIATION), persistent=False)

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 256 h w"]:
        """Encode RGB photos with values in 0..1."""
        features: Tensor = self.layers((photos - self.mean) / self.deviation)
        return features


def _as_colour(values: tuple[float, float, float]) -> Float[Tensor, "3 1 1"]:
    return torch.tensor(values).view(3, 1, 1)
