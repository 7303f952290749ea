"""A localiser that responds to bright disks, so that its windows are known beforehand."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from visavis.methods.face_attributes.model import Localiser
from visavis.nets.backbone import Backbone

RADIUS = 12  # px at the size seen, of the disk that gives the highest response
STRIDE = 4


class DiskFinder(Backbone):
    """How much brighter a disk is than the ring about it: 1 for a white disk of `RADIUS` px on black."""

    channels = 1
    disk: Tensor

    def __init__(self) -> None:
        super().__init__()
        reach = 2 * RADIUS
        row = torch.arange(-reach, reach) + 0.5
        away = torch.hypot(row[:, None], row)
        disk, ring = (away <= RADIUS).float(), ((away > RADIUS) & (away <= reach)).float()
        self.register_buffer("disk", (disk / disk.sum() - ring / ring.sum())[None, None], persistent=False)

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 1 h w"]:
        # Each place is in the middle of its cell of 4 x 4 px.
        margin = 2 * RADIUS - STRIDE // 2
        padded = F.pad(photos[:, :1], (margin, 2 * RADIUS, margin, 2 * RADIUS))
        return F.conv2d(padded, self.disk, stride=STRIDE).relu()


def disk_localiser(largest: float = 1.0, step: float = 0.25, levels: int = 7) -> Localiser:
    """LNet with `DiskFinder` in place of its convolutions."""
    localiser = Localiser("lnet", 1, largest, step, levels, sharpness=30.0)
    localiser.backbone = DiskFinder()
    return localiser.eval()


def disks(
    *known: tuple[float, float, float, float], height: int = 192, width: int = 192
) -> Float[Tensor, "1 3 H W"]:
    """A black photo with disks of x, y, radius and brightness; pixel edges count from 0."""
    rows, columns = torch.arange(height) + 0.5, torch.arange(width) + 0.5
    photo = torch.zeros(height, width)
    for x, y, radius, brightness in known:
        away = torch.hypot(rows[:, None] - y, columns - x)
        photo = torch.maximum(photo, brightness * (radius - away + 0.5).clamp(0, 1))
    return photo.expand(1, 3, -1, -1).contiguous()
