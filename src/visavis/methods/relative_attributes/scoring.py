"""From photos to scores and boxes, in one way for validation, protocol and use."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.methods.relative_attributes.model import Judgement, RegionRanker
from visavis.training.augment import centre_crop, ten_views

BATCH = 64


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
    for part in torch.split(photos, BATCH):
        chosen = ten_views(part, model.side)[:: 10 // views]
        judged = [model(view.to(device).float() / 255) for view in chosen]
        scores.append(torch.stack([one.scores.float() for one in judged]).mean(0).cpu())
        boxes.append(judged[0].boxes.float().cpu())
    return Judgement(torch.cat(scores), torch.cat(boxes))


@torch.no_grad()
def locate(model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"]) -> Float[Tensor, "N K R 4"]:
    """The boxes of `judge`, without reading in them."""
    device = next(model.parameters()).device
    parts = torch.split(photos, BATCH)
    return torch.cat([model.boxes(centre_crop(part, model.side).to(device)).float().cpu() for part in parts])
