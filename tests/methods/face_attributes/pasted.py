"""Rendered faces on a green canvas, and a localiser that responds to what is not green."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from visavis import images
from visavis.datasets import open_dataset
from visavis.methods.face_attributes.model import FaceAttributes, Localiser
from visavis.methods.face_attributes.search import Shape

SIDE, STRIDE = 48, 8
SHAPE = Shape(SIDE, SIDE)
SETTINGS = {"outer": {"page": 192, "window": SHAPE._asdict()}}
Square = tuple[int, int, int]


class NotGreen(nn.Module):
    """One channel: how much of a window of `SIDE` px is not green, less twice how much around it is not."""

    channels = 1

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 1 h w"]:
        other = (photos[:, 1] - photos[:, [0, 2]].amax(dim=1) < 0.5).float()[:, None]
        inside, both = (_mean_about(other, side) for side in (SIDE, 2 * SIDE))
        return F.relu(inside - 2 * (4 * both - inside) / 3)


def _mean_about(values: Tensor, side: int) -> Tensor:
    return F.avg_pool2d(values, side, STRIDE, (side - STRIDE) // 2)


def planted_lnet() -> Localiser:
    """LNet_o with that response."""
    localiser = Localiser("lnet", attributes=2)
    localiser.backbone = NotGreen()  # type: ignore[assignment]
    return localiser.eval()


def planted() -> FaceAttributes:
    """A model of that LNet_o alone."""
    model = FaceAttributes()
    model.outer = planted_lnet()
    return model.eval()


def canvas(height: int, width: int, squares: list[Square], shown: float = 1.0) -> np.ndarray:
    """A green canvas with rendered faces in squares (x, y, side), of which a share of the rows is shown."""
    paper = np.full((height, width, 3), (0, 255, 0), np.uint8)
    for path, (x, y, side) in zip(open_dataset("rendered-faces-12").items["path"], squares, strict=False):
        face = images.load(path, size=(side, side))
        paper[y : y + round(shown * side), x : x + side] = face[: round(shown * side)]
    return paper


def boxes(squares: list[Square]) -> Float[np.ndarray, "N 4"]:
    """The squares as boxes."""
    return np.array([(x, y, side, side) for x, y, side in squares], float)


def as_photo(pixels: np.ndarray) -> Float[Tensor, "1 3 H W"]:
    """An image as a network reads it."""
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
