"""Augmentation of line drawings in batches: erase strokes, warp, crop, wipe.

It falls into two halves. What is to happen to a batch is drawn on the CPU from the generator passed in, as a
few numbers per page (`View`), so that a batch can be drawn again. Pages are then warped where they are kept
(`Pages`), beside the network: on a GPU none of them crosses the bus.
"""

from functools import cache
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Num, UInt8
from pydantic import Field
from scipy.interpolate import CubicSpline
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.features.ink import INK
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
STROKES = 256  # labels of a page's pieces of ink in one byte; 0 is paper, and ink that is never erased


Outside = Literal["white", "border"]


class View(NamedTuple):
    """One augmented look at B pages: the rows of the pages, and what happens to each."""

    rows: Int[Tensor, " B"]
    affine: Float[Tensor, "B 2 3"]
    warp: Float[Tensor, "B 2 G G"] | None
    gain: Float[Tensor, "B 1 1 1"] | None
    blobs: Float[Tensor, "B M 3"] | None  # x, y, radius in shares of the side
    erased: Bool[Tensor, "B S"] | None


class Pages(nn.Module):
    """All pages of one side of a training, in memory as bytes, and their augmented views.

    A page larger than `side` is cropped at a random place, as Yu et al. (CVPR 2016) crop 225 of 256.

    Args:
        pages: 0..255; kept as a buffer, so they move with the module, but are no part of its state.
        side: pixels of the square views.
        options: strengths of the augmentation.
        outside: what lies around a page: white paper, or the photo's border drawn on.
    """

    pages: UInt8[Tensor, "N C H W"]
    strokes: UInt8[Tensor, "N H W"]

    def __init__(
        self,
        pages: UInt8[Tensor, "N C H W"],
        side: int,
        options: Augmentation,
        outside: Outside = "white",
    ) -> None:
        super().__init__()
        self.side, self.options = side, options
        self.padding = "zeros" if outside == "white" else "border"
        self.register_buffer("pages", pages, persistent=False)
        if options.erase:
            labelled = [label_strokes(page) for page in pages[:, 0].numpy()]
            strokes = torch.from_numpy(np.stack([labels for labels, _ in labelled]))
            self.register_buffer("strokes", strokes, persistent=False)
            self.stroke_areas = [areas for _, areas in labelled]

    def draw(self, rows: Int[np.ndarray, " B"], rng: np.random.Generator) -> View:
        """Draw one view of each of the rows; `rng` is the source of all randomness."""
        erased = None
        if self.options.erase:
            areas = [self.stroke_areas[row] for row in rows]
            erased = torch.from_numpy(np.stack([draw_erased(one, self.options.erase, rng) for one in areas]))
        return draw_view(rows, self.side, self.pages.shape[-1], self.options, rng)._replace(erased=erased)

    def forward(self, view: View) -> Float[Tensor, "B C side side"]:
        """Make a view: values in 0..1, white outside of the pages."""
        # Autocast would round where to look to a third of a pixel.
        with torch.autocast(self.pages.device.type, enabled=False):
            # Zero padding of the inverted page is white paper.
            places, padding = places_of(view, self.side), self.padding
            ink = F.grid_sample(self._ink(view), places, padding_mode=padding, align_corners=False)
            return 1 - marked(ink, view)

    def _ink(self, view: View) -> Float[Tensor, "B C H W"]:
        """The ink that is not erased, 0..1."""
        ink = 1 - self.pages[view.rows].float() / 255
        if view.erased is not None:
            labels = self.strokes[view.rows].long()
            gone = view.erased.gather(1, labels.flatten(1)).view_as(labels)
            ink = ink * ~gone[:, None]
        return ink


def draw_view(
    rows: Int[np.ndarray, " B"], side: int, page: int, options: Augmentation, rng: np.random.Generator
) -> View:
    """Draw one view of each of the rows, of `side` of the `page` pixels a side; no strokes are erased."""
    batch = len(rows)
    affine = _affine(batch, side, page, options, rng)
    warp = gain = blobs = None
    if options.elastic:
        warp = rng.normal(0, 2 * options.elastic, (batch, 2, ELASTIC_GRID, ELASTIC_GRID))
    if options.gain:
        gain = np.exp(rng.normal(0, options.gain, (batch, 1, 1, 1)))
    if options.blobs:
        blobs = _blobs(batch, options.blobs, rng)
    return View(
        torch.from_numpy(rows),
        torch.from_numpy(affine).float(),
        _float_tensor(warp),
        _float_tensor(gain),
        _float_tensor(blobs),
        None,
    )


def places_of(view: View, side: int) -> Float[Tensor, "B side side 2"]:
    """Where each pixel of a view looks on its page: x and y, -1 and 1 the page's edges."""
    place = 2 * _centres(side, view.affine) - 1  # pixel centres, as align_corners=False has them
    x, y = place.expand(side, side), place[:, None].expand(side, side)
    base = torch.stack([x, y, torch.ones_like(x)]).flatten(1)
    grid = (view.affine @ base).view(-1, 2, side, side)
    if view.warp is not None:
        rows = _spline_weights(side).to(grid)
        grid = grid + rows @ view.warp @ rows.T
    return grid.permute(0, 2, 3, 1)


def marked(ink: Float[Tensor, "B C side side"], view: View) -> Float[Tensor, "B C side side"]:
    """The ink of a view with its gain, and wiped out in its round patches."""
    if view.gain is not None:
        ink = (ink * view.gain).clamp(max=1)
    if view.blobs is not None:
        x, y, radius = (part[..., None, None] for part in view.blobs.unbind(-1))
        place = _centres(ink.shape[-1], ink)
        squared = (place - x) ** 2 + (place[:, None] - y) ** 2
        ink = ink * (squared > radius**2).all(1, keepdim=True)
    return ink


def _centres(side: int, like: Tensor) -> Float[Tensor, " side"]:
    return (torch.arange(side, device=like.device) + 0.5) / side


def augment(
    pages: UInt8[Tensor, "B C H W"], side: int, options: Augmentation, rng: np.random.Generator
) -> Float[Tensor, "B C side side"]:
    """One augmented view of each page, in their order; see `Pages`."""
    kept = Pages(pages, side, options)
    views: Tensor = kept(kept.draw(np.arange(len(pages)), rng))
    return views


def centre_crop(pages: UInt8[Tensor, "B C H W"], side: int) -> Float[Tensor, "B C side side"]:
    """The page as it is tested: its central `side` pixels, values in 0..1."""
    return middle(pages, side).float() / 255


def middle(pages: Num[Tensor, "B C H W"], side: int) -> Num[Tensor, "B C side side"]:
    """The central `side` pixels of pages."""
    offset = (pages.shape[-1] - side) // 2
    return pages[..., offset : offset + side, offset : offset + side]


def ten_views(pages: Num[Tensor, "B C H W"], side: int) -> list[Num[Tensor, "B C side side"]]:
    """The page as Yu et al. and Singh and Lee test it: middle and four corners, then these five mirrored."""
    far_y, far_x = pages.shape[-2] - side, pages.shape[-1] - side
    places = [(far_y // 2, far_x // 2), (0, 0), (0, far_x), (far_y, 0), (far_y, far_x)]
    crops = [pages[..., y : y + side, x : x + side] for y, x in places]
    return [*crops, *(crop.flip(-1) for crop in crops)]


def label_strokes(
    page: UInt8[np.ndarray, "H W"],
) -> tuple[UInt8[np.ndarray, "H W"], Int[np.ndarray, " S"]]:
    """Number the connected pieces of ink from 1 and count their pixels.

    Raster drawings have no strokes: connected components stand in for the strokes that Yu et al. (BMVC 2015)
    remove. A piece includes its soft border. Of more pieces than a byte can number the smallest keep label 0.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats((page < INK).astype(np.uint8), connectivity=8)
    area = stats[1:, cv2.CC_STAT_AREA]
    largest = np.argsort(-area, kind="stable")[: STROKES - 1]
    number_of = np.zeros(len(stats), np.uint8)
    number_of[largest + 1] = np.arange(1, len(largest) + 1)
    numbers = number_of[labels]
    border = cv2.dilate(numbers, np.ones((3, 3), np.uint8))
    return np.where(numbers, numbers, border), area[largest].astype(np.int64)


def draw_erased(
    areas: Int[np.ndarray, " S"], share: float, rng: np.random.Generator
) -> Bool[np.ndarray, " 256"]:
    """Choose whole pieces of ink, at most `share` of it all, small ones first by chance; never the only one.

    The removal of Yu et al. (BMVC 2015) drops late and short strokes with greater probability.
    """
    erased = np.zeros(STROKES, bool)
    if len(areas) > 1:
        budget = rng.uniform(0, share) * areas.sum()
        order = np.argsort(rng.gumbel(size=len(areas)) - np.log(areas), kind="stable")[::-1]
        erased[order[np.cumsum(areas[order]) <= budget] + 1] = True
    return erased


def as_batch(images: list[Any]) -> UInt8[Tensor, "N C H W"]:
    """Stack grey (H, W) or RGB (H, W, 3) images of one size into a batch."""
    batch = torch.from_numpy(np.stack(images))
    return batch[:, None] if batch.ndim == 3 else batch.permute(0, 3, 1, 2).contiguous()


def _float_tensor(numbers: np.ndarray | None) -> Tensor | None:
    return None if numbers is None else torch.from_numpy(numbers).float()


def _affine(
    batch: int, side: int, height: int, options: Augmentation, rng: np.random.Generator
) -> Float[np.ndarray, "B 2 3"]:
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
    return theta


@cache
def _spline_weights(side: int) -> Float[Tensor, "side G"]:
    """Weights of the control points at each pixel: interpolating cubic splines."""
    knots = np.linspace(0, 1, ELASTIC_GRID)
    weights = CubicSpline(knots, np.eye(ELASTIC_GRID))((np.arange(side) + 0.5) / side)
    return torch.from_numpy(weights).float()


def _blobs(batch: int, most: int, rng: np.random.Generator) -> Float[np.ndarray, "B M 3"]:
    """Up to `most` round holes a page: x, y, radius; those that are absent have radius 0."""
    present = np.arange(most) < rng.integers(0, most + 1, (batch, 1))
    radius = rng.uniform(*BLOB_RADIUS, (batch, most)) * present
    return np.concatenate([rng.uniform(0.1, 0.9, (batch, most, 2)), radius[..., None]], axis=2)
