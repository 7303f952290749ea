"""What the LBP cascade finds in photos, and what ANet reads where LNet's window would be."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from visavis import images
from visavis.errors import VisavisError
from visavis.methods.face_attributes.cascade import Fit, detect_faces
from visavis.methods.face_attributes.data import Boxes
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.scoring import Windows
from visavis.tables import spread_rows

FITTED = 500  # training photos, taken evenly, on which the cascade's boxes are fitted to LNet's windows


class Fitted(NamedTuple):
    """How LNet's windows lie to the cascade's boxes, from so many training photos."""

    fit: Fit
    photos: int

    def __str__(self) -> str:
        fit = self.fit
        return (
            f"in sides of the cascade's box, LNet's window has its middle {fit.right:+.2f} to the right and "
            f"{fit.down:+.2f} down, and is {fit.width:.2f} x {fit.height:.2f}: medians over {self.photos} "
            "training photos"
        )


def cascade_windows(paths: list[str]) -> Windows:
    """The cascade's box of most support in each photo, with the support as score; NaN where there is none."""
    boxes, scores = np.full((len(paths), 4), np.nan), np.full(len(paths), np.nan)
    for number, path in enumerate(paths):
        found = detect_faces(images.load(path, mode="rgb"))
        if found:
            boxes[number], scores[number] = found[0].box, found[0].support
    return Windows(boxes, scores)


def fit_cascade(reader: FaceReader, paths: list[str]) -> Fitted:
    """Bring the cascade's boxes into the shape of LNet's windows, on training photos.

    Raises:
        VisavisError: the cascade finds no face in them.
    """
    chosen = [paths[row] for row in spread_rows(len(paths), FITTED)]
    boxes = cascade_windows(chosen).boxes
    there = ~np.isnan(boxes[:, 0])
    if not there.any():
        raise VisavisError(
            "the cascade finds no face in the training photos; give photos of people who look at the camera"
        )
    return Fitted(Fit.between(boxes[there], reader.windows(chosen).boxes[there]), int(there.sum()))


def read_behind(reader: FaceReader, paths: list[str], windows: Boxes) -> Float[np.ndarray, "N K"]:
    """Logits of what ANet reads in windows, and of the whole photo where there is none."""
    logits = np.empty((len(paths), len(reader.attributes)))
    there = ~np.isnan(windows[:, 0])
    if there.any():
        logits[there] = reader.logits([paths[row] for row in np.flatnonzero(there)], windows[there])
    if not there.all():
        logits[~there] = reader.logits_whole([paths[row] for row in np.flatnonzero(~there)])
    return logits
