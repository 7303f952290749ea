"""What every backbone promises."""

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of RGB in 0..1


class Backbone(nn.Module):
    """Turns a square of `side` px, grey or of 3 `colours`, into `channels` x `map_side` x `map_side`.

    Attributes:
        neutral: the colour in 0..1 that it sees as no signal; of this is what lies outside of a photo.
        hidden: fully connected layers that its paper puts behind the map, as {name: width}; they are built
            by `visavis.nets.head.Head`, for those who want them.
    """

    colours: int = 1
    side: int
    channels: int
    map_side: int
    neutral: tuple[float, float, float] = (0.5, 0.5, 0.5)
    hidden: Mapping[str, int] = MappingProxyType({})
