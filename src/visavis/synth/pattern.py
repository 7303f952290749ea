"""A pattern's lines over a shoe's surface. Coordinates are those of the last."""

import cv2
import numpy as np
from jaxtyping import Bool

from visavis.synth.curves import Point, Points, circle, closed, travelled
from visavis.synth.shoes import Shoe
from visavis.synth.strengths import LEAST

SHORTEST = 4.0
"""Pieces of a line that the outline cuts off are kept from this length on."""


def pattern_marks(shoe: Shoe, body: list[Points]) -> list[Points]:
    """Stripes, dots or checks on the polygons of `body`; more strength sets them closer."""
    if shoe.pattern <= LEAST:
        return []
    low, high = np.vstack(body).min(0), np.vstack(body).max(0)
    gap = 30 - 16 * shoe.pattern
    match shoe.motif:
        case "stripes":
            marks = _hatching(low, high, gap, 0.35)
        case "checks":
            marks = _hatching(low, high, gap, 0.35) + _hatching(low, high, gap, -1.6)
        case "dots":
            marks = _dots(low, high, gap)
    inside = _Inside(body, low, high)
    return [run for mark in marks for run in inside.runs(mark)]


def _dots(low: Point, high: Point, gap: float) -> list[Points]:
    rows = np.arange(low[1] + gap / 2, high[1], gap)
    return [
        closed(circle((x, y), 0.2 * gap, 8))
        for number, y in enumerate(rows)
        for x in np.arange(low[0] + gap / 4 + number % 2 * gap / 2, high[0], gap)
    ]


def _hatching(low: Point, high: Point, gap: float, slope: float) -> list[Points]:
    """Parallel lines over the rectangle low..high, `gap` apart, with dx/dy = `slope`."""
    height = high[1] - low[1]
    reach = abs(slope) * height
    way = height * np.linspace(0, 1, 64)
    starts = np.arange(low[0] - reach, high[0] + reach, gap * np.hypot(1, slope))
    return [np.stack([x + slope * way, low[1] + way], axis=1) for x in starts]


class _Inside:
    """Which points lie in any of some polygons, to the nearest unit."""

    def __init__(self, polygons: list[Points], low: Point, high: Point) -> None:
        self.corner = np.floor(low) - 1
        width, height = np.ceil(high - self.corner).astype(int) + 2
        self.cells = np.zeros((height, width), np.uint8)
        for polygon in polygons:
            cv2.fillPoly(self.cells, [np.rint(polygon - self.corner).astype(np.int32)], 1)

    def __call__(self, curve: Points) -> Bool[np.ndarray, "N"]:
        cell = np.rint(curve - self.corner).astype(int)
        x, y = np.clip(cell, 0, np.array(self.cells.shape[::-1]) - 1).T
        return np.asarray(self.cells[y, x] > 0)

    def runs(self, curve: Points) -> list[Points]:
        """The stretches of `curve` that lie inside."""
        inside = self(curve)
        turns = np.flatnonzero(np.diff(inside)) + 1
        pieces = zip(np.split(curve, turns), np.split(inside, turns), strict=True)
        return [run for run, kept in pieces if kept[0] and len(run) > 1 and travelled(run)[-1] > SHORTEST]
