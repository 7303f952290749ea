"""Boxes drawn on an image."""

from collections.abc import Sequence

import cv2
import numpy as np

from visavis.pictures.canvas import GREEN, Colour, Image, Picture

Box = tuple[float, float, float, float]


def with_boxes(
    image: Image, boxes: Sequence[Box], *, colour: Colour = GREEN, side: int | None = None
) -> Picture:
    """A copy of an image with boxes (x, y, w, h in pixels, 0-based corner) drawn on it; they may stick out.

    Args:
        image: RGB or grey.
        boxes: in pixels of the image as it is given.
        colour: of the lines.
        side: enlarge or shrink the longest side to so many pixels before drawing; None keeps the size.
    """
    height, width = image.shape[:2]
    scale = 1.0 if side is None else side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    drawn = cv2.resize(image, size, interpolation=method) if scale != 1 else image.copy()
    if drawn.ndim == 2:
        drawn = np.repeat(drawn[..., None], 3, axis=2)
    thickness = max(1, round(max(size) / 80))
    for x, y, w, h in boxes:
        corner, opposite = ((round(scale * px), round(scale * py)) for px, py in ((x, y), (x + w, y + h)))
        cv2.rectangle(drawn, corner, opposite, colour, thickness, cv2.LINE_AA)
    picture: Picture = drawn
    return picture
