"""Boxes that follow what they show: where a photo is moved and scaled, its boxes must move with it.

A localiser that puts the same box on every photo breaks this rule wherever the photo is moved, whatever its
ranking loss says. In photos of things that lie about alike, what tells how far a photo was moved is where its
thing lies: so the boxes learn to follow that, and nobody labels a part. The idea is that of J. Thewlis,
H. Bilen, A. Vedaldi, "Unsupervised Learning of Object Landmarks by Factorized Spatial Embeddings", ICCV 2017,
there for points and without a home.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from visavis.nets.spatial_transformer import centres

SHIFT, LOG_SCALE = 0.2, 0.2  # standard deviations, of half the photo's side and of the log of its size


def following_loss(
    boxes_of: Callable[[Tensor], Tensor], home: Float[Tensor, "K R 4"], photos: Float[Tensor, "B 3 H W"]
) -> Float[Tensor, ""]:
    """Mean squared distance between the boxes of moved photos and their homes, moved alike.

    A moved photo shows at u what the photo shows at z u + d, in normalised coordinates; so a box of half side
    s about c belongs at half side s / z about (c - d) / z. Centres count by their distance, sides by logs.

    Args:
        boxes_of: gives boxes (B, K, R, 4) as (s_y, s_x, t_y, t_x).
        home: where boxes lie in a photo that is not moved, on average. Were it the box that each photo gets,
            nothing would hold the boxes: they drift to where following is easiest, or off the photo.
        photos: z and d are drawn for each from torch's generator.
    """
    batch = len(photos)
    zoom = torch.exp(LOG_SCALE * torch.randn(batch, 1, device=photos.device, dtype=photos.dtype))
    move = SHIFT * torch.randn(batch, 2, device=photos.device, dtype=photos.dtype)  # y, x
    scale, centre = _parts(home)
    moved_scale, moved_centre = _parts(boxes_of(move_photos(photos, zoom, move)))
    z, d = zoom.view(batch, 1, 1, 1), move.view(batch, 1, 1, 2)
    apart = moved_centre - (centre - d) / z
    larger = (moved_scale / (scale / z)).log()
    return apart.square().sum(-1).mean() + larger.square().mean()


def move_photos(
    photos: Float[Tensor, "B 3 H W"], zoom: Float[Tensor, "B 1"], move: Float[Tensor, "B 2"]
) -> Float[Tensor, "B 3 H W"]:
    """Photos that show at u what the given ones show at zoom * u + move (y, x); borders are drawn on."""
    zero = torch.zeros_like(zoom)
    y, x = move[:, :1], move[:, 1:]
    theta = torch.stack([torch.cat([zoom, zero, x], 1), torch.cat([zero, zoom, y], 1)], dim=1)
    with torch.autocast(photos.device.type, enabled=False):
        grid = F.affine_grid(theta, list(photos.shape), align_corners=True)
        return F.grid_sample(photos, grid, padding_mode="border", align_corners=True)


def _parts(boxes: Float[Tensor, "*B 4"]) -> tuple[Float[Tensor, "*B 2"], Float[Tensor, "*B 2"]]:
    """Half sides, above 0, and centres."""
    scale = boxes[..., :2].clamp(min=1e-3)
    return scale, centres(boxes)
