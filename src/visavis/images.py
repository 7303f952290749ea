"""The only opener of image files: JPEG, PNG, WebP, BMP, TIFF or GIF in, a uint8 array out.

Pillow reads the header, so that limits hold before a pixel is decoded. OpenCV decodes opaque JPEG, PNG and
WebP; Pillow the rest, and whatever OpenCV gives up, for it says why a file is broken.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import ExifTags, Image

from visavis.errors import VisavisError
from visavis.files import atomic_path

MAX_BYTES = 256 * 2**20
MAX_PIXELS = 89_478_485  # Pillow's own bound: beyond it a small file may be a decompression bomb
REST = 8  # times that a film shows its last frame
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})

Mode = Literal["rgb", "grey"]
Size = int | tuple[int, int] | None
Pixels = UInt8[np.ndarray, "_ _ ..."]  # (H, W, 3) RGB or (H, W) grey; nameless, for sides change on the way

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
_OPENCV_FORMATS = ("JPEG", "MPO", "PNG", "WEBP")  # MPO: a JPEG with further pictures behind it
_REDUCED = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}


class _UnreadableError(Exception):
    """Why a file cannot be loaded; `load` adds its name."""


def load(path: str | Path, *, mode: Mode = "rgb", size: Size = None) -> Pixels:
    """Read an image file upright, on white, 8 bits deep; of an animation the first frame.

    Args:
        path: the file.
        mode: "rgb" gives (H, W, 3), "grey" (H, W).
        size: the length of the longest side, or exactly (H, W), in pixels; None keeps the file's own.
            Shrinking averages by area, after decoding a JPEG at the smallest of the scales 1/2, 1/4, 1/8 that
            still holds `size`.

    Raises:
        VisavisError: the file is missing, empty, no image, broken, cut off, or beyond `MAX_BYTES` or
            `MAX_PIXELS`; the sentence says which.
    """
    try:
        content = _read(path)
        with _open(content) as image:
            pixels = _load_opencv(content, image, mode, size)
            return _load_pillow(image, mode, size) if pixels is None else pixels
    except _UnreadableError as reason:
        raise VisavisError(f"{path}: {reason}") from None


def size_of(path: str | Path) -> tuple[int, int]:
    """Height and width of an image as `load` gives it, read off its header.

    Raises:
        VisavisError: the file is missing, too large, or no image.
    """
    try:
        with _open(_read(path)) as image:
            stored = image.height, image.width
            lies = image.format != "TIFF" and _orientation(image) >= 5  # Pillow turns the size of a TIFF
            return stored[::-1] if lies else stored
    except _UnreadableError as reason:
        raise VisavisError(f"{path}: {reason}") from None


def save(path: str | Path, pixels: Pixels) -> None:
    """Write an image atomically: PNG or WebP (both lossless) or JPEG (quality 95), by suffix.

    Args:
        path: the file; its folder is made.
        pixels: (H, W, 3) RGB or (H, W) grey.

    Raises:
        VisavisError: for any other suffix.
    """
    path = Path(path)
    if path.suffix.lower() not in {".png", ".webp", ".jpg", ".jpeg"}:
        raise VisavisError(f"{path}: images are not written as '{path.suffix}'; name it .png, .webp or .jpg")
    with atomic_path(path) as staged:
        Image.fromarray(pixels).save(staged, quality=95, lossless=True)


def save_film(path: str | Path, frames: Sequence[Pixels], milliseconds: int) -> None:
    """Write an animated GIF atomically: it runs for ever and rests on its last frame.

    Args:
        path: the file; its folder is made.
        frames: pictures of one size.
        milliseconds: that a frame is shown; the last one `REST` times as long.

    Raises:
        VisavisError: the name does not end in .gif.
    """
    path = Path(path)
    if path.suffix.lower() != ".gif":
        raise VisavisError(f"{path}: a film is not written as '{path.suffix}'; name it .gif")
    first, *others = [Image.fromarray(frame) for frame in frames]
    shown = [milliseconds] * len(others) + [REST * milliseconds]
    with atomic_path(path) as staged:
        first.save(staged, save_all=True, append_images=others, duration=shown, loop=0)


def _read(path: str | Path) -> bytes:
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise _UnreadableError("is a folder; name an image file in it")
        if not stat.S_ISREG(status.st_mode):
            raise _UnreadableError("is no regular file")
        if status.st_size == 0:
            raise _UnreadableError("is empty; restore it or leave it out")
        if status.st_size > MAX_BYTES:
            raise _UnreadableError(f"has {status.st_size:,} bytes; {MAX_BYTES:,} are allowed")
        with open(path, "rb", buffering=0) as stream:
            return stream.readall()
    except FileNotFoundError:
        raise _UnreadableError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise _UnreadableError(f"cannot be read ({error})") from None


def _open(content: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _UnreadableError(f"has more than the {MAX_PIXELS:,} pixels that are allowed") from None
    except Exception:  # a broken header makes Pillow's readers raise almost anything
        raise _UnreadableError(
            "is no image, or broken; JPEG, PNG, WebP, BMP, TIFF and GIF are read"
        ) from None
    if image.width * image.height > MAX_PIXELS:
        raise _UnreadableError(f"has {image.width:,} x {image.height:,} pixels; {MAX_PIXELS:,} are allowed")
    return image


def _load_opencv(content: bytes, image: Image.Image, mode: Mode, size: Size) -> Pixels | None:
    """The image, decoded at a reduced scale where that is enough; None where Pillow must do it."""
    opaque = image.mode in ("1", "L", "RGB", "I;16") and not image.has_transparency_data
    if not opaque or image.format not in _OPENCV_FORMATS or not _is_whole(content, image.format):
        return None
    orientation = _orientation(image)
    stored = (image.height, image.width)
    target = _target(stored if orientation < 5 else stored[::-1], size)
    target = target if orientation < 5 else target[::-1]
    reduction = _reduction(stored, target) if image.format in ("JPEG", "MPO") else 1
    colours = cv2.IMREAD_COLOR_RGB if mode == "rgb" else cv2.IMREAD_GRAYSCALE
    flags = colours | _REDUCED[reduction] | cv2.IMREAD_IGNORE_ORIENTATION
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
        return None if pixels is None else _upright(_resize(pixels, target, stored, reduction), orientation)
    return None


def _is_whole(content: bytes, kind: str) -> bool:
    """Whether the end mark is there: OpenCV may fill what a cut-off file lacks with grey and say nothing."""
    if kind == "WEBP":
        return True  # Pillow refuses to open a part of one
    end_mark, data_mark = (b"IEND", b"IDAT") if kind == "PNG" else (b"\xff\xd9", b"\xff\xda")
    end = content.rfind(end_mark)
    return end >= 0 and content.find(data_mark, end) < 0  # an end before the data is a thumbnail's


def _load_pillow(image: Image.Image, mode: Mode, size: Size) -> Pixels:
    if image.mode in ("I", "F"):
        raise _UnreadableError("has 32-bit pixels of unknown range; save it with 8 or 16 bits")
    try:
        image.load()
        orientation = _orientation(image)
        if image.mode.startswith("I;16"):
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        if image.has_transparency_data:
            page = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(page, image.convert("RGBA"))
        pixels = np.array(image.convert("RGB" if mode == "rgb" else "L"))
    except Exception as error:  # as in `_open`
        raise _UnreadableError(f"is broken or cut off ({error}); restore it or leave it out") from None
    pixels = _upright(pixels, orientation)
    return _resize(pixels, _target(pixels.shape, size), pixels.shape)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; unreadable metadata does not make an image unreadable."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # asking would decode the whole image
    with suppress(Exception):
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _target(shape: tuple[int, ...], size: Size) -> tuple[int, int]:
    height, width = shape[:2]
    if size is None:
        return height, width
    if isinstance(size, tuple):
        return size
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _reduction(shape: tuple[int, int], target: tuple[int, int]) -> int:
    """Largest factor by which the JPEG decoder can divide `shape` and still hold `target`.

    Either exactly, or with whole pixels to spare: what is left of a pixel at the border counts for nothing.
    """

    def holds(factor: int) -> bool:
        return all(
            side // factor > asked or side == factor * asked
            for side, asked in zip(shape, target, strict=True)
        )

    return next((factor for factor in (8, 4, 2) if holds(factor)), 1)


def _resize(pixels: Pixels, target: tuple[int, int], shape: tuple[int, ...], reduction: int = 1) -> Pixels:
    """Average by area along sides that shrink, interpolate (cubic) along sides that grow.

    Of a side of `shape` that `reduction` does not divide, the last row or column of `pixels` shows only a
    part; averaging over whole ones would stretch the picture.
    """
    shrunk = height, width = min(target[0], pixels.shape[0]), min(target[1], pixels.shape[1])
    if shrunk != pixels.shape[:2]:
        fy, fx = height * reduction / shape[0], width * reduction / shape[1]
        pixels = cv2.resize(pixels, None, fx=fx, fy=fy, interpolation=cv2.INTER_AREA)[:height, :width]
    if shrunk != target:
        pixels = cv2.resize(pixels, target[::-1], interpolation=cv2.INTER_CUBIC)
    return pixels
