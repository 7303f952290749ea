"""Photos as line drawings: soft multi-scale Canny edges, dark on white.

The published sketch networks read structured edges (Dollár and Zitnick, ICCV 2013), whose forest is a
file of its own. Here an edge is as dark as the number of Canny settings that find it: contours survive
every blur and every threshold and come out black, texture survives few and comes out pale.
"""

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

_SIDE = 256  # the photo's longest side while it is analysed; blurs below are in these pixels
BLURS = (1.0, 1.5, 2.0, 3.0)
THRESHOLDS = ((0.05, 0.12), (0.1, 0.25), (0.2, 0.4))  # low and high, as shares of the strong gradients
LINE_BLUR = 0.6
DARKNESS = 2.2  # an edge that this share of the settings agrees on (1 / 2.2) is black
NOISE = 1.0  # grey levels per pixel below which a gradient is no edge of anything
INT16_SAFE = 8000  # Canny takes int16 gradients


def edge_map(photo: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W"]:
    """Draw the edges of a photo in lines about two pixels wide on a page of 256 px.

    A photo of another size is analysed at 256 px (longest side) and its map scaled back, so that the
    drawing does not depend on the resolution.
    """
    height, width = photo.shape[:2]
    scale = _SIDE / max(height, width)
    analysed = _resize(photo, (max(1, round(width * scale)), max(1, round(height * scale))))
    votes = np.sum([_agreeing_edges(cv2.GaussianBlur(analysed, (0, 0), blur)) for blur in BLURS], axis=0)
    strength = cv2.GaussianBlur(votes, (0, 0), LINE_BLUR) / (len(BLURS) * len(THRESHOLDS))
    page = 255 * (1 - np.clip(DARKNESS * strength, 0, 1))
    return _resize(page.astype(np.uint8), (width, height))


def _agreeing_edges(image: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W"]:
    """How many of the threshold pairs call each pixel an edge."""
    dx, dy = _strongest_channel(image)
    magnitude = cv2.magnitude(dx, dy)
    visible = magnitude[magnitude > NOISE]
    if not len(visible):
        return np.zeros_like(magnitude)
    unit = INT16_SAFE / float(np.percentile(visible, 99))
    limit = np.iinfo(np.int16).max
    dx16, dy16 = (np.clip(d * unit, -limit, limit).astype(np.int16) for d in (dx, dy))
    maps = [
        cv2.Canny(dx16, dy16, low * INT16_SAFE, high * INT16_SAFE, L2gradient=True)
        for low, high in THRESHOLDS
    ]
    votes: np.ndarray = np.count_nonzero(maps, axis=0).astype(np.float32)
    return votes


def _strongest_channel(
    image: UInt8[np.ndarray, "H W 3"],
) -> tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]]:
    """Gradient of whichever colour channel changes most at each pixel, in grey levels per pixel."""
    dx, dy = (cv2.Scharr(image, cv2.CV_32F, *order, scale=1 / 32) for order in ((1, 0), (0, 1)))
    strongest = (dx * dx + dy * dy).argmax(axis=2)[..., None]
    return np.take_along_axis(dx, strongest, 2)[..., 0], np.take_along_axis(dy, strongest, 2)[..., 0]


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shrinks = size[0] < image.shape[1]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
