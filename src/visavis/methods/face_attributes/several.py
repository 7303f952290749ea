"""All faces of a photo: the peaks of LNet_o's response, each with a window of its own.

Z. Liu et al., ICCV 2015, cluster the response map of a photo with several faces by density peaks.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.methods.face_attributes.data import Boxes, Squares, read_squares, whole_photos
from visavis.methods.face_attributes.density_peaks import density_peaks
from visavis.methods.face_attributes.model import FaceAttributes, Localiser
from visavis.methods.face_attributes.scoring import Windows, inner_windows
from visavis.methods.face_attributes.search import Shape, candidates, strongest, windows_from
from visavis.metrics.boxes import intersection_over_union

LARGEST = 4.0  # times the page, that a photo is seen: one face of several is smaller in its photo
APART = 0.1  # of the map's diagonal, from a peak to the next stronger place
RESPONSE = 0.5  # of the way from the lowest response to the highest, where there is no threshold
OVERLAP = 0.3  # of two windows, above which they are about one face


class Seen(NamedTuple):
    """A photo as several faces are looked for: a page of the square about it, and the sizes to see it at."""

    page: UInt8[Tensor, "1 3 side side"]
    square: Squares
    scales: list[float]


def seen(path: str, page: int, scales: Sequence[float]) -> Seen:
    """A photo at the sizes of a localiser and, if it is larger than its page, at larger ones.

    Args:
        path: of the photo.
        page: side of what the localiser sees of a photo with one face.
        scales: of the localiser.
    """
    square = whole_photos([path])
    # Enlarging a photo shows nothing new, only more places to take for a face.
    times = float(np.clip(square.side[0] / page, 1, LARGEST))
    larger = [scale for scale in scales if scale > scales[0] / times]
    larger_page = read_squares([path], square, round(times * page))
    return Seen(larger_page, square, larger + [scale / times for scale in scales])


def several_windows(
    model: FaceAttributes, path: str, settings: dict[str, Any], threshold: float | None
) -> Windows:
    """The windows of all faces in a photo, those of the highest response first; there is at least one.

    Args:
        model: in evaluation mode, with LNet_o.
        path: of the photo.
        settings: of the bundle.
        threshold: the response of a face; None: `RESPONSE`.
    """
    assert model.outer is not None
    outer = settings["outer"]
    page, square, scales = seen(path, outer["page"], model.outer.scales)
    shape = Shape(**outer["window"])
    found = windows_of_peaks(model.outer, page.float() / 255, scales, shape, threshold)
    boxes = square.boxes(found.boxes, page.shape[-1])
    return distinct(Windows(inner_windows(model, [path] * len(boxes), boxes, settings), found.scores))


@torch.no_grad()
def windows_of_peaks(
    localiser: Localiser,
    photo: Float[Tensor, "1 3 H W"],
    scales: Sequence[float],
    shape: Shape,
    threshold: float | None,
) -> Windows:
    """The window of every peak of the response, taken at each place from the size that responds most.

    Args:
        localiser: whose responses are taken.
        photo: with values in 0..1.
        scales: sizes to see it at, the largest first.
        shape: of a window.
        threshold: the response of a peak, but for the highest of all; None: `RESPONSE`.
    """
    found = candidates(localiser, photo, scales)
    places = strongest(found)[0]
    response = found.response[0, places].double().numpy()
    low, high = response.min(), response.max()
    least = RESPONSE if threshold is None else (threshold - low) / ((high - low) or 1.0)
    peaks = density_peaks(response, least_response=float(least), least_distance=APART).places
    start = places[peaks[:, 0], peaks[:, 1]]
    rows = found._replace(response=found.response.expand(len(start), -1))
    boxes = windows_from(rows, start, localiser.log_sharpness.exp(), shape)
    return Windows(boxes.double().numpy(), response[peaks[:, 0], peaks[:, 1]])


def distinct(windows: Windows) -> Windows:
    """The windows in the order of their scores, without those that overlap with a stronger one."""
    kept: list[int] = []
    for number in np.argsort(-windows.scores, kind="stable").tolist():
        others: Boxes = windows.boxes[kept]
        if not (intersection_over_union(windows.boxes[number], others) > OVERLAP).any():
            kept.append(number)
    return Windows(windows.boxes[kept], windows.scores[kept])
