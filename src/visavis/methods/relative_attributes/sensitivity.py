"""What a localiser looks at: the strongest activations of its backbone, and what happens to its boxes when a
part of the photo is covered (M. Zeiler and R. Fergus, ECCV 2014, there for a class)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from visavis.methods.relative_attributes.scoring import BATCH
from visavis.nets.spatial_transformer import centres

GREY = 0.5  # of the patch
PATCH = 0.2  # side of the grey patch, as a share of the photo's
PLACES = 13  # of the patch, along each side
CHANNELS = 2  # strongest ones that are shown


class Occlusion(NamedTuple):
    """What a patch does to the boxes of K attributes, at each pixel a mean over the patches that cover it.

    A patch counts most where its middle is.

    `moved`: how far the boxes' centres move, in shares of the photo's side. `grown`: what is added to the log
    of their scale; above zero the box grows.
    """

    moved: Float[np.ndarray, "B K H W"]
    grown: Float[np.ndarray, "B K H W"]


class Activation(NamedTuple):
    """Sizes of activations of a backbone's last map: mean over the channels, and the strongest channels.

    Strong is a channel by |gradient x activation| of the centres of an attribute's boxes, summed over places
    and photos; `share` is that of all channels together which is theirs.
    """

    mean: Float[np.ndarray, "B h w"]
    channels: list[int]
    maps: Float[np.ndarray, "B M h w"]
    share: list[float]


@torch.no_grad()
def occlusion(
    boxes: Callable[[Float[Tensor, "B 3 H W"]], Float[Tensor, "B K R 4"]],
    photos: Float[Tensor, "B 3 H W"],
) -> Occlusion:
    """Slide a grey patch over photos and measure what that does to the boxes.

    Args:
        boxes: gives the boxes (s_y, s_x, t_y, t_x) in photos.
        photos: square, values in 0..1.
    """
    side = photos.shape[-1]
    patch = max(1, round(PATCH * side))
    starts = np.linspace(0, side - patch, PLACES).round().astype(int).tolist()
    places = [(slice(y, y + patch), slice(x, x + patch)) for y in starts for x in starts]
    moved, grown = [], []
    for photo in photos:
        covered = photo.repeat(len(places), 1, 1, 1)
        for one, (rows, columns) in zip(covered, places, strict=True):
            one[:, rows, columns] = GREY
        before = boxes(photo[None])
        after = torch.cat([boxes(part) for part in torch.split(covered, BATCH)])
        shift = (centres(after) - centres(before)).norm(dim=-1) / 2  # -1..1 is the whole side
        growth = (_log_scale(after) - _log_scale(before)).mean(dim=-1)
        moved.append(_spread(shift.mean(dim=-1), places, side))
        grown.append(_spread(growth, places, side))
    return Occlusion(np.stack(moved), np.stack(grown))


def activation(
    finder: nn.Module, localiser: nn.Module, photos: Float[Tensor, "B 3 H W"], attribute: int
) -> Activation:
    """The activations that place the boxes of an attribute in photos.

    Args:
        finder: backbone of the localiser.
        localiser: from the backbone's last map to boxes; its gradient must be that of the boxes themselves.
        photos: square, values in 0..1.
        attribute: its number.
    """
    features = finder(photos).detach().requires_grad_()
    middles = centres(localiser(features)[:, attribute])
    paths = torch.zeros_like(features)
    for coordinate in middles.flatten(1).sum(dim=0):
        (gradient,) = torch.autograd.grad(coordinate, features, retain_graph=True)
        paths += (gradient * features).abs().detach()
    weights = paths.sum(dim=(0, 2, 3))
    share, channels = (weights / weights.sum().clamp(min=1e-12)).topk(CHANNELS)
    size = features.detach().abs().cpu()
    return Activation(
        size.mean(dim=1).numpy(), channels.tolist(), size[:, channels.cpu()].numpy(), share.tolist()
    )


def _log_scale(boxes: Float[Tensor, "*B 4"]) -> Float[Tensor, "*B"]:
    """Log of the geometric mean of height and width; a box may have been turned over."""
    return boxes[..., :2].abs().clamp(min=1e-6).log().mean(dim=-1)


def _spread(
    values: Float[Tensor, "T K"], places: list[tuple[slice, slice]], side: int
) -> Float[np.ndarray, "K side side"]:
    """At each pixel the weighted mean of the values of the places that cover it."""
    patch = places[0][0].stop - places[0][0].start
    weight = np.outer(*[np.hanning(patch + 2)[1:-1]] * 2)
    total, weights = np.zeros((values.shape[1], side, side)), np.zeros((side, side))
    for value, (rows, columns) in zip(values.cpu().numpy(), places, strict=True):
        total[:, rows, columns] += value[:, None, None] * weight
        weights[rows, columns] += weight
    return total / weights
