"""What a picture is made from: named polygons, pen strokes, and where they lie on the page."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from visavis.synth.curves import Points

PAGE = 256
"""Side of the page that an outline is laid out on, in pixels."""

MARGIN = 20
"""Pixels of that page left free on every side, for the camera to move in."""

Parts = dict[str, tuple[str, ...]]
"""Part that has a box -> the layers that it consists of."""

PARTS: Parts = {
    "sole": ("sole",),
    "heel": ("heel",),
    "shaft": ("leg",),
    "toe": ("toe",),
    "strap": ("strap", "far strap", "buckle"),
    "laces": ("laces", "facing"),
    "ornament": ("ornament",),
}
"""Those of a shoe."""

Affine = Float[np.ndarray, "2 3"]


class Box(NamedTuple):
    """Pixels that a part touches: first column and row (0-based), and how many of each."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Stroke:
    """A line that a pen draws: its part, its points, and how much of a detail it is (0 = outline, 1)."""

    part: str
    points: Points
    detail: float


@dataclass(frozen=True)
class Geometry:
    """Everything there is to draw; on a page y points down and pixel centres are at integers.

    Attributes:
        polygons: layer name -> closed polygons. Some are regions, not painted themselves (`toe`, `leg`).
        strokes: what a pen would draw, outlines before details.
        marks: lines of the surface pattern, already clipped to the upper.
    """

    polygons: dict[str, list[Points]]
    strokes: list[Stroke]
    marks: list[Points]

    def transformed(self, affine: Affine) -> "Geometry":
        """The geometry after x' = A x + b, where `affine` = [A | b]."""

        def move(curve: Points) -> Points:
            return np.asarray(curve @ affine[:, :2].T + affine[:, 2])

        return Geometry(
            {name: [move(polygon) for polygon in group] for name, group in self.polygons.items()},
            [replace(stroke, points=move(stroke.points)) for stroke in self.strokes],
            [move(mark) for mark in self.marks],
        )

    def on_page(self) -> "Geometry":
        """Scaled to fill the page inside the margin and centred; y, which pointed up, is turned down."""
        everything = np.vstack([polygon for group in self.polygons.values() for polygon in group])
        low, high = everything.min(0), everything.max(0)
        scale = (PAGE - 1 - 2 * MARGIN) / (high - low).max()
        flip = np.diag([scale, -scale])
        return self.transformed(np.column_stack([flip, (PAGE - 1) / 2 - flip @ ((low + high) / 2)]))

    def boxes(self, parts: Parts = PARTS) -> dict[str, Box]:
        """Part name -> box, for those of `parts` that are there."""
        found = {}
        for part, layers in parts.items():
            if polygons := [polygon for layer in layers for polygon in self.polygons[layer]]:
                corners = np.vstack(polygons)
                low, high = np.rint(corners.min(0)), np.rint(corners.max(0))
                found[part] = Box(*map(float, low), *map(float, high - low + 1))
        return found
