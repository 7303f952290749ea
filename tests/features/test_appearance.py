"""HOG and colours of frames: where a histogram stands in the vector, and what moves it."""

import cv2
import numpy as np
import torch

from visavis.features.appearance import COLOUR_BINS, hog_and_colours, lab_histograms
from visavis.features.hog import hog

RED, BLUE = (200, 20, 20), (20, 20, 200)


def test_a_histogram_counts_the_pixels_of_its_cell_and_channel() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (10, 13, 3), dtype=np.uint8)
    found = lab_histograms(frame).reshape(3, 3, 3, COLOUR_BINS)
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB)
    rows, columns = [0, 4, 7, 10], [0, 5, 9, 13]  # what is left over goes to the first cells
    for y in range(3):
        for x in range(3):
            cell = lab[rows[y] : rows[y + 1], columns[x] : columns[x + 1]].reshape(-1, 3)
            for channel in range(3):
                counts = [((cell[:, channel] // 32) == number).mean() for number in range(COLOUR_BINS)]
                np.testing.assert_allclose(found[y, x, channel], counts)


def test_a_colour_stands_where_it_is_in_the_frame() -> None:
    frame = np.full((12, 12, 3), BLUE, np.uint8)
    frame[:4, 8:] = RED
    cells = lab_histograms(frame).reshape(9, -1)
    other = [number for number in range(9) if not np.array_equal(cells[number], cells[4])]
    assert other == [2]


def test_the_vector_is_hog_and_then_colours() -> None:
    frames = np.random.default_rng(1).integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)
    found = hog_and_colours(list(frames), cell=8)
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    shapes = hog(torch.from_numpy(grey)[:, None] / 255, cell=8).numpy()
    np.testing.assert_allclose(found[:, : shapes.shape[1]], shapes)
    np.testing.assert_allclose(found[1, shapes.shape[1] :], lab_histograms(frames[1]))
