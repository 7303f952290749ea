"""Pages: what the networks of drawings read. A square, white, the drawing cropped to its ink and centred.

Training, evaluation, gallery and service all make their pages here, so that they cannot disagree.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from visavis import images
from visavis.errors import VisavisError
from visavis.features.edges import edge_map
from visavis.features.ink import crop_to_ink, ink_box, on_white

WORKING_SIZE = 256  # px: sketches, edge maps and photos are read at this size before they are cropped
LINE_BLUR = 0.8  # px
FAINT, STRONG = 10, 80  # grey value below which there is no ink; percentile of the ink that becomes black
FILL = 0.9  # share of the page's side that the longest side of the ink takes, as in the QMUL sets


def page_of(path: Path, domain: str, side: int) -> UInt8[np.ndarray, "side side"]:
    """Read a drawing (sketch, edge map) as it is, or a photo by its edge map, as one grey page.

    Args:
        path: image file.
        domain: 'photo' is turned into an edge map; anything else is taken for a drawing.
        side: pixels of the square page.

    Raises:
        VisavisError: the file cannot be read as an image, or nothing is drawn on it.
    """
    if domain == "photo":
        drawing = edge_map(images.load(path, mode="rgb", size=WORKING_SIZE))
    else:
        drawn = on_white(images.load(path, mode="grey", size=WORKING_SIZE))
        if drawn is None:
            raise VisavisError(f"{path}: nothing is drawn on it; draw dark lines on light paper")
        drawing = drawn
    return even_ink(crop_to_ink(drawing, side, fill=FILL))


def even_ink(page: UInt8[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
    """Lines of one weight: pencil and pen, thin and bold come out alike.

    The ink is blurred to lines about two pixels wide and scaled so that its strong lines are black.
    """
    ink = cv2.GaussianBlur(255.0 - page, (0, 0), LINE_BLUR)
    drawn = ink[ink > FAINT]
    if not drawn.size:
        return page
    scaled = ink * (255 / np.percentile(drawn, STRONG))
    even: np.ndarray = (255 - np.clip(scaled, 0, 255)).astype(np.uint8)
    return even


def photo_page(path: Path, side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Read a photo as an RGB page, framed as its edge map would be."""
    photo = images.load(path, mode="rgb", size=WORKING_SIZE)
    return crop_to_ink(photo, side, fill=FILL, box=ink_box(edge_map(photo)))


def read_pages(paths: list[str], domains: list[str], side: int) -> list[UInt8[np.ndarray, "side side"]]:
    """`page_of` over many files, on two threads (OpenCV works outside the interpreter lock)."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda path, domain: page_of(Path(path), domain, side), paths, domains))
