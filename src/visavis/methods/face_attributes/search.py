"""The window of a face, from the response maps of a localiser.

The paper proposes windows of many sizes on one map, and scores each by its mean response (`windows.py`). On
a pyramid a window has one size, that at which the net sees a face; its score is the response at its place,
and its size in the photo follows from the size at which the photo is seen.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from visavis.methods.face_attributes.model import Localiser

# How far from the best place, in px at the size seen, and in octaves, others join in. Both lie between the steps
# from place to place (8 px of LNet) and from size to size (an eighth or a quarter), so that no place lies on
# the border, where rounding would decide.
NEAR, NEAR_SIZE = 28.0, 0.8
ROUNDS = 2


class Shape(NamedTuple):
    """A window about a place of the response map: width, height, and where its middle lies from the place,
    in pixels of the photo at the size that is seen."""

    width: float
    height: float
    right: float = 0.0
    down: float = 0.0


class Candidates(NamedTuple):
    """All places of a pyramid: `x`, `y` (P,) in pixels of the photo, `size` (P,), the log2 of photo pixels in
    one that is seen, and `response` (B, P)."""

    x: Float[Tensor, " P"]
    y: Float[Tensor, " P"]
    size: Float[Tensor, " P"]
    response: Float[Tensor, "B P"]


def candidates(localiser: Localiser, photos: Float[Tensor, "B 3 H W"]) -> Candidates:
    """The places of all sizes at which a localiser sees photos."""
    xs, ys, sizes, responses = [], [], [], []
    for scale, response in zip(localiser.scales, localiser.responses(photos), strict=True):
        height, width = response.shape[1:]
        rows = (torch.arange(height, device=photos.device) + 0.5) * photos.shape[2] / height
        columns = (torch.arange(width, device=photos.device) + 0.5) * photos.shape[3] / width
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        xs.append(x.flatten())
        ys.append(y.flatten())
        sizes.append(torch.full_like(xs[-1], -math.log2(scale)))
        responses.append(response.flatten(1))
    return Candidates(torch.cat(xs), torch.cat(ys), torch.cat(sizes), torch.cat(responses, dim=1))


@torch.no_grad()
def find_windows(
    localiser: Localiser, photos: Float[Tensor, "B 3 H W"], shape: Shape
) -> tuple[Float[Tensor, "B 4"], Float[Tensor, " B"]]:
    """The best window (x, y, w, h in pixels) of each photo, and its response.

    It starts at the place of the highest response and goes to the mean of the places near to it in the photo
    and in size, weighted as in `Localiser`: the grid of places is coarse.
    """
    found = candidates(localiser, photos)
    weights = localiser.log_sharpness.exp() * found.response
    score, best = found.response.max(dim=1)
    x, y, size = (values[best][:, None] for values in (found.x, found.y, found.size))
    for _ in range(ROUNDS):
        reach = NEAR * 2**size
        near = ((found.x - x).abs() < reach) & ((found.y - y).abs() < reach)
        near &= (found.size - size).abs() <= NEAR_SIZE
        attention = weights.masked_fill(~near, -torch.inf).softmax(dim=1)
        x, y, size = (
            (attention * values).sum(dim=1, keepdim=True) for values in (found.x, found.y, found.size)
        )
    pixel = 2**size
    width, height = shape.width * pixel, shape.height * pixel
    left = x + shape.right * pixel - width / 2
    top = y + shape.down * pixel - height / 2
    return torch.cat([left, top, width, height], dim=1), score
