"""Protocols of face attributes: where a face is, and which attributes it has.

`celeba-10k`: the test part of aligned faces, read as they are: the easier setting.
`celeba-wild-end-to-end`: uncropped test photographs, read in the window that LNet finds; beside it in the
reference box, and without a window, in the whole photo.
`celeba-wild-localisation`: the window against the reference box, one an image: recall by overlap. On the
photos with one face and on pictures without faces also recall at given rates of false positives.
`tags`: any data with tags, read as the bundle reads it: in LNet's window if it has LNet, else as aligned.

Attributes: at probability 0.5 mean accuracy, balanced accuracy and macro-F1, and these at the thresholds that
were chosen on validation images (`_at_thresholds`); then the accuracy of each attribute at 0.5. Images of one
person are drawn together for the intervals.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from visavis.methods.face_attributes.calibration import probabilities, thresholds
from visavis.metrics.evaluation import PerQuery
from visavis.metrics.tags import (
    balanced_accuracy,
    calibration_error,
    macro_f1,
    mean_accuracy,
    of_each,
    shown_both,
)
from visavis.tables import DataSet

ALIGNED, END_TO_END, LOCALISATION, ANY = (
    "celeba-10k",
    "celeba-wild-end-to-end",
    "celeba-wild-localisation",
    "tags",
)
PROTOCOLS = (ANY, ALIGNED, END_TO_END, LOCALISATION)
CALIBRATION = "calibration_error"
AT_THRESHOLDS = "_at_thresholds"
BALANCED = "balanced_accuracy"
MEASURES = {"mean_accuracy": mean_accuracy, BALANCED: balanced_accuracy, "macro_f1": macro_f1}


@dataclass(frozen=True)
class TagTruth:
    """Test images: their tags (N, K), and a number (N,) for each person, None where they are not known."""

    names: list[str]
    tags: Float[np.ndarray, "N K"]
    people: Int[np.ndarray, " N"] | None

    @classmethod
    def of(cls, items: pl.DataFrame, names: list[str], tags: Float[np.ndarray, "N K"]) -> "TagTruth":
        """The truth of a table of items."""
        if items["label"].is_null().any():
            return cls(names, tags, None)
        return cls(names, tags, items["label"].rank("dense").to_numpy().astype(int) - 1)

    def measure(self, logits: Float[np.ndarray, "N K"], calibration: dict[str, float]) -> dict[str, PerQuery]:
        """All figures of logits under the calibration of their bundle, of what the images have tags for.

        Balanced accuracy is left out where they show no attribute both with and without.

        Raises:
            VisavisError: no tag is known.
        """
        left_out = () if shown_both(self.tags).any() else (BALANCED,)
        told = {name: measure for name, measure in MEASURES.items() if name not in left_out}
        known = np.flatnonzero(~np.isnan(self.tags).all(axis=0))
        found = probabilities(self.names, logits, calibration)
        halves, chosen = np.full(len(self.names), 0.5), thresholds(self.names, calibration)
        metrics = {
            name + suffix: measure(found, self.tags, at, self.people)
            for suffix, at in (("", halves), (AT_THRESHOLDS, chosen))
            for name, measure in told.items()
        }
        metrics[CALIBRATION] = calibration_error(found, self.tags, self.people)
        names, columns = [self.names[k] for k in known], (found[:, known], self.tags[:, known], halves[known])
        return metrics | of_each(mean_accuracy, names, *columns, self.people)


def majority(tags: Float[np.ndarray, "N K"], count: int) -> Float[np.ndarray, "M K"]:
    """Logits of always saying what most training images show: the floor of mean accuracy."""
    with_it, without = (tags == 1).sum(axis=0), (tags == 0).sum(axis=0)
    return np.tile(np.where(with_it >= without, 1.0, -1.0), (count, 1))


def default_protocol(data: DataSet, settings: dict[str, Any]) -> str:
    """The protocol that is made for the data, else `tags`; a bundle without a reader can only localise."""
    if "reader" not in settings:
        return LOCALISATION
    # The whole of CelebA, in its official parts, has the same name.
    if data.name == "celeba" and len(data.items) > 10_000:
        return ANY
    return {"celeba": ALIGNED, "celeba-wild": END_TO_END}.get(data.name, ANY)
