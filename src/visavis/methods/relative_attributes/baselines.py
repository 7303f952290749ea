"""What the paper compares with: D. Parikh and K. Grauman, ICCV 2011, here on HOG and colour."""

import cv2
import numpy as np
import polars as pl
import torch
from jaxtyping import Float

from visavis.features.frames import read_frames
from visavis.features.hog import hog
from visavis.features.ranksvm import RankSVM
from visavis.methods.relative_attributes.data import Pairs
from visavis.methods.relative_attributes.recipe import RankerRecipe

SIDE, CELL = 96, 12  # px
COLOUR_CELLS, COLOUR_BINS = 3, 8  # a histogram of each Lab channel in each of 3 x 3 cells
PENALTY = 0.01  # C of the ranking SVM


def hog_lab_rank_svm(recipe: RankerRecipe, train: Pairs, items: pl.DataFrame) -> Float[np.ndarray, "N K"]:
    """A linear ranking SVM for each attribute on HOG and Lab histograms of the whole photo.

    Learned from the ordered pairs of `train`; gives scores of `items` for all attributes.
    """
    known, asked = _features(recipe, train.items), _features(recipe, items)
    mean, deviation = known.mean(axis=0), known.std(axis=0) + 1e-6
    known, asked = (known - mean) / deviation, (asked - mean) / deviation
    columns = []
    for number in range(len(train.names)):
        more, less = train.ordered(number)
        columns.append(RankSVM(PENALTY / known.shape[1]).fit(known[more], known[less]).score(asked))
    scores: np.ndarray = np.stack(columns, axis=1)
    return scores


def _features(recipe: RankerRecipe, items: pl.DataFrame) -> Float[np.ndarray, "N D"]:
    frames = read_frames(items["path"].to_list(), SIDE, recipe.model.share, recipe.model.down)
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    shapes = hog(torch.from_numpy(grey)[:, None] / 255, cell=CELL).numpy()
    return np.concatenate([shapes, np.stack([_colours(frame) for frame in frames])], axis=1)


def _colours(frame: np.ndarray) -> Float[np.ndarray, " D"]:
    """Histograms of L, a and b in cells, as shares."""
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
