"""What was seen of a localiser, as a sheet of maps over photos and as a sentence."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from visavis.methods.relative_attributes.framed import Frames
from visavis.methods.relative_attributes.sensitivity import PATCH, Activation
from visavis.nets.spatial_transformer import boxes_in_pixels
from visavis.pictures.canvas import Picture
from visavis.pictures.heat import with_heat
from visavis.pictures.sheet import sheet

LEAST = 0.005  # at the end of a column's colours: what hardly changes is not to look as if it did


@dataclass(frozen=True)
class Looked:
    """An attribute's boxes in B photos, what is active there, and what a patch does to the boxes.

    `moved`, `grown` are those of `sensitivity.Occlusion` for this attribute.
    """

    paths: list[str]
    boxes: Float[Tensor, "B R 4"]
    active: Activation
    moved: Float[np.ndarray, "B H W"]
    grown: Float[np.ndarray, "B H W"]


def draw(name: str, looked: Looked, frames: Frames) -> Picture:
    """A row for each photo: its boxes, the activations, and where a patch moves, enlarges or shrinks the box.

    The colours of a column are of one scale in all its rows. A channel's per cent are its share of all the
    channels' weight.
    """
    active = looked.active
    columns: dict[str, tuple[Float[np.ndarray, "B h w"], bool]] = {"all channels": (active.mean, False)}
    for number, (channel, share) in enumerate(zip(active.channels, active.share, strict=True)):
        columns[f"channel {channel}: {100 * share:.0f} %"] = active.maps[:, number], False
    columns[f"moves to {_percent(looked.moved)}"] = looked.moved, False
    columns[f"size ± to {_percent(looked.grown)}"] = looked.grown, True
    cells = [[frames.boxed(path, boxes)] for path, boxes in zip(looked.paths, looked.boxes, strict=True)]
    for maps, signed in columns.values():
        limit = max(float(np.abs(maps).max()), LEAST)
        for row, path, values in zip(cells, looked.paths, maps, strict=True):
            row.append(with_heat(frames.plain(path), frames.spread(values), limit=limit, signed=signed))
    return sheet(cells, ["box", *columns], title=f"What the localiser of {name} looks at")


def sentence(looked: Looked) -> str:
    """How far a patch moves the boxes, and whether it is what lies in the boxes that places them."""
    inside = np.stack([_covered(boxes, looked.moved.shape[-1]) for boxes in looked.boxes])
    total = looked.moved.sum()
    share = looked.moved[inside].sum() / total if total else 0.0
    return (
        f"a grey patch of {100 * PATCH:.0f} % of the side moves the box by up to {_percent(looked.moved)} "
        f"of it and changes its size by up to {_percent(looked.grown)}; {100 * share:.0f} % of the movement "
        f"comes from inside the boxes, which cover {100 * inside.mean():.0f} % of the photos"
    )


def _covered(boxes: Float[Tensor, "R 4"], side: int) -> np.ndarray:
    """Which of `side` x `side` pixels lie in one of the boxes."""
    at = torch.arange(side)
    x, y, w, h = boxes_in_pixels(boxes, side, side)[..., None].unbind(1)
    across, down = (at >= x) & (at <= x + w), (at >= y) & (at <= y + h)
    covered: np.ndarray = (down[:, :, None] & across[:, None]).any(dim=0).numpy()
    return covered


def _percent(values: Float[np.ndarray, "B H W"]) -> str:
    return f"{100 * float(np.abs(values).max()):.1f} %"
