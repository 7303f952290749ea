"""What a localiser from tags is compared with: a cascade that was trained on boxes, and one box for all.

T. Ahonen et al., PAMI 2006 (local binary patterns) and P. Viola and M. Jones, IJCV 2004 (the cascade), with
the frontal faces that scikit-image ships.
"""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from jaxtyping import Float, UInt8

if TYPE_CHECKING:
    from skimage.feature import Cascade

SMALLEST = 24  # px, of a face: the window that the cascade was trained on
SCALE = 1.1  # from one size to the next
LIKE = 0.2  # how far boxes may differ that are merged, as a share of their size


class Detection(NamedTuple):
    """A box x, y, w, h, and how many windows that the cascade took for a face were merged into it."""

    box: Float[np.ndarray, " 4"]
    support: int


def detect_faces(image: UInt8[np.ndarray, "H W 3"]) -> list[Detection]:
    """Faces that the cascade finds, those of most support first, of equal ones the larger.

    Windows of like place and size are merged as OpenCV does it; what only one window shows is no face. The
    support is the only score that there is.
    """
    windows = _accepted(image)
    merged, supports = cv2.groupRectangles(windows, 1, LIKE)
    found = [
        Detection(np.array(box, float), int(support)) for box, support in zip(merged, supports, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.support, -one.box[2], *one.box[:2]))


class Fit(NamedTuple):
    """How the windows of one detector lie to the boxes of another, in sides of these.

    `right`, `down`: from the middle of the box to that of the window; `width`, `height`: of the window.
    """

    right: float
    down: float
    width: float
    height: float

    @classmethod
    def between(cls, boxes: Float[np.ndarray, "N 4"], windows: Float[np.ndarray, "N 4"]) -> "Fit":
        """The median over images in which both found something, so that mistakes of either hardly count."""
        shifts = (windows[:, :2] + windows[:, 2:] / 2 - boxes[:, :2] - boxes[:, 2:] / 2) / boxes[:, 2:]
        return cls(*np.median(np.hstack([shifts, windows[:, 2:] / boxes[:, 2:]]), axis=0).tolist())

    def windows(self, boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, "N 4"]:
        """The windows where the other detector would have them."""
        size = boxes[:, 2:] * (self.width, self.height)
        middle = boxes[:, :2] + boxes[:, 2:] * (0.5 + self.right, 0.5 + self.down)
        return np.hstack([middle - size / 2, size])


def constant_box(
    boxes: Float[np.ndarray, "N 4"], sizes: Float[np.ndarray, "N 2"], asked: Float[np.ndarray, "M 2"]
) -> Float[np.ndarray, "M 4"]:
    """One box for all images: the mean of known boxes, as shares of their images.

    Args:
        boxes: of images for training.
        sizes: widths and heights of these images.
        asked: widths and heights of the images that get the box.
    """
    shares = (boxes / np.tile(sizes, 2)).mean(axis=0)
    found: np.ndarray = shares * np.tile(asked, 2)
    return found


def _accepted(image: UInt8[np.ndarray, "H W 3"]) -> list[list[int]]:
    # No window is merged with another there, as its threads find them in any order, on which it would depend.
    found = _cascade().detect_multi_scale(
        image,
        scale_factor=SCALE,
        step_ratio=1,
        min_size=(SMALLEST, SMALLEST),
        max_size=image.shape[:2],
        min_neighbor_number=1,
        intersection_score_threshold=1.0,
    )
    return sorted([one["c"], one["r"], one["width"], one["height"]] for one in found)


@cache
def _cascade() -> "Cascade":
    # Here, as it takes a second that only the peer should cost.
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]
