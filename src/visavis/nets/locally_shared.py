"""Convolutions whose filters belong to places: the locally shared ones of Liu et al., ICCV 2015, section 3.

A face has its parts at known places, so a filter for eyes need not look at chins. A map is cut into a grid of
cells, and every bank of filters convolves a window of them, without padding.
"""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn


class LocallyShared(nn.Module):
    """A square grid of filter banks, each of which convolves a window of its own.

    The window of bank (y, x) begins at row y * step and column x * step of the map; all are of one size and
    reach the far edges together, so of a map of M rows each has M - (banks - 1) * step. The paper's two
    layers are the two ways in which windows lie:

    - Windows of step + kernel - 1 overlap by what a convolution loses at its edges. The outputs of the banks,
      laid side by side, are then those of a plain convolution of the whole map, cut into cells of `step`
      rows and columns with filters of their own: what lies across the border of two cells is seen as well.
    - Windows of 2 * step on a map of cells of `step` are blocks of 2 x 2 cells, {1, 2, 4, 5}, {2, 3, 5, 6},
      {4, 5, 7, 8} and {5, 6, 8, 9} of nine. Outputs of neighbouring banks then belong to overlapping places.

    On a map that is larger by n rows, each window is: it holds the windows of all n + 1 maps within it.

    Args:
        channels_in: of the map.
        channels_out: C, filters of each bank.
        kernel: side of a filter.
        banks: of a side of the grid, so there are banks * banks of them.
        step: rows and columns from one window to the next.
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, banks: int, step: int) -> None:
        super().__init__()
        self.banks, self.step = banks, step
        self.convolution = nn.Conv2d(
            banks**2 * channels_in, banks**2 * channels_out, kernel, groups=banks**2, bias=False
        )

    def forward(self, maps: Float[Tensor, "B c H W"]) -> Float[Tensor, "B YXC h w"]:
        """The outputs of all banks, stacked as channels row by row of the grid."""
        high, wide = (side - (self.banks - 1) * self.step for side in maps.shape[-2:])
        windows = maps.unfold(2, high, self.step).unfold(3, wide, self.step)
        outputs: Tensor = self.convolution(rearrange(windows, "b c y x h w -> b (y x c) h w"))
        return outputs


def side_by_side(outputs: Float[Tensor, "B YXC h w"], banks: int) -> Float[Tensor, "B C H W"]:
    """The outputs of a grid of banks x banks laid out as one map, each where its window lies."""
    return rearrange(outputs, "b (y x c) h w -> b c (y h) (x w)", y=banks, x=banks)
