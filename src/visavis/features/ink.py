"""Where the drawing is on its page, and the page drawn again around it."""

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8

WHITE = 255
INK = 200  # grey value; strokes and their soft borders are darker, JPEG noise on white paper is not


DARK = 128  # grey value; a border below it is a blackboard's, and ink above it pale pencil
LEAST = 25  # grey values between paper and the darkest ink; with less there is no drawing
PAPER = 90  # percentile of the grey values that is paper


class Box(NamedTuple):
    """A rectangle in pixels: left upper corner (0-based), width and height."""

    x: int
    y: int
    w: int
    h: int


def on_white(drawing: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"] | None:
    """Dark lines on white paper, whatever they were drawn on and with; None where nothing is drawn.

    Light lines on a dark ground are inverted, grey paper (a phone's photo of a page) becomes white, and pale
    pencil is darkened. A drawing in dark ink on white comes back as it is.
    """
    border = np.concatenate([drawing[0], drawing[-1], drawing[:, 0], drawing[:, -1]])
    if np.median(border) < DARK:
        drawing = WHITE - drawing
    paper = float(np.percentile(drawing, PAPER))
    if 0 < paper < WHITE:
        drawing = np.minimum(drawing * (WHITE / paper), WHITE).astype(np.uint8)
    darkest = int(drawing.min())
    if WHITE - darkest < LEAST:
        return None
    if darkest > DARK:
        drawing = (WHITE - (WHITE - drawing.astype(float)) * (WHITE / (WHITE - darkest))).astype(np.uint8)
    return drawing


def ink_box(image: UInt8[np.ndarray, "H W"], threshold: int = INK) -> Box:
    """The smallest box around all pixels darker than `threshold`; the whole image where there are none."""
    ink = image < threshold
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return Box(0, 0, image.shape[1], image.shape[0])
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def crop_to_ink(
    image: UInt8[np.ndarray, "H W *C"],
    size: int,
    fill: float = 0.9,
    threshold: int = INK,
    box: Box | None = None,
) -> UInt8[np.ndarray, "size size *C"]:
    """Centre the ink on a white square, aspect kept.

    Args:
        image: grey drawing, or an RGB picture if `box` is given.
        size: side of the square in pixels.
        fill: share of `size` that the longest side of the ink takes, 0 < fill <= 1.
        threshold: grey value below which a pixel is ink.
        box: crop to this box instead of looking for ink.
    """
    x, y, w, h = box or ink_box(image, threshold)
    scale = size * fill / max(w, h)
    width, height = max(1, round(w * scale)), max(1, round(h * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    drawing = cv2.resize(image[y : y + h, x : x + w], (width, height), interpolation=method)
    page = np.full((size, size, *image.shape[2:]), WHITE, dtype=np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    page[top : top + height, left : left + width] = drawing
    return page
