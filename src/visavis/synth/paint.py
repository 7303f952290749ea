"""Paint on a page: colours, layers laid over each other, and the light on them."""

from colorsys import hsv_to_rgb
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from visavis.synth.geometry import Affine, Box
from visavis.synth.raster import Mask

Canvas = Float[np.ndarray, "H W 3"]
Colour = Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Rendering:
    """A photo, and where things are in it.

    Attributes:
        image: (size, size, 3) RGB.
        boxes: part name -> box in pixels of `image`, for the parts that there are.
        affine: [A | b] that took the drawing (`outline`, `portrait`) to the picture, size included.
    """

    image: UInt8[np.ndarray, "H W 3"]
    boxes: dict[str, Box]
    affine: Affine


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour from its hue (turns, any whole number of them), saturation and value in 0..1."""
    return 255 * np.array(hsv_to_rgb(hue % 1, saturation, value), np.float32)


def over(below: Canvas, above: Canvas | Colour, share: Mask) -> Canvas:
    """Lay paint over a canvas, in each pixel as much as `share` (0..1) says."""
    return np.asarray(below + (above - below) * share[..., None])


def facing(cover: Mask, edge: float, lamp: float) -> Mask:
    """How far a surface turns to the lamp (angle from above); its relief is `cover` blurred by `edge`."""
    relief = cv2.GaussianBlur(cover, (0, 0), edge, borderType=cv2.BORDER_REPLICATE)
    slope_x, slope_y = (cv2.Sobel(relief, cv2.CV_32F, dx, 1 - dx, scale=edge / 4) for dx in (1, 0))
    return np.asarray(np.float32(np.cos(lamp)) * slope_y - np.float32(np.sin(lamp)) * slope_x)


def lit(colour: Canvas, slope: Mask, gloss: float) -> Canvas:
    """A surface's colour under the lamp, from how far it turns there (`facing`), with its shine."""
    # What faces the lamp gains less than what is turned away loses: bright leather shall keep its colour.
    light = 1 + np.where(slope > 0, np.float32(0.35), np.float32(0.9)) * slope
    shine = 45 * gloss * np.clip(slope - 0.12, 0, 1)
    return np.asarray(colour * light[..., None] + shine[..., None])
