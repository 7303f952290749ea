"""From a response map to a window: proposals, their scores, the best of them.

Z. Liu et al., Deep Learning Face Attributes in the Wild, ICCV 2015: windows are proposed, each is scored by
its mean response, and the best one holds the face. Windows are x, y, w, h.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, Num, UInt8

from visavis.errors import VisavisError

Windows = Float[np.ndarray, "N 4"]


class Found(NamedTuple):
    """A window and its score, the mean response within it."""

    window: Float[np.ndarray, " 4"]
    score: float


def integral(response: Num[np.ndarray, "H W"]) -> Float[np.ndarray, "_ _"]:
    """Sums over all rectangles from the upper left corner, (H + 1, W + 1): 0 in the first row and column.

    The response is constant within a pixel, so that the sum up to a place between four corners of pixels is
    the bilinear interpolation of theirs, exactly.
    """
    return np.pad(response.astype(np.float64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def window_scores(
    response: Num[np.ndarray, "H W"], windows: Windows, frame: tuple[float, float] | None = None
) -> Float[np.ndarray, " N"]:
    """Mean response within each window: score(w) = sum over w of the map / |w|, in O(1) a window.

    A pixel counts by the share of it that lies in the window. Outside of the map there is no response, but
    its area counts.

    Args:
        response: the map, higher for a face.
        windows: x, y, w, h in pixels of the frame.
        frame: height and width of the image that the map lies over; None for those of the map.

    Raises:
        VisavisError: the response is not finite, or a window has no area.
    """
    windows = _on_map(response, windows, frame)
    scores: np.ndarray = _sums(response, windows) / windows[:, 2:].prod(axis=1)
    return scores


def best_window(
    response: Num[np.ndarray, "H W"],
    windows: Windows,
    frame: tuple[float, float] | None = None,
    *,
    least_share: float = 0.5,
) -> Found:
    """The window of the highest mean response, among those that hold enough of the response.

    The paper takes the highest mean of all, which one hot pixel wins for the smallest window about it. Here a
    window must hold a share of all that rises above the map's median: a network's map is never quite 0, and
    this floor would count for large windows. Where no window holds as much, it is the one that holds most.
    Equals go to the first.

    Args:
        response: the map, higher for a face.
        windows: x, y, w, h in pixels of the frame, at least one.
        frame: height and width of the image that the map lies over; None for those of the map.
        least_share: of the response above the median, that a window must hold; 0 for the paper's rule.

    Raises:
        VisavisError: there is no window, one has no area, or the response is not finite.
    """
    if not len(windows):
        raise VisavisError("There is no window to choose from; propose some, smaller than the image.")
    scores = window_scores(response, windows, frame)
    above = np.maximum(response - np.median(response), 0)
    held = _sums(above, _on_map(above, windows, frame))
    best = np.where(held >= min(least_share * above.sum(), held.max()), scores, -np.inf).argmax()
    return Found(windows[best], float(scores[best]))


def grid_windows(height: float, width: float, sizes: Sequence[float], aspect: float, step: float) -> Windows:
    """Windows of one shape in several sizes all over an image, from border to border.

    Args:
        height, width: of the image.
        sizes: widths of the windows; one that does not fit into the image is left out.
        aspect: height / width of a window.
        step: the largest step from a window to the next, as a share of its width and of its height.

    Raises:
        VisavisError: no size fits.
    """
    found = []
    for w in sizes:
        h = aspect * w
        if w <= width and h <= height:
            x = np.linspace(0, width - w, 1 + int(np.ceil((width - w) / (step * w))))
            y = np.linspace(0, height - h, 1 + int(np.ceil((height - h) / (step * h))))
            found += [(left, top, w, h) for top in y for left in x]
    if not found:
        raise VisavisError(
            f"No window of a width of {min(sizes):g} or more fits into an image of {width:g} x {height:g}; "
            "propose smaller ones."
        )
    return np.array(found, dtype=np.float64)


def selective_search(image: UInt8[np.ndarray, "H W 3"], at_most: int = 500) -> Windows:
    """Windows about regions that merge segments of like colour and texture, the largest first.

    J. Uijlings et al., Selective Search for Object Recognition, IJCV 2013, as OpenCV does it, in its fast
    mode. (The paper has 500 windows of EdgeBox, which wants a trained edge detector.) OpenCV puts them in
    random order. Here they are in that of their area, so that the smallest are those that are left out.
    """
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(np.ascontiguousarray(image[..., ::-1]))
    search.switchToSelectiveSearchFast()
    windows = np.unique(search.process(), axis=0).astype(np.float64)
    largest = np.argsort(-windows[:, 2:].prod(axis=1), kind="stable")
    chosen: np.ndarray = windows[largest[:at_most]]
    return chosen


def _on_map(response: Num[np.ndarray, "H W"], windows: Windows, frame: tuple[float, float] | None) -> Windows:
    """The windows in pixels of the map."""
    if not np.isfinite(response).all():
        raise VisavisError("A response map is not finite; check that training did not diverge.")
    if not (windows[:, 2:] > 0).all():
        raise VisavisError("A window has no area; leave it out of the proposals.")
    height, width = frame or response.shape
    scale = response.shape[1] / width, response.shape[0] / height
    scaled: np.ndarray = windows * np.array(scale + scale)
    return scaled


def _sums(response: Num[np.ndarray, "H W"], windows: Windows) -> Float[np.ndarray, " N"]:
    """Sum of the map over windows in its own pixels."""
    table = integral(response)
    left, top = windows[:, :2].T
    right, bottom = (windows[:, :2] + windows[:, 2:]).T
    above, whole = (_between(table, y, right) - _between(table, y, left) for y in (top, bottom))
    sums: np.ndarray = whole - above
    return sums


def _between(
    table: Float[np.ndarray, "h w"], y: Float[np.ndarray, " N"], x: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """Bilinear interpolation of the corners' sums, of what lies outside those of the border."""
    y, x = np.clip(y, 0, table.shape[0] - 1), np.clip(x, 0, table.shape[1] - 1)
    row, column = (np.minimum(at.astype(int), size - 2) for at, size in zip((y, x), table.shape, strict=True))
    down, across = y - row, x - column
    upper, lower = (
        (1 - across) * table[line, column] + across * table[line, column + 1] for line in (row, row + 1)
    )
    sums: np.ndarray = (1 - down) * upper + down * lower
    return sums
