"""Polygons and lines to pixels: each pixel's share inside them."""

import cv2
import numpy as np
from jaxtyping import Float, Int32, UInt8

from visavis.synth.curves import Points

SUPER = 4
"""Sub-pixels to a pixel's side. OpenCV's own antialiasing leaves steps along polygons of many short edges."""

Mask = Float[np.ndarray, "H W"]
Window = tuple[slice, slice]
"""Rows and columns of a page."""


def window_around(polygons: list[Points], size: int, reach: float) -> Window:
    """The part of a page of `size` x `size` pixels within `reach` of the polygons' bounding box."""
    corners = np.vstack(polygons)
    low = np.clip(np.floor(corners.min(0) - reach), 0, size - 1).astype(int)
    high = np.clip(np.ceil(corners.max(0) + reach) + 1, low + 1, size).astype(int)
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    return slice(top, bottom), slice(left, right)


def polygon_cover(polygons: list[Points], window: Window) -> Mask:
    """Share (0..1) of each pixel of the window that lies inside any of the polygons."""
    fine = _fine_page(window)
    for polygon in polygons:
        cv2.fillPoly(fine, [_fine(polygon, window)], 255)
    return _shares(fine, window)


def line_cover(lines: list[Points], width: float, window: Window) -> Mask:
    """Share (0..1) of each pixel of the window under any of the lines drawn `width` pixels wide."""
    fine = _fine_page(window)
    # OpenCV draws an even thickness t from 2 on as t + 1 sub-pixels, and the odd one below it as wide.
    thickness = max(1, 2 * round((width * SUPER - 1) / 2))
    cv2.polylines(fine, [_fine(line, window) for line in lines], False, 255, thickness)
    return _shares(fine, window)


def _fine_page(window: Window) -> UInt8[np.ndarray, "fine_H fine_W"]:
    rows, columns = window
    return np.zeros((SUPER * (rows.stop - rows.start), SUPER * (columns.stop - columns.start)), np.uint8)


def _fine(curve: Points, window: Window) -> Int32[np.ndarray, "N 2"]:
    corner = (window[1].start, window[0].start)
    return np.asarray(np.rint((curve - corner + 0.5) * SUPER - 0.5), np.int32)


def _shares(fine: UInt8[np.ndarray, "fine_H fine_W"], window: Window) -> Mask:
    rows, columns = window
    size = (columns.stop - columns.start, rows.stop - rows.start)
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32) / 255
