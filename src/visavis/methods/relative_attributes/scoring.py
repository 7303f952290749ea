"""From photos to scores and boxes, in one way for validation, protocol and use."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.methods.relative_attributes.model import Judgement, RegionRanker
from visavis.training.augment import centre_crop

BATCH = 64


@torch.no_grad()
def judge(model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"]) -> Judgement:
    """Scores (N, K) of photos, each the mean with its mirror image's, and boxes (N, K, R, 4)."""
    device = next(model.parameters()).device
    scores, boxes = [], []
    for part in torch.split(photos, BATCH):
        batch = centre_crop(part, model.side).to(device)
        upright, mirrored = model(batch), model(batch.flip(-1))
        scores.append((upright.scores + mirrored.scores).float().cpu() / 2)
        boxes.append(upright.boxes.float().cpu())
    return Judgement(torch.cat(scores), torch.cat(boxes))


@torch.no_grad()
def locate(model: RegionRanker, photos: UInt8[Tensor, "N 3 H W"]) -> Float[Tensor, "N K R 4"]:
    """The boxes of `judge`, without reading in them."""
    device = next(model.parameters()).device
    parts = torch.split(photos, BATCH)
    return torch.cat([model.boxes(centre_crop(part, model.side).to(device)).float().cpu() for part in parts])
