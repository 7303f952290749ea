"""LNet_o, LNet_s and ANet one after the other, then LNet and ANet together.

A finished part leaves a bundle and is not trained again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.calibration import FACE, calibrate, fit_svms
from visavis.methods.face_attributes.data import (
    TagData,
    check_tags,
    faceless_photos,
    read_squares,
    tags_of,
    training_part,
)
from visavis.methods.face_attributes.joint import FacesFound, JointData, JointTask
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, seen_side
from visavis.methods.face_attributes.recipe import FacesRecipe, LocaliserStage, ReaderStage
from visavis.methods.face_attributes.scoring import (
    PYRAMID,
    attribute_features,
    attribute_logits,
    squares_seen,
    windows_of_pages,
)
from visavis.methods.face_attributes.sources import face_items, open_sources
from visavis.methods.face_attributes.tasks import Examples, LocaliserTask, ReaderTask, localiser_of, reader_of
from visavis.metrics.thresholds import threshold_between
from visavis.nets.backbones import OWN
from visavis.tables import DataSet
from visavis.training.fit import fit
from visavis.training.run import (
    accelerator,
    claim_run,
    finish_run,
    fitting_weights,
    starting_point,
    trunk_weights,
)
from visavis.training.task import Task

NO_FRAME = {"share": 1.0, "down": 0.0}  # of aligned faces, where there are none among the sources
PARTS = ("outer", "inner", "reader")
JOINT = "joint"
TITLES = {"outer": "LNet_o", "inner": "LNet_s", "reader": "ANet", JOINT: "LNet and ANet"}
FINDS = "Finds the face in a photo; it was trained on tags alone and has seen no boxes."
READS = "Reads the attributes of a face as labellers would have tagged it: opinions, not facts."


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


def train(recipe: FacesRecipe, run: Path, quiet: bool = False) -> Bundle | None:
    """Train the parts that a recipe has; None where it was interrupted.

    The bundle of a part before the last stands in `run/outer/bundle` or `run/inner/bundle`, and holds all
    parts up to it. What is trained on together stands in `run/joint/bundle`, beside what it started from in
    `run/bundle`; so a run without it can be gone on from, and both forms can be measured.

    Raises:
        VisavisError: the recipe has no part, or one that another needs is missing; or the data do not fit.
    """
    wanted = [part for part in PARTS if getattr(recipe, part) is not None]
    _check_parts(recipe, wanted)
    stages, bundle = recipe.model_copy(update={JOINT: None}), None
    for number, part in enumerate(wanted):
        later = dict.fromkeys(wanted[number + 1 :])
        so_far, folder = stages.model_copy(update=later), run / part if later else run
        bundle = _part(so_far, part, folder, bundle, quiet)
        if bundle is None:
            return None
    if recipe.joint is None:
        return bundle
    together = recipe.model_copy(update={"name": f"{recipe.name}, {JOINT}"})
    return _part(together, JOINT, run / JOINT, bundle, quiet)


def _part(recipe: FacesRecipe, part: str, folder: Path, before: Bundle | None, quiet: bool) -> Bundle | None:
    """The bundle of a part, trained where it is not finished; None where that was interrupted."""
    finished = claim_run(folder, recipe)
    return finished or _train_part(recipe, part, folder, before, quiet)


def _check_parts(recipe: FacesRecipe, wanted: list[str]) -> None:
    if not wanted:
        raise VisavisError(
            "the recipe has no part to train; give outer (LNet_o), inner (LNet_s) or reader (ANet)"
        )
    uncropped = recipe.reader is not None and not all(source.aligned for source in recipe.reader.sources)
    if recipe.outer is None and (recipe.inner is not None or uncropped):
        raise VisavisError("key 'outer': LNet_s and photos that are not aligned need LNet_o; add it")
    if recipe.joint is not None and not uncropped:
        raise VisavisError(
            "key 'joint': LNet and ANet meet on photos that are not aligned; give reader.sources one of those"
        )
    last = recipe.inner or recipe.outer
    if recipe.joint is not None and last is not None and last.proposals != PYRAMID:
        raise VisavisError(
            f"key 'joint': windows of proposals '{last.proposals}' cannot be learned; use '{PYRAMID}'"
        )


def _train_part(
    recipe: FacesRecipe, part: str, folder: Path, before: Bundle | None, quiet: bool
) -> Bundle | None:
    torch.manual_seed(recipe.seed)
    made = _make(recipe, part, before)
    result = fit(made.task, folder, recipe.seed, title=f"{TITLES[part]}, seed {recipe.seed}", quiet=quiet)
    if not result.finished:
        return None
    model = made.task.trained.to(accelerator())
    assert isinstance(model, FaceAttributes)
    fitted = dict(before.config.calibration) if before is not None else {}
    fitted |= made.finish(model)
    also = [] if before is None or made.start is None else made.start.config.training["data"]
    return finish_run(
        folder,
        recipe,
        model.state_dict(),
        made.data,
        result,
        before or made.start,
        beside=also,
        settings=made.settings,
        labels=made.labels,
        calibration=fitted,
        purpose=FINDS if part in ("outer", "inner") else READS,
    )


def _make(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    if part == JOINT:
        assert before is not None
        return make_joint(recipe, before)
    return (make_reader if part == "reader" else make_localiser)(recipe, part, before)


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
    settings = _settings(before, part, arguments, frame)
    model = build_model(settings, part, before, start)
    _check_sizes(part, stage, localiser_of(model, part))
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
    drawn = TagData(pages_of(train_items), tags, side, stage.augmentation, faceless)
    held_out = Examples(pages_of(validation), tags_of(validation, names)) if len(validation) else None
    task = LocaliserTask(part, stage, model, drawn, held_out)
    return Part(task, partial(face_threshold, part, stage, drawn), settings, [data, *sources], names, start)


def make_reader(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    """ANet on the faces of all its sources."""
    stage = recipe.reader
    assert stage is not None
    sources, names = open_sources(stage, before, recipe.attributes)
    backbone, start = starting_point(stage.backbone)
    arguments = {
        "backbone": backbone,
        "attributes": len(names),
        "hidden": stage.hidden,
        "dropout": stage.dropout,
    }
    frame = stage.model_dump(include={"around", "page", "views"})
    frame["aligned"] = next(
        (one.model_dump(include={"share", "down"}) for one in stage.sources if one.aligned), NO_FRAME
    )
    settings = _settings(before, part, arguments, frame)
    model = build_model(settings, part, before, start)
    side = reader_of(model).trunk.side
    _check_page(stage, side)
    learned, held_out = face_items(recipe, stage, sources, names, settings)
    examples, validated = learned(model), held_out(model)
    if examples is None:
        raise _nothing_to_learn(sources[0])
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
    sources, names = open_sources(reader, before, recipe.attributes)
    settings = before.config.settings
    model = FaceAttributes(**settings["net"]).eval()
    model.load_state_dict(before.weights)
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


def _check_sizes(part: str, stage: LocaliserStage, localiser: Localiser) -> None:
    smallest = seen_side(stage.page, localiser.scales[-1])
    device = next(localiser.parameters()).device
    try:
        with torch.no_grad():
            localiser.eval().backbone(torch.zeros(1, 3, smallest, smallest, device=device))
    except RuntimeError:
        raise VisavisError(
            f"{part}.levels: the smallest size, {smallest} px, is less than the backbone can read; take fewer"
        ) from None


def _check_page(stage: ReaderStage, side: int) -> None:
    if stage.page < side:
        raise VisavisError(f"reader.page: {stage.page} px is less than the {side} that the backbone reads")
    if stage.views not in (2, 10) or (stage.views == 10 and stage.page == side):
        raise VisavisError(
            f"reader.views: {stage.views} of a page of {stage.page} px; give 2, or 10 of more than {side} px"
        )


def _settings(
    before: Bundle | None, part: str, arguments: dict[str, Any], frame: dict[str, Any]
) -> dict[str, Any]:
    """Settings of the bundle: arguments of the network, and what each part sees, `before` included."""
    earlier = {"net": {}} if before is None else before.config.settings
    return {**earlier, "net": {**earlier["net"], part: arguments}, part: frame}


def build_model(
    settings: dict[str, Any], part: str, before: Bundle | None, start: Bundle | None
) -> FaceAttributes:
    """The network with the parts of `before` as they are and not to be trained, and `part` as it starts.

    A pre-training hands on its backbone, and to ANet its fully connected layer where that is as wide.
    LNet_s starts from LNet_o.
    """
    net = settings["net"]
    _check_backbones(net, part)
    model = FaceAttributes(**net)
    if before is not None:
        model.load_state_dict(before.weights, strict=False)
        if part == "inner":
            assert isinstance(model.outer, Localiser)
            assert isinstance(model.inner, Localiser)
            model.inner.load_state_dict(model.outer.state_dict())
    if start is not None:
        place = "reader.trunk" if part == "reader" else part
        named = {f"{place}.{name}": value for name, value in trunk_weights(start).items()}
        model.load_state_dict(fitting_weights(named, model), strict=False)
    return train_only(model, part)


def train_only(model: FaceAttributes, *parts: str) -> FaceAttributes:
    """The model with no other parts to be trained, where training computes."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.split(".")[0] in parts)
    return model.to(accelerator())


def _check_backbones(net: dict[str, Any], part: str) -> None:
    name = net[part]["backbone"]
    if name in OWN and OWN[name].colours == 1:
        raise VisavisError(
            f"{part}.backbone: '{name}' reads line drawings; use lnet, anet, colour or caffenet"
        )
    if part == "inner" and name != (outer := net["outer"]["backbone"]):
        raise VisavisError(f"inner.backbone: LNet_s starts from LNet_o, which is '{outer}'; give it the same")


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
