"""Frames: what the networks of photos read. A square of the photo, in colour."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from visavis import images

WORKING_SIZE = 256  # px: photos are read at this size, longest side, before they are framed
SMOOTHING = 0.4  # standard deviation of the blur before shrinking, in pixels of the frame


def frame_of(
    path: Path, side: int, share: float = 1.0, down: float = 0.0
) -> UInt8[np.ndarray, "side side 3"]:
    """Read a square of a photo, in its middle or below, scaled to `side` pixels.

    Args:
        path: image file.
        side: pixels of the frame.
        share: side of the square, as a share of the photo's shorter side.
        down: how far below the middle the square's centre lies, in its sides.

    Raises:
        VisavisError: the file cannot be read as an image.
    """
    photo = images.load(path, mode="rgb", size=WORKING_SIZE)
    height, width = photo.shape[:2]
    square = share * min(height, width)
    return cut(photo, ((width - 1) / 2, (height - 1) / 2 + down * square), square, side)


def cut(
    photo: UInt8[np.ndarray, "H W 3"], middle: tuple[float, float], square: float, side: int
) -> UInt8[np.ndarray, "side side 3"]:
    """Cut a square out of a photo and scale it; what lies outside of the photo is of its border's colours.

    Args:
        photo: to cut from.
        middle: x and y of the square's middle, in pixels whose centres are at integers.
        square: its side in pixels of the photo.
        side: pixels of the result.
    """
    scale = side / square
    # Pixel centres at integers: the middle of the frame looks at the middle of the square.
    shift = (side - 1) / 2
    place = np.array([[scale, 0, shift - scale * middle[0]], [0, scale, shift - scale * middle[1]]])
    blurred = cv2.GaussianBlur(photo, (0, 0), SMOOTHING / scale) if scale < 1 else photo
    framed: np.ndarray = cv2.warpAffine(
        blurred, place, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return framed


def square_in_photo(
    path: Path, side: int, share: float = 1.0, down: float = 0.0
) -> tuple[float, float, float]:
    """Where `frame_of` looks: x and y of the frame's first pixel in the photo, and photo pixels in one."""
    height, width = images.size_of(path)
    square = share * min(height, width)
    scale = square / side
    left = (width - 1) / 2 - scale * (side - 1) / 2
    return left, (height - 1) / 2 + down * square - scale * (side - 1) / 2, scale


def read_frames(
    paths: list[str], side: int, share: float = 1.0, down: float = 0.0
) -> list[UInt8[np.ndarray, "side side 3"]]:
    """`frame_of` over many files, on two threads (OpenCV works outside the interpreter lock)."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda path: frame_of(Path(path), side, share, down), paths))
