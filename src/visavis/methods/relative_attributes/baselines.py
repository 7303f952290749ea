"""What the paper compares with: D. Parikh and K. Grauman, ICCV 2011, here on HOG and colour."""

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.features.appearance import hog_and_colours
from visavis.features.frames import read_frames
from visavis.features.ranksvm import RankSVM
from visavis.methods.relative_attributes.data import Pairs
from visavis.methods.relative_attributes.recipe import RankerRecipe

SIDE, CELL = 96, 12  # px
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
    return hog_and_colours(frames, cell=CELL)
