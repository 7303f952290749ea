"""Augmentation of line drawings in batches: warp, crop, erase strokes.

All randomness comes from the generator passed in, so that a batch can be drawn again.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from scipy.interpolate import CubicSpline
from torch import Tensor
from torch.nn import functional as F

from visavis.training.recipe import Options


class Augmentation(Options):
    """Strengths of the augmentation of one kind of page; all zero leaves the page as it is."""

    flip: float = Field(0.0, ge=0, le=1, description="probability of mirroring")
    shift: float = Field(0.0, ge=0, description="standard deviation, share of the side")
    scale: float = Field(0.0, ge=0, description="standard deviation of the log of each axis' scale")
    rotation: float = Field(0.0, ge=0, description="standard deviation, degrees")
    shear: float = Field(0.0, ge=0, description="standard deviation")
    elastic: float = Field(0.0, ge=0, description="standard deviation of the smooth warp, share of the side")
    erase: float = Field(0.0, ge=0, le=1, description="largest share of the strokes erased")
    gain: float = Field(0.0, ge=0, description="standard deviation of the log of the ink's strength")
    blobs: int = Field(0, ge=0, description="largest number of round patches wiped out")


ELASTIC_GRID = 6  # control points a side: neighbouring strokes move together, as in a hand's misjudgement
BLOB_RADIUS = (0.04, 0.14)  # of the side


def augment(
    pages: UInt8[Tensor, "B C H W"], side: int, options: Augmentation, rng: np.random.Generator
) -> Float[Tensor, "B C side side"]:
    """Erase strokes of a batch of pages, warp, crop to `side` and wipe, white outside.

    A page larger than `side` is cropped at a random place, as Yu et al. (CVPR 2016) crop 225 of 256.

    Args:
        pages: 0..255.
        side: pixels of the square pages that come out, values in 0..1.
        options: strengths.
        rng: source of all randomness.
    """
    if options.erase:
        pages = as_batch([erase_strokes(page, options.erase, rng) for page in pages[:, 0].numpy()])
    batch, _, height, _ = pages.shape
    place = torch.linspace(
        -1 + 1 / side, 1 - 1 / side, side
    )  # pixel centres, as align_corners=False has them
    x, y = place.expand(side, side), place[:, None].expand(side, side)
    base = torch.stack([x, y, torch.ones(side, side)]).flatten(1)
    grid = (_affine(batch, side, height, options, rng) @ base).view(batch, 2, side, side)
    if options.elastic:
        field = rng.normal(0, 2 * options.elastic, (batch, 2, ELASTIC_GRID, ELASTIC_GRID))
        rows = _spline_weights(side)
        grid = grid + rows @ torch.from_numpy(field).float() @ rows.T
    # Zero padding of the inverted page is white paper.
    ink = F.grid_sample(1 - pages.float() / 255, grid.permute(0, 2, 3, 1), align_corners=False)
    if options.gain:
        strength = torch.from_numpy(np.exp(rng.normal(0, options.gain, (batch, 1, 1, 1)))).float()
        ink = (ink * strength).clamp(max=1)
    if options.blobs:
        ink = ink * _blob_mask(batch, side, options.blobs, rng)
    return 1 - ink


def centre_crop(pages: UInt8[Tensor, "B C H W"], side: int) -> Float[Tensor, "B C side side"]:
    """The page as it is tested: its central `side` pixels, values in 0..1."""
    offset = (pages.shape[-1] - side) // 2
    return pages[..., offset : offset + side, offset : offset + side].float() / 255


def erase_strokes(
    page: UInt8[np.ndarray, "H W"], share: float, rng: np.random.Generator
) -> UInt8[np.ndarray, "H W"]:
    """Erase whole connected pieces of ink, at most `share` of the ink, small ones first by chance.

    Raster drawings have no strokes: connected components stand in for the stroke removal of Yu et al.
    (BMVC 2015), which drops late and short strokes with greater probability.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((page < 200).astype(np.uint8), connectivity=8)
    if count < 3:
        return page
    area = stats[1:, cv2.CC_STAT_AREA]
    budget = rng.uniform(0, share) * area.sum()
    order = np.argsort(rng.gumbel(size=count - 1) - np.log(area), kind="stable")[::-1]
    erased = order[np.cumsum(area[order]) <= budget] + 1
    return np.where(np.isin(labels, erased), np.uint8(255), page)


def _affine(
    batch: int, side: int, height: int, options: Augmentation, rng: np.random.Generator
) -> Float[Tensor, "B 2 3"]:
    """Random similarities with shear, from output to input in normalised coordinates."""
    angle = np.deg2rad(rng.normal(0, 1, batch) * options.rotation)
    scale = np.exp(rng.normal(0, 1, (batch, 2)) * options.scale) * side / height
    shear = rng.normal(0, 1, batch) * options.shear
    mirror = np.where(rng.random(batch) < options.flip, -1.0, 1.0)
    room = 1 - side / height
    centre = rng.uniform(-room, room, (batch, 2)) + rng.normal(0, 2, (batch, 2)) * options.shift
    cosine, sine = np.cos(angle), np.sin(angle)
    theta = np.empty((batch, 2, 3))
    theta[:, 0] = np.stack([mirror * scale[:, 0] * cosine, scale[:, 0] * (shear - sine), centre[:, 0]], 1)
    theta[:, 1] = np.stack([mirror * scale[:, 1] * sine, scale[:, 1] * cosine, centre[:, 1]], 1)
    return torch.from_numpy(theta).float()


@cache
def _spline_weights(side: int) -> Float[Tensor, "side G"]:
    """Weights of the control points at each pixel: interpolating cubic splines."""
    knots = np.linspace(0, 1, ELASTIC_GRID)
    weights = CubicSpline(knots, np.eye(ELASTIC_GRID))((np.arange(side) + 0.5) / side)
    return torch.from_numpy(weights).float()


def _blob_mask(batch: int, side: int, most: int, rng: np.random.Generator) -> Float[Tensor, "B 1 side side"]:
    """Ones, with up to `most` round holes a page."""
    count = rng.integers(0, most + 1, (batch, 1, 1, 1))
    present = np.arange(most).reshape(1, most, 1, 1) < count
    radius = rng.uniform(*BLOB_RADIUS, (batch, most, 1, 1)) * present
    centre = rng.uniform(0.1, 0.9, (2, batch, most, 1, 1))
    place = (np.arange(side) + 0.5) / side
    squared = (place.reshape(1, 1, 1, side) - centre[0]) ** 2 + (
        place.reshape(1, 1, side, 1) - centre[1]
    ) ** 2
    kept = np.all(squared > radius**2, axis=1, keepdims=True)
    return torch.from_numpy(kept).float()


def as_batch(images: list[Any]) -> UInt8[Tensor, "N C H W"]:
    """Stack grey (H, W) or RGB (H, W, 3) images of one size into a batch."""
    batch = torch.from_numpy(np.stack(images))
    return batch[:, None] if batch.ndim == 3 else batch.permute(0, 3, 1, 2).contiguous()
