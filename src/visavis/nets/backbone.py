"""What every backbone promises."""

from torch import nn


class Backbone(nn.Module):
    """Turns a square of `side` px, grey or of 3 `colours`, into `channels` x `map_side` x `map_side`."""

    colours: int = 1
    side: int
    channels: int
    map_side: int
