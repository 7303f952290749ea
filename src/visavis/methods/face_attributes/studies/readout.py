"""Study `readout`: ANet's output layer or linear SVMs, on two views of a face or on ten."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.calibration import calibrate, fit_svms
from visavis.methods.face_attributes.data import read_aligned, tags_of
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.model import Reader
from visavis.methods.face_attributes.protocol import TagTruth
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import attribute_features, attribute_logits
from visavis.methods.face_attributes.studies.aligned import aligned_protocol, aligned_source, three_parts
from visavis.methods.face_attributes.studies.arms import train_arm
from visavis.methods.face_attributes.studies.joined import without_attributes
from visavis.methods.face_attributes.tasks import balanced
from visavis.metrics.evaluation import Evaluation, PerQuery, gains_over_seeds, over_seeds
from visavis.nets.backbones import build_backbone
from visavis.records import ResultRecord
from visavis.training.results import summarise
from visavis.training.run import starting_point

LAYER, SVMS = "output layer", "linear SVMs"
VIEWS = {2: "two views", 10: "ten views"}
PENALTIES = (0.001, 0.03, 1.0)
FIRST = f"{LAYER}, {VIEWS[2]}"


class Part(NamedTuple):
    """Aligned faces with their tags."""

    pages: UInt8[Tensor, "N 3 page page"]
    tags: Float[np.ndarray, "N K"]


class Faces(NamedTuple):
    """What SVMs learn from, what C and thresholds are chosen on, and what is asked."""

    train: Part
    validation: Part
    test: Part


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """What the paper reads attributes by, SVMs on the fully connected layer and ten views, beside the layer.

    Of runs in `run/seed-N`, which are trained where they do not stand; None where that was interrupted. Every
    arm has probabilities and thresholds of its own from validation faces, and SVMs have C from there too.

    Raises:
        VisavisError: the recipe has no aligned faces, SVMs already, or pages of one view; or the data has no
            validation part.
    """
    source, stage = aligned_source(recipe), recipe.reader
    assert stage is not None
    if stage.svm is not None:
        raise VisavisError("reader.svm: the study asks what SVMs are worth; leave this setting out")
    if stage.page == build_backbone(starting_point(stage.backbone)[0]).side:
        raise VisavisError(f"reader.page: {stage.page} px have one view; take more for ten")
    data, protocol = open_dataset(source.data), aligned_protocol(source)
    parts = three_parts(data, recipe.fold, "C")
    arm = train_arm(recipe, seeds, run, quiet, source.data, protocol)
    if arm is None:
        return None
    readers = [FaceReader(bundle) for bundle in arm.bundles]
    names = readers[0].attributes
    pages = (read_aligned(items["path"].to_list(), source.share, source.down, stage.page) for items in parts)
    faces = Faces(
        *(Part(*one) for one in zip(pages, (tags_of(items, names) for items in parts), strict=True))
    )
    truth = TagTruth.of(parts[-1], names, faces.test.tags)
    figures: dict[str, list[Evaluation]] = {}
    chosen = []
    for reader, whole in zip(readers, arm.evaluations, strict=True):
        penalty, svms = with_svms(reader.anet(), faces)
        chosen.append(f"{penalty:g}")
        for name, anet in ((LAYER, reader.anet()), (SVMS, svms)):
            for views, said in VIEWS.items():
                measured = replace(whole, metrics=read_out(anet, views, faces, truth))
                figures.setdefault(f"{name}, {said}", []).append(without_attributes(measured))
    own = figures.pop(FIRST)
    peers = {name: over_seeds(them) | gains_over_seeds(own, them) for name, them in figures.items()}
    record = summarise(arm.bundles, own, command, peers)
    told = f"C of the SVMs, chosen on {len(faces.validation.tags)} validation faces: {', '.join(chosen)}"
    return record.model_copy(update={"recipe": f"{record.recipe}, {FIRST}", "answers": [told]})


def with_svms(reader: Reader, faces: Faces) -> tuple[float, Reader]:
    """The reader with SVMs for its output layer, and their C: of `PENALTIES` that of the best validation."""
    features = attribute_features(reader, faces.train.pages).numpy()
    tags = np.tile(faces.train.tags, (2, 1))
    found = {}
    for penalty in PENALTIES:
        found[penalty] = deepcopy(reader)
        fit_svms(found[penalty], features, tags, penalty)

    def reached(penalty: float) -> float:
        logits = attribute_logits(found[penalty], faces.validation.pages, min(VIEWS))
        return balanced(logits, faces.validation.tags).get("balanced_accuracy", 0.0)

    best = max(PENALTIES, key=reached)
    return best, found[best]


def read_out(reader: Reader, views: int, faces: Faces, truth: TagTruth) -> dict[str, PerQuery]:
    """Figures of a reader on so many views of each face, calibrated on the validation part."""
    held_out, asked = (
        attribute_logits(reader, part.pages, views).double().numpy()
        for part in (faces.validation, faces.test)
    )
    return truth.measure(asked, calibrate(truth.names, held_out, faces.validation.tags))
