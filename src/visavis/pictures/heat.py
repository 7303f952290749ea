"""A map of values laid over an image: the image in grey, the values in colour where they are large."""

import cv2
import matplotlib
import numpy as np
from jaxtyping import Float

from visavis.pictures.canvas import Image, Picture

SIGNED, UNSIGNED = "RdBu_r", "YlOrRd"  # Matplotlib's names of the colours
GREYED, COVERED = 0.75, 0.7  # contrast of the image; how much of it the largest values hide


def with_heat(
    image: Image, values: Float[np.ndarray, "h w"], *, limit: float, signed: bool = False
) -> Picture:
    """Lay values over an image, from clear at 0 to full colour at `limit`.

    Args:
        image: RGB or grey.
        values: stretched to the image, smoothly.
        limit: the size of a value from which on the colour is full; 0 where all of them are.
        signed: red above zero and blue below, instead of sizes from yellow to red.
    """
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    ground = 255 - GREYED * (255.0 - grey[..., None])
    stretched = cv2.resize(values.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    strength = np.clip(stretched / (limit or 1.0), -1 if signed else 0, 1)
    shade = (strength + 1) / 2 if signed else strength
    colours = 255 * matplotlib.colormaps[SIGNED if signed else UNSIGNED](shade)[..., :3]
    cover = COVERED * np.abs(strength)[..., None]
    picture: Picture = np.rint((1 - cover) * ground + cover * colours).astype(np.uint8)
    return picture
