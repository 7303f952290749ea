"""ANet, which reads the attributes of a face (Liu, Luo, Wang, Tang, ICCV 2015, section 3)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from visavis.errors import VisavisError
from visavis.nets.backbone import Backbone
from visavis.nets.colour import DEVIATION, MEAN
from visavis.nets.locally_shared import LocallyShared, side_by_side

CELLS = 3  # of a side: the nine of C3
BANKS = 2  # of a side: the four of C4, over 2 x 2 cells each


class ANet(Backbone):
    """Four convolutions and three max-poolings; the filters of the last two belong to places of the face.

    | layer | filters | a photo of 88 px becomes |
    |---|---|---|
    | C1 | 5 x 5, everywhere the same | 84, pooled to 42 |
    | C2 | 3 x 3, everywhere the same | 40, pooled to 20 |
    | C3 | 3 x 3, nine banks | 3 x 3 cells of 6, each pooled to 3 |
    | C4 | 4 x 4, four banks, each over 2 x 2 cells | 2 x 2 quadrants of 3 |

    The paper gives neither sizes nor widths; these are made for two cores, and it has 1,307,872 parameters.
    Nothing is padded and no pooling reaches across cells, so that a patch has the same maps alone and within
    a larger photo (`visavis.nets.interweaved`). Pooling comes before batch normalisation and ReLU, which
    then cost a quarter. Every bank has statistics of its own.

    Args:
        widths: filters of C1 and C2, and of each bank of C3 and C4.
    """

    colours = 3
    side = 88
    map_side = 6
    stride = 8  # pixels from one place of C3's pooled maps to the next
    cell = 3  # side of one of its cells, in places

    def __init__(self, widths: tuple[int, int, int, int] = (32, 64, 96, 128)) -> None:
        super().__init__()
        first, second, third, self.channels = widths
        self.globally_shared = nn.Sequential(
            nn.Conv2d(3, first, 5, bias=False),
            *_pooled(first),
            nn.Conv2d(first, second, 3, bias=False),
            *_pooled(second),
        )
        self.c3 = nn.Sequential(
            LocallyShared(second, third, 3, CELLS, step=2 * self.cell), *_pooled(CELLS**2 * third)
        )
        self.c4 = nn.Sequential(
            LocallyShared(third, self.channels, 4, BANKS, step=self.cell),
            nn.BatchNorm2d(BANKS**2 * self.channels),
            nn.ReLU(),
        )

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C h w"]:
        """Encode photos of 88 x 88 px with values in 0..1.

        Raises:
            VisavisError: photos of another size, whose cells would lie at other places of the face.
        """
        if photos.shape[-2:] != (self.side, self.side):
            size = " x ".join(map(str, photos.shape[-2:]))
            raise VisavisError(f"anet reads {self.side} x {self.side} px, not {size}; resize the photos")
        return self.read(side_by_side(self.banks(photos), CELLS))

    def banks(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B YXC h w"]:
        """C3, pooled, of the nine banks in rows of three, stacked as channels.

        Of a photo of 88 px each has its cell of 3 x 3 places. With every `stride` pixels that a photo is
        larger they have one place more, for the cells of all patches in it.
        """
        # A convolution on a CPU is up to three times as fast with the channels last.
        maps = ((photos - MEAN) / DEVIATION).contiguous(memory_format=torch.channels_last)
        return self.c3(self.globally_shared(maps))  # type: ignore[no-any-return]

    def read(self, cells: Float[Tensor, "B c 9 9"]) -> Float[Tensor, "B C h w"]:
        """C4 of nine cells side by side; its four banks are the quadrants of the map."""
        return side_by_side(self.c4(cells), BANKS)


def _pooled(channels: int) -> list[nn.Module]:
    return [nn.MaxPool2d(2), nn.BatchNorm2d(channels), nn.ReLU()]
