"""The parts of the system that are trained: what each learns from, and what is fitted to it afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.building import (
    build_model,
    check_batch,
    check_page,
    check_sizes,
    settings_with,
    train_only,
)
from visavis.methods.face_attributes.calibration import FACE, calibrate, fit_svms
from visavis.methods.face_attributes.data import (
    TagData,
    check_known,
    check_tags,
    faceless_photos,
    read_squares,
    tags_of,
    training_part,
)
from visavis.methods.face_attributes.joint import FacesFound, JointData, JointTask
from visavis.methods.face_attributes.model import FaceAttributes
from visavis.methods.face_attributes.recipe import FacesRecipe, LocaliserStage, ReaderStage
from visavis.methods.face_attributes.scoring import (
    attribute_features,
    attribute_logits,
    squares_seen,
    windows_of_pages,
)
from visavis.methods.face_attributes.sources import face_items, open_sources
from visavis.methods.face_attributes.tasks import Examples, LocaliserTask, ReaderTask, localiser_of, reader_of
from visavis.metrics.thresholds import threshold_between
from visavis.tables import DataSet
from visavis.training.run import starting_point
from visavis.training.task import Task

NO_FRAME = {"share": 1.0, "down": 0.0}  # of aligned faces, where there are none among the sources


@dataclass(frozen=True)
class Part:
    """A part to be trained: its task, what is fitted to the trained network, what the bundle says beside, and
    the data that it learns from."""

    task: Task
    finish: Callable[[FaceAttributes], dict[str, float]]
    settings: dict[str, Any]
    data: list[DataSet]
    labels: list[str]
    start: Bundle | None


def make_localiser(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    """LNet_o on whole photos, or LNet_s on the windows that LNet_o finds in them."""
    stage = getattr(recipe, part)
    assert isinstance(stage, LocaliserStage)
    data, sources = open_dataset(recipe.data), []
    names = check_tags(data, None, recipe.attributes)
    backbone, start = starting_point(stage.backbone)
    arguments = {"backbone": backbone, "attributes": len(names)}
    arguments |= stage.model_dump(include={"largest", "step", "levels", "sharpness", "dropout"})
    seen = {"page", "window", "proposals"} | ({"around"} if part == "inner" else set())
    frame = stage.model_dump(include=seen)
    settings = settings_with(before, part, arguments, frame)
    model = build_model(settings, part, before, start)
    check_sizes(part, stage, localiser_of(model, part))
    train_items, validation = training_part(data, recipe.fold)
    if train_items.is_empty():
        raise _nothing_to_learn(data)

    def pages_of(items: pl.DataFrame) -> Tensor:
        paths = items["path"].to_list()
        return read_squares(paths, squares_seen(model.eval(), part, paths, settings), stage.page)

    faceless = None
    if stage.faceless is not None:
        without = faceless_photos(stage.faceless, "train")
        faceless, sources = pages_of(without.items), [without]
    side = stage.page
    tags = tags_of(train_items, names)
    check_known(names, tags)
    drawn = TagData(pages_of(train_items), tags, side, stage.augmentation, faceless)
    held_out = Examples(pages_of(validation), tags_of(validation, names)) if len(validation) else None
    task = LocaliserTask(part, stage, model, drawn, held_out)
    return Part(task, partial(face_threshold, part, stage, drawn), settings, [data, *sources], names, start)


def make_reader(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    """ANet on the faces of all its sources."""
    stage = recipe.reader
    assert stage is not None
    sources, names = open_sources(stage, None if before is None else before.config.labels, recipe.attributes)
    backbone, start = starting_point(stage.backbone)
    arguments = {
        "backbone": backbone,
        "attributes": len(names),
        "hidden": stage.hidden,
        "dropout": stage.dropout,
        "batch_norm": stage.batch_norm,
    }
    frame = stage.model_dump(include={"around", "page", "views"})
    frame["aligned"] = next(
        (one.model_dump(include={"share", "down"}) for one in stage.sources if one.aligned), NO_FRAME
    )
    settings = settings_with(before, part, arguments, frame)
    model = build_model(settings, part, before, start)
    side = reader_of(model).trunk.side
    check_page(stage, side)
    check_batch("reader", stage.schedule, reader_of(model))
    learned, held_out = face_items(recipe, stage, sources, names, settings)
    examples, validated = learned(model), held_out(model)
    if examples is None:
        raise _nothing_to_learn(sources[0])
    check_known(names, examples.tags)
    drawn = TagData(examples.pages, examples.tags, side, stage.augmentation)
    task = ReaderTask(stage, model, drawn, validated)
    finish = partial(finish_reader, stage, names, lambda _: examples, lambda _: validated)
    return Part(task, finish, settings, sources, names, start)


def make_joint(recipe: FacesRecipe, before: Bundle) -> Part:
    """ANet and the LNet whose window it reads: LNet_s where there is one.

    ANet goes on learning from the aligned faces among its sources too, else it would forget them.
    """
    stage, reader, part = recipe.joint, recipe.reader, "outer" if recipe.inner is None else "inner"
    localiser = getattr(recipe, part)
    assert stage is not None
    assert reader is not None
    assert isinstance(localiser, LocaliserStage)
    sources, names = open_sources(reader, before.config.labels, recipe.attributes)
    settings = before.config.settings
    model = FaceAttributes(**settings["net"]).eval()
    model.load_state_dict(before.weights)
    check_batch("joint", stage.schedule, reader_of(model))
    train_only(model, part, "reader")

    def pages_of(paths: list[str], *sides: int) -> list[Tensor]:
        squares = squares_seen(model, part, paths, settings)
        return [read_squares(paths, squares, side) for side in sides]

    learned, held_out = face_items(recipe, reader, sources, names, settings)
    uncropped, aligned = learned.of(aligned=False), learned.of(aligned=True)
    if not uncropped.paths:
        raise _nothing_to_learn(sources[[source.aligned for source in reader.sources].index(False)])
    photos, sharp = pages_of(uncropped.paths, localiser.page, stage.page)
    faceless = None
    if localiser.faceless is not None:
        without = faceless_photos(localiser.faceless, "train")
        (faceless,) = pages_of(without.items["path"].to_list(), localiser.page)
    seen = TagData(photos, uncropped.tags, localiser.page, localiser.augmentation, faceless)
    faces, side = aligned(model), reader_of(model).trunk.side
    beside = None if faces is None else TagData(faces.pages, faces.tags, side, reader.augmentation)
    task = JointTask(
        part, stage, localiser, reader, model, JointData(seen, sharp, beside, reader, side), held_out
    )

    def finish(model: FaceAttributes) -> dict[str, float]:
        fitted = face_threshold(part, localiser, seen, model)
        return fitted | finish_reader(reader, names, learned, held_out, model)

    return Part(task, finish, settings, sources, names, None)


def _nothing_to_learn(data: DataSet) -> VisavisError:
    return VisavisError(f"{data.name}: nothing is in its split 'train'; mark items to learn from with it")


def face_threshold(
    part: str, stage: LocaliserStage, data: TagData, model: FaceAttributes
) -> dict[str, float]:
    """The response that tells photos with a face from those without best, on training pictures."""
    if data.faceless is None or part == "inner":
        return {}
    with_face, without = (
        windows_of_pages(localiser_of(model, part), pages.pages, stage.model_dump()).scores
        for pages in (data.photos, data.faceless)
    )
    return {FACE: threshold_between(with_face, without)}


def finish_reader(
    stage: ReaderStage, names: list[str], learned: FacesFound, held_out: FacesFound, model: FaceAttributes
) -> dict[str, float]:
    """Fit the linear SVMs where the recipe has them, then probabilities and thresholds on held-out faces."""
    reader = reader_of(model)
    if stage.svm is not None:
        faces = learned(model)
        assert faces is not None
        fit_svms(
            reader, attribute_features(reader, faces.pages).numpy(), np.tile(faces.tags, (2, 1)), stage.svm
        )
    examples = held_out(model)
    if examples is None:
        return {}
    logits = attribute_logits(reader, examples.pages, stage.views).double().numpy()
    return calibrate(names, logits, examples.tags)
