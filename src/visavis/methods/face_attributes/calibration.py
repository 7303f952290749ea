"""What is fitted after training: output layers, probabilities, thresholds. All but the first on validation.

A probability is sigmoid(slope * logit + offset), by Platt's scaling (J. Platt, 1999) for each attribute.
"""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from visavis.methods.face_attributes.linear import fit_linear
from visavis.methods.face_attributes.model import Reader
from visavis.metrics.tags import shown_both
from visavis.metrics.thresholds import best_thresholds

SLOPE, OFFSET, THRESHOLD, FACE = "slope.", "offset.", "threshold.", "face"
FEWEST = 10  # images with and without an attribute, to fit a scale to them


def fit_svms(
    reader: Reader, features: Float[np.ndarray, "N F"], tags: Float[np.ndarray, "N K"], C: float
) -> None:
    """Replace the output layer by linear SVMs, one an attribute, as in section 3.2 of the paper.

    An attribute that is nowhere or everywhere in the images keeps what training gave it.

    Args:
        reader: whose output layer is replaced.
        features: what that layer reads.
        tags: 1 or 0, NaN where unknown.
        C: weight of the errors.
    """
    scale = float(features.std()) or 1.0
    fitted = fit_linear(partial(LinearSVC, C=C, dual=False, random_state=0), features / scale, tags)
    learned, layer = torch.from_numpy(shown_both(tags)), reader.attributes
    with torch.no_grad():
        for own, values in ((layer.weight, fitted.weights / scale), (layer.bias, fitted.offsets)):
            own[learned] = torch.from_numpy(values).float()[learned].to(own.device)


def calibrate(
    names: list[str], logits: Float[np.ndarray, "N K"], tags: Float[np.ndarray, "N K"]
) -> dict[str, float]:
    """Slope and offset of each attribute, and the threshold of its highest balanced accuracy, on images.

    An attribute with fewer than `FEWEST` images with or without it keeps slope 1 and offset 0.
    """
    fitted = {}
    for number, name in enumerate(names):
        known = ~np.isnan(tags[:, number])
        truth, score = tags[known, number], logits[known, number]
        slope, offset = 1.0, 0.0
        if min((truth == 1).sum(), (truth == 0).sum()) >= FEWEST:
            fit = LogisticRegression(C=np.inf).fit(score[:, None], truth)
            if fit.coef_[0, 0] > 0:  # a score that points the wrong way is no reason to turn it round
                slope, offset = float(fit.coef_[0, 0]), float(fit.intercept_[0])
        fitted[SLOPE + name], fitted[OFFSET + name] = slope, offset
    return fitted | choose_thresholds(names, probabilities(names, logits, fitted), tags)


def choose_thresholds(
    names: list[str], found: Float[np.ndarray, "N K"], tags: Float[np.ndarray, "N K"]
) -> dict[str, float]:
    """The threshold of the highest balanced accuracy of each attribute, on probabilities of images."""
    best = best_thresholds(found, tags)
    return {THRESHOLD + name: float(value) for name, value in zip(names, best, strict=True)}


def probabilities(
    names: list[str], logits: Float[np.ndarray, "N K"], calibration: dict[str, float]
) -> Float[np.ndarray, "N K"]:
    """Calibrated probabilities of attributes; those of the logits themselves where nothing is calibrated."""
    slopes = np.array([calibration.get(SLOPE + name, 1.0) for name in names])
    offsets = np.array([calibration.get(OFFSET + name, 0.0) for name in names])
    return np.asarray(expit(slopes * logits + offsets))


def thresholds(names: list[str], calibration: dict[str, float]) -> Float[np.ndarray, " K"]:
    """Of each attribute the probability from which on it is there, for the best balanced accuracy."""
    return np.array([calibration.get(THRESHOLD + name, 0.5) for name in names])
