"""The localiser of Singh and Lee, ECCV 2016: a spatial transformer of a square box.

A box is (s, t_y, t_x): half its side is s and its centre (s t_x, s t_y), in normalised coordinates where -1
and 1 are the centres of the image's border pixels (align_corners=True, as the authors' grid has them). What
lies outside of the image is zero, the mean colour once it is subtracted.
"""

from typing import Any

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

REDUCED, HIDDEN = 128, 128  # channels of the 1 x 1 convolution; units of the fully connected layer


class Localiser(nn.Module):
    """From the last map of a backbone to a box: 1 x 1 convolution, ReLU, two fully connected layers.

    The last layer gives (s', t_y, t_x) and s = ratio * s'. The rows of s' start at zero and its bias at
    initial_scale / ratio, so every image starts with the box of that scale; the rows of t keep the uniform
    start of +-1 / sqrt(128) with bias 0. They are two layers here, to be learned at rates of their own.
    With plain gradient descent s moves ratio^2 as fast as it would by
    itself, which is why it stays near where it starts.

    Args:
        channels, map_side: of the backbone's map.
        attributes: K, each with a box of its own; the paper trains one network an attribute, K = 1.
        initial_scale: s before training, 0 < s; 1 is the whole image.
        ratio: m of the authors' code.
        keep_inside: replace the gradient of boxes whose centre has left the image, see `keep_inside`.
    """

    def __init__(
        self,
        channels: int,
        map_side: int,
        attributes: int = 1,
        initial_scale: float = 0.33,
        ratio: float = 0.05,
        keep_inside: bool = True,
    ) -> None:
        super().__init__()
        self.ratio, self.keeps_inside = ratio, keep_inside
        self.reduce = nn.Conv2d(channels, REDUCED, 1)
        self.hidden = nn.Linear(REDUCED * map_side**2, HIDDEN)
        self.scale = nn.Linear(HIDDEN, attributes)
        self.shift = nn.Linear(HIDDEN, 2 * attributes)
        nn.init.zeros_(self.scale.weight)
        nn.init.constant_(self.scale.bias, initial_scale / ratio)
        nn.init.zeros_(self.shift.bias)

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B K 3"]:
        """The boxes (s, t_y, t_x) of each map."""
        reduced = F.relu(rearrange(self.reduce(features), "b c h w -> b (c h w)"))
        hidden = F.relu(self.hidden(reduced))
        shift = rearrange(self.shift(hidden), "b (k yx) -> b k yx", yx=2)
        boxes = torch.cat([self.ratio * self.scale(hidden)[..., None], shift], dim=-1)
        return keep_inside(boxes) if self.keeps_inside else boxes


def crop(
    images: Float[Tensor, "B C H W"], boxes: Float[Tensor, "B 3"], side: int
) -> Float[Tensor, "B C side side"]:
    """Sample the boxes (s, t_y, t_x) of images bilinearly, zero outside.

    Args:
        images: whose zero is the mean colour.
        boxes: one for each image; (1, 0, 0) is the image itself.
        side: of the crops, in pixels.
    """
    scale, y, x = boxes.unbind(-1)
    zero = torch.zeros_like(scale)
    rows = [torch.stack([scale, zero, scale * x], -1), torch.stack([zero, scale, scale * y], -1)]
    grid = F.affine_grid(torch.stack(rows, 1), [*images.shape[:2], side, side], align_corners=True)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=True)


def boxes_in_pixels(boxes: Float[Tensor, "B 3"], height: int, width: int) -> Float[Tensor, "B 4"]:
    """Boxes as x, y, w, h in pixels, 0-based corner, of images of that size; they may stick out."""
    scale, y, x = boxes.unbind(-1)
    half_w, half_h = scale * (width - 1) / 2, scale * (height - 1) / 2
    centre_x, centre_y = (1 + scale * x) * (width - 1) / 2, (1 + scale * y) * (height - 1) / 2
    return torch.stack([centre_x - half_w, centre_y - half_h, 2 * half_w, 2 * half_h], dim=-1)


def keep_inside(boxes: Float[Tensor, "*B 3"]) -> Float[Tensor, "*B 3"]:
    """The boxes as they are; backwards, a box whose centre has left the image is drawn back to it.

    Where |s t_y| > 1 or |s t_x| > 1 the gradient of 1/2 [(s t_y)^2 + (s t_x)^2] takes the place of the
    ranking loss's, per sample and unscaled, as in the authors' release.
    """
    kept: Tensor = _KeepInside.apply(boxes)  # type: ignore[no-untyped-call]
    return kept


class _KeepInside(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, boxes: Tensor) -> Tensor:
        ctx.save_for_backward(boxes)
        return boxes.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (boxes,) = ctx.saved_tensors
        scale, y, x = boxes.unbind(-1)
        back = torch.stack([scale * (y**2 + x**2), scale**2 * y, scale**2 * x], dim=-1)
        outside = ((scale * y).abs() > 1) | ((scale * x).abs() > 1)
        return torch.where(outside[..., None], back, gradient)
