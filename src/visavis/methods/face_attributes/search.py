"""The window of a face, from the response maps of a localiser.

The paper proposes windows of many sizes on one map, and scores each by its mean response (`windows.py`). On
a pyramid a window has one size, that at which the net sees a face; its score is the response at its place,
and its size in the photo follows from the size at which the photo is seen.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from visavis.methods.face_attributes.model import Localiser

# How far from the best place, in px at the size seen, and in octaves, others join in. Both lie between the
# steps from place to place (8 px of LNet) and from size to size (an eighth or a quarter), so that no place
# lies on the border, where rounding would decide.
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
    one that is seen, and `response` (B, P). `maps` are the rows and columns of each size's map, whose places
    lie one after another."""

    x: Float[Tensor, " P"]
    y: Float[Tensor, " P"]
    size: Float[Tensor, " P"]
    response: Float[Tensor, "B P"]
    maps: list[tuple[int, int]]


def candidates(
    localiser: Localiser, photos: Float[Tensor, "B 3 H W"], scales: Sequence[float] | None = None
) -> Candidates:
    """The places of all sizes at which a localiser sees photos.

    Args:
        localiser: whose responses are taken.
        photos: with values in 0..1.
        scales: sizes to see them at, the largest first; None for those of the localiser.
    """
    scales = localiser.scales if scales is None else scales
    return candidates_on(localiser.responses(photos, scales), scales, photos)


def candidates_on(
    maps: Sequence[Float[Tensor, "B _ _"]], scales: Sequence[float], photos: Float[Tensor, "B 3 H W"]
) -> Candidates:
    """The places of response maps of photos, seen at these sizes."""
    xs, ys, sizes, responses = [], [], [], []
    for scale, response in zip(scales, maps, strict=True):
        height, width = response.shape[1:]
        rows = (torch.arange(height, device=photos.device) + 0.5) * photos.shape[2] / height
        columns = (torch.arange(width, device=photos.device) + 0.5) * photos.shape[3] / width
        y, x = torch.meshgrid(rows, columns, indexing="ij")
        xs.append(x.flatten())
        ys.append(y.flatten())
        sizes.append(torch.full_like(xs[-1], -math.log2(scale)))
        responses.append(response.flatten(1))
    shapes = [(one.shape[1], one.shape[2]) for one in maps]
    return Candidates(torch.cat(xs), torch.cat(ys), torch.cat(sizes), torch.cat(responses, dim=1), shapes)


@torch.no_grad()
def find_windows(
    localiser: Localiser, photos: Float[Tensor, "B 3 H W"], shape: Shape
) -> tuple[Float[Tensor, "B 4"], Float[Tensor, " B"]]:
    """The best window (x, y, w, h in pixels) of each photo, and its response."""
    found = candidates(localiser, photos)
    return best_windows(found, localiser.log_sharpness.exp(), shape), found.response.amax(dim=1)


def best_windows(found: Candidates, sharpness: Float[Tensor, ""], shape: Shape) -> Float[Tensor, "B 4"]:
    """The window about the place of the highest response of each photo, see `windows_from`."""
    return windows_from(found, found.response.argmax(dim=1), sharpness, shape)


def windows_from(
    found: Candidates, start: Int[Tensor, " B"], sharpness: Float[Tensor, ""], shape: Shape
) -> Float[Tensor, "B 4"]:
    """The window (x, y, w, h in pixels) that is found from a place.

    It goes to the mean of the places near to it in the photo and in size, weighted as in `Localiser`: the
    grid of places is coarse. The gradient is that of the weights; which places are near is taken as given.

    Args:
        found: the places.
        start: number of a place for each row of responses.
        sharpness: k of the localiser.
        shape: of the window.
    """
    weights = sharpness * found.response
    x, y, size = (values[start][:, None] for values in (found.x, found.y, found.size))
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
    return torch.cat([left, top, width, height], dim=1)


def strongest(found: Candidates) -> Int[Tensor, "B h w"]:
    """For every place of the largest map the number of the strongest of all places, of any size, there."""
    numbers = torch.split(torch.arange(len(found.x)).double(), [h * w for h, w in found.maps])
    there = torch.cat(
        [
            F.interpolate(own.view(1, 1, *size), found.maps[0], mode="nearest-exact")[0].long()
            for own, size in zip(numbers, found.maps, strict=True)
        ]
    ).to(found.x.device)
    best = found.response[:, there].argmax(dim=1)
    return torch.stack([there.gather(0, one[None])[0] for one in best])


def on_one_map(maps: Sequence[Float[Tensor, "B _ _"]]) -> Float[Tensor, "levels B h w"]:
    """The maps of all sizes, smoothly stretched to the first, which is the largest."""
    size = maps[0].shape[1:]
    stretched = [F.interpolate(one[:, None], size, mode="bilinear", align_corners=False) for one in maps]
    return torch.stack([one[:, 0] for one in stretched])
