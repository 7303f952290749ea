"""The localiser of Singh and Lee, ECCV 2016: a spatial transformer of an upright box.

A box is (s_y, s_x, t_y, t_x): half its height and width are s_y and s_x and its centre (s_y t_y, s_x t_x), in
normalised coordinates where -1 and 1 are the centres of the image's border pixels (align_corners=True, as the
authors' grid has them). The paper's boxes are square, s_y = s_x = s. What lies outside of the image is zero,
the mean colour once it is subtracted.
"""

from typing import Any, Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

REDUCED, HIDDEN = 128, 128  # channels of the 1 x 1 convolution; units of the fully connected layer
SPREAD = 1.0  # of the centres of several boxes at the start, in halves of a box, from top to bottom

Shape = Literal["square", "oblong"]
ScaleForm = Literal["linear", "log"]


class Localiser(nn.Module):
    """From the last map of a backbone to boxes: 1 x 1 convolution, ReLU, two fully connected layers.

    The last layer gives (s', t_y, t_x) and s = ratio * s'. The rows of s' start at zero and its bias at
    initial_scale / ratio, so every image starts with the box of that scale; the rows of t keep the uniform
    start of +-1 / sqrt(128) with bias 0. They are two layers here, to be learned at rates of their own.
    With plain gradient descent s moves ratio^2 as fast as it would by itself, which is why it stays near
    where it starts.

    Beyond the paper: several boxes an attribute, which start one below the other; oblong boxes, with s_y and
    s_x of their own; and s = exp(ratio * s'), with which a step changes any s by the same factor.

    Args:
        channels, map_side: of the backbone's map.
        attributes: K, each with boxes of its own; the paper trains one network an attribute, K = 1.
        regions: R, boxes of an attribute.
        initial_scale: s before training, 0 < s; 1 is the whole image.
        ratio: m of the authors' code.
        shape: square, or oblong.
        scale_form: how s comes from s': linear, or log.
        keep_inside: replace the gradient of boxes whose centre has left the image, see `keep_inside`.
    """

    home: Tensor  # (K, R, 4), where boxes started

    def __init__(
        self,
        channels: int,
        map_side: int,
        attributes: int = 1,
        regions: int = 1,
        initial_scale: float = 0.33,
        ratio: float = 0.05,
        shape: Shape = "square",
        scale_form: ScaleForm = "linear",
        keep_inside: bool = True,
    ) -> None:
        super().__init__()
        self.regions, self.ratio, self.keeps_inside = regions, ratio, keep_inside
        self.shape, self.scale_form = shape, scale_form
        boxes = attributes * regions
        self.reduce = nn.Conv2d(channels, REDUCED, 1)
        self.hidden = nn.Linear(REDUCED * map_side**2, HIDDEN)
        self.scale = nn.Linear(HIDDEN, boxes * (2 if shape == "oblong" else 1))
        self.shift = nn.Linear(HIDDEN, 2 * boxes)
        nn.init.zeros_(self.scale.weight)
        start = torch.full((attributes, regions, 4), initial_scale)
        start[..., 2] = torch.linspace(-SPREAD, SPREAD, regions) if regions > 1 else 0
        start[..., 3] = 0
        self.register_buffer("home", start)
        self.start_at(start)

    @torch.no_grad()
    def start_at(self, boxes: Float[Tensor, "K R 4"]) -> None:
        """Make every image start with these boxes; the translations keep their small random part."""
        self.home.copy_(boxes)
        scale = boxes[..., : 2 if self.shape == "oblong" else 1].flatten()
        self.scale.bias.copy_((scale.log() if self.scale_form == "log" else scale) / self.ratio)
        self.shift.bias.copy_(boxes[..., 2:].flatten())

    def forward(self, features: Float[Tensor, "B C h w"]) -> Float[Tensor, "B K R 4"]:
        """The boxes (s_y, s_x, t_y, t_x) of each map."""
        reduced = F.relu(rearrange(self.reduce(features), "b c h w -> b (c h w)"))
        hidden = F.relu(self.hidden(reduced))
        shift = rearrange(self.shift(hidden), "b (k r yx) -> b k r yx", r=self.regions, yx=2)
        # Autocast would round s to a third of a pixel and exp(s') to more.
        raw = rearrange(self.scale(hidden), "b (k r s) -> b k r s", k=shift.shape[1], r=self.regions).float()
        scale = torch.exp(self.ratio * raw) if self.scale_form == "log" else self.ratio * raw
        boxes = torch.cat([scale.expand(*scale.shape[:3], 2), shift.float()], dim=-1)
        return keep_inside(boxes) if self.keeps_inside else boxes


def crop(
    images: Float[Tensor, "B C H W"], boxes: Float[Tensor, "B 4"], side: int
) -> Float[Tensor, "B C side side"]:
    """Sample the boxes (s_y, s_x, t_y, t_x) of images bilinearly, zero outside.

    Args:
        images: whose zero is the mean colour.
        boxes: one for each image; (1, 1, 0, 0) is the image itself.
        side: of the crops, in pixels.
    """
    high, wide, y, x = boxes.unbind(-1)
    zero = torch.zeros_like(high)
    rows = [torch.stack([wide, zero, wide * x], -1), torch.stack([zero, high, high * y], -1)]
    grid = F.affine_grid(torch.stack(rows, 1), [*images.shape[:2], side, side], align_corners=True)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=True)


def centres(boxes: Float[Tensor, "*B 4"]) -> Float[Tensor, "*B 2"]:
    """Centres (y, x) of boxes (s_y, s_x, t_y, t_x), in normalised coordinates."""
    return boxes[..., :2] * boxes[..., 2:]


def boxes_in_pixels(boxes: Float[Tensor, "*B 4"], height: int, width: int) -> Float[Tensor, "*B 4"]:
    """Boxes as x, y, w, h in pixels, 0-based corner, of images of that size; they may stick out."""
    high, wide, y, x = boxes.unbind(-1)
    half_h, half_w = high * (height - 1) / 2, wide * (width - 1) / 2
    centre_x, centre_y = (1 + wide * x) * (width - 1) / 2, (1 + high * y) * (height - 1) / 2
    return torch.stack([centre_x - half_w, centre_y - half_h, 2 * half_w, 2 * half_h], dim=-1)


def keep_inside(boxes: Float[Tensor, "*B 4"]) -> Float[Tensor, "*B 4"]:
    """The boxes as they are; backwards, a box whose centre has left the image is drawn back to it.

    Where |s_y t_y| > 1 or |s_x t_x| > 1 the gradient of 1/2 [(s_y t_y)^2 + (s_x t_x)^2] takes the place of
    the ranking loss's, per sample and unscaled, as in the authors' release.
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
        scale, shift = boxes[..., :2], boxes[..., 2:]
        back = torch.cat([scale * shift**2, scale**2 * shift], dim=-1)
        outside = (centres(boxes).abs() > 1).any(dim=-1, keepdim=True)
        return torch.where(outside, back, gradient)
