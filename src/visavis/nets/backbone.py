"""What every backbone promises."""

from torch import nn


class Backbone(nn.Module):
    """Turns a square grey page of `side` px into a map of `channels` x `map_side` x `map_side`."""

    side: int
    channels: int
    map_side: int
