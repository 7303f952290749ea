"""The protocol `parts` as a picture: a ranker's boxes, its mean box, and the parts that they are for."""

import numpy as np

from visavis.bundle import Bundle
from visavis.methods.relative_attributes.framed import Frames, with_shares
from visavis.methods.relative_attributes.localisation import (
    counted_photos,
    peer_boxes,
    seen_attributes,
    true_boxes,
)
from visavis.methods.relative_attributes.located import as_trained, boxes_of
from visavis.pictures.canvas import FAINT, GREEN, Colour, Picture
from visavis.pictures.sheet import sheet
from visavis.tables import DataSet

CELL = 160  # pixels of a photo
DRAWN = 6  # photos of an attribute
ORANGE: Colour = (240, 130, 30)
TITLE = "Boxes of the model green, its mean box grey, the part orange"


def draw(bundle: Bundle, data: DataSet) -> Picture:
    """For each attribute that a part shows, test photos with that part, taken evenly, in a row.

    Raises:
        VisavisError: the data has no boxes of parts that show an attribute of the bundle, or no train photos.
    """
    ranker = as_trained(bundle, data)
    items, numbers = counted_photos(data), seen_attributes(ranker, data)
    found, truth = boxes_of(ranker, items), true_boxes(ranker, data, items, list(numbers))
    mean = next(iter(peer_boxes(ranker, data, found).values()))
    frames = Frames(ranker, CELL)
    cells = []
    for name, number in numbers.items():
        shown = np.flatnonzero(np.isfinite(truth[name]).all(axis=1))
        row = []
        for photo in shown[np.linspace(0, len(shown) - 1, DRAWN).round().astype(int)]:
            drawn = with_shares(frames.plain(items["path"][int(photo)]), truth[name][None, photo], ORANGE)
            drawn = with_shares(drawn, mean[photo, number], FAINT)
            row.append(with_shares(drawn, found[photo, number], GREEN))
        cells.append(row)
    return sheet(cells, [], rows=list(numbers), title=TITLE)
