"""Measuring a bundle under a named protocol."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Bool, Float

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.cascade import constant_box
from visavis.methods.face_attributes.data import Boxes, sizes_of, tags_of
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import (
    ALIGNED,
    END_TO_END,
    LOCALISATION,
    PROTOCOLS,
    TagTruth,
    default_protocol,
    majority,
)
from visavis.methods.face_attributes.scoring import Windows
from visavis.metrics.boxes import intersection_over_union
from visavis.metrics.detection import recall_by_overlap, recall_by_rate
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.tables import BOX, DataSet

REFERENCE = "the reference box, same ANet"
WHOLE = "the whole photo, same ANet"
MAJORITY = "always what most training images show"
CONSTANT = "constant box, the mean of the training boxes"


def evaluate(bundle: Bundle, data_name: str | None, protocol_name: str | None) -> Evaluation:
    """Measure a bundle on the test part of its own or other data.

    Args:
        bundle: of `face_attributes`.
        data_name: name or path of the data; None: that of the recipe.
        protocol_name: one of `PROTOCOLS`; None: the one that is made for the data, else `tags`.

    Raises:
        VisavisError: the protocol is unknown or does not fit the data or the bundle.
    """
    data = open_dataset(data_name or bundle.config.recipe["data"])
    name = protocol_name or default_protocol(data, bundle.config.settings)
    if name not in PROTOCOLS:
        raise VisavisError(f"protocol '{name}' is unknown; use one of {', '.join(PROTOCOLS)}")
    reader, test = FaceReader(bundle), test_part(data)
    if name == LOCALISATION:
        return _localisation(reader, data, test, pictures_without(bundle.config.recipe))
    if not reader.reads_faces:
        raise VisavisError(
            f"{bundle.path}: finds faces and reads none; use '{LOCALISATION}', or train ANet too"
        )
    missing = [attribute for attribute in reader.attributes if attribute not in data.attributes]
    if missing:
        raise VisavisError(f"{data.name}: has no tags of '{missing[0]}', which {bundle.path} reads")
    tags = tags_of(test, reader.attributes)
    truth, paths = TagTruth.of(test, reader.attributes, tags), test["path"].to_list()
    calibration = bundle.config.calibration
    aligned = name == ALIGNED or not reader.finds_faces
    if aligned and name == END_TO_END:
        raise VisavisError(
            f"{bundle.path}: has no LNet, and '{name}' is about finding the face; use '{ALIGNED}'"
        )
    beside = {}
    if name == END_TO_END:
        beside = {
            REFERENCE: reader.logits(paths, boxes_of(data, test)),
            WHOLE: reader.logits_whole(paths),
        }
    logits = reader.logits_aligned(paths) if aligned else reader.logits(paths, reader.windows(paths).boxes)
    peers = {peer: truth.measure(found, calibration) for peer, found in beside.items()}
    train = data.items.filter(pl.col("split") == "train")
    if len(train):
        floor = majority(tags_of(train, reader.attributes), len(test))
        peers[MAJORITY] = truth.measure(floor, {})
    notes = _learned_from(bundle, data)
    return Evaluation(name, data.name, data.digest(), truth.measure(logits, calibration), notes, peers)


def _learned_from(bundle: Bundle, data: DataSet) -> tuple[str, ...]:
    """A note where the figures are of the very images that a bundle has learned from."""
    learned = {one["digest"] for one in bundle.config.training.get("data", [])}
    if data.digest() in learned and data.items["split"].is_null().all():
        return (f"{data.name} has no splits: these are the images that the bundle has learned from",)
    return ()


class Searched(NamedTuple):
    """The window of each test photo, the reference box, and whether there is `one` face in the photo; and the
    windows of pictures without faces, which may be none."""

    found: Windows
    truth: Boxes
    one: Bool[np.ndarray, " N"]
    faceless: Windows

    @property
    def overlaps(self) -> Float[np.ndarray, " N"]:
        """Of the windows with the reference boxes."""
        return intersection_over_union(self.found.boxes, self.truth)

    def rated(self) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"], Float[np.ndarray, " M"]]:
        """What `recall_curve` takes: only photos with one face, for in others a window may be right."""
        return self.found.scores[self.one], self.overlaps[self.one], self.faceless.scores

    def measure(self) -> dict[str, PerQuery]:
        """All figures of localisation; those at rates of false positives need pictures without faces."""
        by_overlap = recall_by_overlap(self.found.boxes, self.truth)
        return by_overlap | recall_by_rate(*self.rated()) if len(self.faceless.scores) else by_overlap


def search_for_faces(
    find: Callable[[list[str]], Windows], data: DataSet, test: pl.DataFrame, without: list[str]
) -> Searched:
    """Look for the face in test photos and in pictures without faces.

    Args:
        find: gives the best window of each photo, NaN where there is none.
        data: what the photos are of.
        test: its test items.
        without: paths of pictures without faces.

    Raises:
        VisavisError: a photo has no reference box.
    """
    truth, found = boxes_of(data, test), find(test["path"].to_list())
    return Searched(found, truth, has_one_face(test), find(without))


def pictures_without(recipe: dict[str, Any]) -> list[str]:
    """Paths of the test part of the pictures without faces that LNet_o learned from.

    There are none where a recipe names no such data, data without splits, which was learned from whole, or
    data that is not at hand.
    """
    name = (recipe.get("outer") or {}).get("faceless")
    with suppress(VisavisError):
        return open_dataset(name).select(split="test").items["path"].to_list() if name else []
    return []


def _localisation(reader: FaceReader, data: DataSet, test: pl.DataFrame, without: list[str]) -> Evaluation:
    searched = search_for_faces(reader.windows, data, test, without)
    peers, train = {}, data.items.filter(pl.col("split") == "train").drop_nulls(BOX)
    if len(train):
        known, asked = (sizes_of(items["path"].to_list()) for items in (train, test))
        fixed = constant_box(boxes_of(data, train), known, asked)
        peers[CONSTANT] = recall_by_overlap(fixed, searched.truth)
    notes = ["false positives are not counted: no pictures without faces of split 'test' in outer.faceless"]
    if without:
        single = int(searched.one.sum())
        notes = [f"false positives: on {single} photos with one face, and {len(without)} pictures without"]
    if data.name == "celeba-wild":
        notes.append("the boxes are those of a detector, not of people")
    return Evaluation(
        LOCALISATION,
        data.name,
        data.digest(),
        searched.measure(),
        tuple(notes),
        peers,
    )


def test_part(data: DataSet) -> pl.DataFrame:
    """The test items, or all where the data has no splits.

    Raises:
        VisavisError: there are splits, and no test part.
    """
    if data.items["split"].is_null().all():
        return data.items
    test = data.select(split="test").items
    if test.is_empty():
        raise VisavisError(f"{data.name}: has no test part to measure on; mark items with split 'test'")
    return test


def has_one_face(items: pl.DataFrame) -> Bool[np.ndarray, " N"]:
    """Which photos show one face: all, where the data does not count faces."""
    counted: np.ndarray = (
        (items["faces"] == 1).to_numpy() if "faces" in items.columns else np.ones(len(items), bool)
    )
    return counted


def boxes_of(data: DataSet, items: pl.DataFrame) -> Boxes:
    """The boxes of items.

    Raises:
        VisavisError: one has none.
    """
    if BOX[0] not in items.columns or items.select(pl.any_horizontal(pl.col(BOX).is_null()).any()).item():
        raise VisavisError(f"{data.name}: an item has no box to compare with; add box_x, box_y, box_w, box_h")
    return items.select(BOX).to_numpy().astype(np.float64)
