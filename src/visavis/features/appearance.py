"""Shape and colour of photos by hand: what linear learners read that papers compare with."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8

from visavis.features.hog import hog

COLOUR_CELLS, COLOUR_BINS = 3, 8  # a histogram of each Lab channel in each of 3 x 3 cells


def hog_and_colours(
    frames: Sequence[UInt8[np.ndarray, "side side 3"]], *, cell: int
) -> Float[np.ndarray, "N D"]:
    """HOG of the grey photo in cells of so many pixels, then the Lab histograms, of frames of one size."""
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    shapes = hog(torch.from_numpy(grey)[:, None] / 255, cell=cell).numpy()
    return np.concatenate([shapes, np.stack([lab_histograms(frame) for frame in frames])], axis=1)


def lab_histograms(frame: UInt8[np.ndarray, "H W 3"]) -> Float[np.ndarray, " D"]:
    """Histograms of L, a and b in cells, row by row, as shares of the cell."""
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
    cells = [
        cell for rows in np.array_split(lab, COLOUR_CELLS) for cell in np.array_split(rows, COLOUR_CELLS, 1)
    ]
    edges = np.linspace(0, 256, COLOUR_BINS + 1)
    return np.concatenate(
        [
            np.histogram(cell[..., channel], edges)[0] / cell[..., 0].size
            for cell in cells
            for channel in range(3)
        ]
    )
