"""Histograms of oriented gradients, batched (N. Dalal, B. Triggs, CVPR 2005).

Votes are shared linearly between neighbouring orientations and bilinearly between neighbouring cells, which
matters for thin lines: a stroke that moves by a pixel must not jump from one cell to the next.
"""

import math
from typing import Literal

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Norm = Literal["l2", "l2-hys", "l1-sqrt"]
_CLIP = 0.2  # of l2-hys, section 6.4


def hog(
    images: Float[Tensor, "B 1 H W"],
    *,
    cell: int = 16,
    bins: int = 9,
    block: int = 2,
    signed: bool = False,
    norm: Norm = "l2-hys",
    epsilon: float = 0.1,
) -> Float[Tensor, "B D"]:
    """One vector per image: its normalised blocks of cells, which overlap and advance by one cell.

    Args:
        images: grey values, or ink, usually in 0..1.
        cell: side of a cell in pixels; pixels left over by H or W are shared by both borders.
        bins: orientations; centres at half a bin, one and a half, ... from the x axis.
        block: side of a block in cells.
        signed: orientations over 360 degrees instead of 180.
        norm: of a block: l2 is v / (|v|_2 + epsilon); l2-hys clips that at 0.2 and normalises again; l1-sqrt
            is sqrt(v / (|v|_1 + epsilon)).
        epsilon: gradient, summed over a block, that is as good as none.

    Returns:
        (B, D): blocks row by row, in each its cells row by row, bins innermost;
        D = (H // cell - block + 1) (W // cell - block + 1) block^2 bins.
    """
    cells = _cell_histograms(images, cell, bins, signed)
    windows = cells.unfold(1, block, 1).unfold(2, block, 1)
    blocks = rearrange(windows, "b y x bins i j -> b (y x) (i j bins)")
    if norm == "l1-sqrt":
        blocks = (blocks / (blocks.sum(-1, keepdim=True) + epsilon)).sqrt()
    else:
        blocks = blocks / (blocks.norm(dim=-1, keepdim=True) + epsilon)
    if norm == "l2-hys":
        blocks = F.normalize(blocks.clamp(max=_CLIP), dim=-1)
    return blocks.flatten(1)


def _cell_histograms(
    images: Float[Tensor, "B 1 H W"], cell: int, bins: int, signed: bool
) -> Float[Tensor, "B Y X K"]:
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")[:, 0]
    dx = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    dy = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    magnitude = (dx**2 + dy**2).sqrt()  # not torch.hypot, which ONNX does not have
    period = 2 * math.pi if signed else math.pi
    position = torch.atan2(dy, dx).remainder(period) * (bins / period)
    rows, columns = (_tents(side, cell).to(images) for side in images.shape[2:])
    histograms = []
    for k in range(bins):  # one bin at a time, because all at once take `bins` copies of the batch
        offset = (position - (k + 0.5)).abs()
        share = (1 - torch.minimum(offset, bins - offset)).clamp(min=0)
        histograms.append(rows @ (magnitude * share) @ columns.T)
    return torch.stack(histograms, dim=-1)


def _tents(length: int, cell: int) -> Float[Tensor, "n length"]:
    """Weight of each pixel in each cell along one axis: 1 at the cell's centre, 0 at the next one's."""
    count = length // cell
    first = (length - count * cell + cell - 1) / 2
    centres = first + cell * torch.arange(count)
    return (1 - (torch.arange(length) - centres[:, None]).abs() / cell).clamp(min=0)
