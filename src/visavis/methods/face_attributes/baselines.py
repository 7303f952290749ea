"""What the paper compares ANet with, in a simple form: linear learners on HOG and colour of aligned faces.

FaceTracer (N. Kumar et al., ECCV 2008) learns from hand-made features of regions of the face, PANDA (N. Zhang
et al., CVPR 2014) from those of aligned parts, which there are a network's.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from visavis import images
from visavis.features.appearance import hog_and_colours
from visavis.features.frames import cut, read_frames
from visavis.methods.face_attributes.linear import Classifier, fit_linear
from visavis.metrics.tags import balanced_accuracy
from visavis.metrics.thresholds import best_thresholds

FACE_SIDE, PART_SIDE, CELL = 96, 48, 12  # px
# CelebA aligns the eyes, so its parts are at one place: x and y in a frame of 178 x 218.
ALIGNED_WIDTH = 178
PARTS = {
    "left eye": (69, 111),
    "right eye": (108, 111),
    "nose": (88, 135),
    "left corner of the mouth": (73, 152),
    "right corner of the mouth": (105, 152),
}
PART_SQUARE = 56  # px of that frame: an eye with its brow


class Faces(NamedTuple):
    """Features of faces and their tags, 1 or 0, NaN where unknown."""

    features: Float[np.ndarray, "N D"]
    tags: Float[np.ndarray, "N K"]


class Learner(NamedTuple):
    """How a classifier is made from C, and the C, times the number of features, to choose from."""

    make: Callable[[float], Classifier]
    penalties: tuple[float, ...]


class Learned(NamedTuple):
    """Scores of faces, higher for yes and 0 between, of validation and of test, and the C that was chosen."""

    validation: Float[np.ndarray, "N K"]
    test: Float[np.ndarray, "M K"]
    penalty: float


# With a small C the dual is solved sooner, and it is the small ones that suit.
LOGISTIC, SVM = (0.2, 2.0, 20.0), (0.02, 0.2)
LEARNERS = {
    "logistic regression": Learner(lambda C: LogisticRegression(C=C, max_iter=200), LOGISTIC),
    "class-weighted logistic regression": Learner(
        lambda C: LogisticRegression(C=C, max_iter=200, class_weight="balanced"), LOGISTIC
    ),
    "SVM": Learner(lambda C: LinearSVC(C=C, dual=True, random_state=0), SVM),
}


def whole_faces(paths: list[str], share: float, down: float) -> Float[np.ndarray, "N D"]:
    """HOG and Lab histograms of the square that the reader sees of aligned faces."""
    return hog_and_colours(read_frames(paths, FACE_SIDE, share, down), cell=CELL)


def face_parts(paths: list[str]) -> Float[np.ndarray, "N D"]:
    """HOG and Lab histograms of each of `PARTS` of faces that are aligned as CelebA's."""
    with ThreadPoolExecutor(2) as pool:
        faces = list(pool.map(part_frames, paths))
    return np.hstack([hog_and_colours(frames, cell=CELL) for frames in zip(*faces, strict=True)])


def part_frames(path: str) -> list[UInt8[np.ndarray, "side side 3"]]:
    """Squares about the parts of an aligned face of any size."""
    photo = images.load(path, mode="rgb")
    scale = photo.shape[1] / ALIGNED_WIDTH
    middles = [(scale * (x + 0.5) - 0.5, scale * (y + 0.5) - 0.5) for x, y in PARTS.values()]
    return [cut(photo, middle, scale * PART_SQUARE, PART_SIDE) for middle in middles]


def learn(learner: Learner, train: Faces, validation: Faces, test: Float[np.ndarray, "M D"]) -> Learned:
    """One classifier for each attribute, all of the C whose balanced accuracy is highest on validation."""
    mean, deviation = train.features.mean(axis=0), train.features.std(axis=0) + 1e-6
    known, held_out, asked = (
        ((part - mean) / deviation).astype(np.float32) for part in (train.features, validation.features, test)
    )
    best, reached = None, -np.inf
    for penalty in learner.penalties:
        C = penalty / known.shape[1]
        linear = fit_linear(partial(learner.make, C), known, train.tags)
        seen = linear.scores(held_out)
        accuracy = balanced_accuracy(seen, validation.tags, best_thresholds(seen, validation.tags)).value
        if accuracy > reached:
            best, reached = Learned(seen, linear.scores(asked), C), accuracy
    assert best is not None
    return best
