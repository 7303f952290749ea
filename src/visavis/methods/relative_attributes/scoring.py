"""From photos to scores and boxes, in one way for validation, protocol and use."""

import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.methods.relative_attributes.model import Judgement, RegionRanker
from visavis.nets.spatial_transformer import boxes_in_pixels
from visavis.training.augment import centre_crop, ten_views

BATCH, VIEWS = 64, 128  # photos, and views of them, at a time


@torch.no_grad()
def judge(model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"], views: int = 2) -> Judgement:
    """Scores (N, K) of photos, each the mean over its views, and boxes (N, K, R, 4) of the upright middle.

    Args:
        model: in evaluation mode.
        photos: 0..255, of at least the model's side.
        views: 2, the middle and its mirror image, or 10, the corners' too. The authors' release sums ten,
            which orders photos as their mean does.
    """
    device = next(model.parameters()).device
    scores, boxes = [], []
    for part in torch.split(photos, VIEWS // views):
        judged = judge_views(model, part.to(device).float() / 255, views)
        scores.append(judged.scores.float().cpu())
        boxes.append(judged.boxes.float().cpu())
    return Judgement(torch.cat(scores), torch.cat(boxes))


def judge_views(model: RegionRanker, photos: Float[Tensor, "B 3 H W"], views: int) -> Judgement:
    """`judge` of one batch of photos with values in 0..1; all views are one batch of the network."""
    judged = model(torch.cat(ten_views(photos, model.side)[:: 10 // views]))
    scores = rearrange(judged.scores, "(v b) k -> v b k", v=views).mean(0)
    return Judgement(scores, judged.boxes[: photos.shape[0]])


def boxes_in_frame(boxes: Float[Tensor, "*B 4"], side: int, page: int) -> Float[Tensor, "*B 4"]:
    """Boxes (s_y, s_x, t_y, t_x) as x, y, w, h in pixels of the frame, 0-based corner.

    Args:
        boxes: of what the net reads, the middle `side` pixels of the frame.
        side: pixels of a side that the net reads.
        page: pixels of a side of the frame.
    """
    x, y, w, h = boxes_in_pixels(boxes, side, side).unbind(-1)
    offset = (page - side) // 2
    return torch.stack([x + offset, y + offset, w, h], dim=-1)


@torch.no_grad()
def locate(model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"]) -> Float[Tensor, "N K R 4"]:
    """The boxes of `judge`, without reading in them."""
    device = next(model.parameters()).device
    parts = torch.split(photos, BATCH)
    return torch.cat([model.boxes(centre_crop(part, model.side).to(device)).float().cpu() for part in parts])
