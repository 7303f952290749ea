"""LNet_o, LNet_s and ANet one after the other; a finished part leaves a bundle and is not trained again."""

from dataclasses import dataclass
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
    read_aligned,
    read_squares,
    squares_about,
    tags_of,
    training_part,
    whole_photos,
)
from visavis.methods.face_attributes.model import FaceAttributes, Localiser, seen_side
from visavis.methods.face_attributes.recipe import FaceSource, FacesRecipe, LocaliserStage, ReaderStage
from visavis.methods.face_attributes.scoring import (
    attribute_features,
    attribute_logits,
    locate,
    outer_windows,
    read_faces,
    windows_of_pages,
)
from visavis.methods.face_attributes.tasks import Examples, LocaliserTask, ReaderTask, localiser_of, reader_of
from visavis.metrics.thresholds import threshold_between
from visavis.nets.backbones import OWN
from visavis.tables import DataSet
from visavis.training.fit import fit
from visavis.training.run import accelerator, claim_run, finish_run, starting_point
from visavis.training.task import Task

NO_FRAME = {"share": 1.0, "down": 0.0}  # of aligned faces, where there are none among the sources
PARTS = ("outer", "inner", "reader")
TITLES = {"outer": "LNet_o", "inner": "LNet_s", "reader": "ANet"}
FINDS = "Finds the face in a photo; it was trained on tags alone and has seen no boxes."
READS = "Reads the attributes of a face as labellers would have tagged it: opinions, not facts."


@dataclass(frozen=True)
class Part:
    """A part to be trained: its task, what the bundle says beside, and the data that it learns from."""

    task: Task
    settings: dict[str, Any]
    data: list[DataSet]
    labels: list[str]
    start: Bundle | None


def train(recipe: FacesRecipe, run: Path, quiet: bool = False) -> Bundle | None:
    """Train the parts that a recipe has; None where it was interrupted.

    The bundle of a part before the last stands in `run/outer/bundle` or `run/inner/bundle`, and holds all
    parts up to it.

    Raises:
        VisavisError: the recipe has no part, or one that another needs is missing; or the data do not fit.
    """
    wanted = [part for part in PARTS if getattr(recipe, part) is not None]
    _check_parts(recipe, wanted)
    bundle: Bundle | None = None
    for number, part in enumerate(wanted):
        later = dict.fromkeys(wanted[number + 1 :])
        so_far, folder = recipe.model_copy(update=later), run / part if later else run
        before, bundle = bundle, claim_run(folder, so_far)
        if bundle is None:
            bundle = _train_part(so_far, part, folder, before, quiet)
        if bundle is None:
            return None
    return bundle


def _check_parts(recipe: FacesRecipe, wanted: list[str]) -> None:
    if not wanted:
        raise VisavisError(
            "the recipe has no part to train; give outer (LNet_o), inner (LNet_s) or reader (ANet)"
        )
    uncropped = recipe.reader is not None and not all(source.aligned for source in recipe.reader.sources)
    if recipe.outer is None and (recipe.inner is not None or uncropped):
        raise VisavisError("key 'outer': LNet_s and photos that are not aligned need LNet_o; add it")


def _train_part(
    recipe: FacesRecipe, part: str, folder: Path, before: Bundle | None, quiet: bool
) -> Bundle | None:
    torch.manual_seed(recipe.seed)
    made = (make_reader if part == "reader" else make_localiser)(recipe, part, before)
    result = fit(made.task, folder, recipe.seed, title=f"{TITLES[part]}, seed {recipe.seed}", quiet=quiet)
    if not result.finished:
        return None
    model = made.task.trained.to(accelerator())
    assert isinstance(model, FaceAttributes)
    fitted = dict(before.config.calibration) if before is not None else {}
    if isinstance(made.task, LocaliserTask):
        fitted |= face_threshold(made.task, model)
    elif isinstance(made.task, ReaderTask):
        fitted |= finish_reader(made.task, model, made.labels)
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
        purpose=READS if part == "reader" else FINDS,
    )


def make_localiser(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    """LNet_o on whole photos, or LNet_s on the windows that LNet_o finds in them."""
    stage = getattr(recipe, part)
    assert isinstance(stage, LocaliserStage)
    data, sources = open_dataset(recipe.data), []
    names = check_tags(data, None)
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
        if part == "outer":
            return read_squares(paths, whole_photos(paths), stage.page)
        found = outer_windows(model.eval(), paths, settings)
        return read_squares(paths, squares_about(found.boxes, stage.around), stage.page)

    faceless = None
    if stage.faceless is not None:
        without = faceless_photos(stage.faceless, "train")
        faceless, sources = pages_of(without.items), [without]
    side = stage.page
    drawn = TagData(pages_of(train_items), tags_of(train_items), side, stage.augmentation, faceless)
    held_out = Examples(pages_of(validation), tags_of(validation)) if len(validation) else None
    task = LocaliserTask(part, stage, model, drawn, held_out)
    return Part(task, settings, [data, *sources], names, start)


def make_reader(recipe: FacesRecipe, part: str, before: Bundle | None) -> Part:
    """ANet on the faces of all its sources."""
    stage = recipe.reader
    assert stage is not None
    sources = [open_dataset(source.data) for source in stage.sources]
    names = check_tags(sources[0], None if before is None else before.config.labels)
    for data in sources[1:]:
        check_tags(data, names)
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
    learned, validated = [], []
    for source, data in zip(stage.sources, sources, strict=True):
        train_items, validation = training_part(data, recipe.fold)
        learned.append(_faces(train_items, source, model, settings))
        validated.append(_faces(validation, source, model, settings))
    examples = joined(learned)
    if examples is None:
        raise _nothing_to_learn(sources[0])
    drawn = TagData(examples.pages, examples.tags, side, stage.augmentation)
    task = ReaderTask(stage, model, drawn, joined(validated))
    return Part(task, settings, sources, names, start)


def _faces(
    items: pl.DataFrame, source: FaceSource, model: FaceAttributes, settings: dict[str, Any]
) -> Examples | None:
    """What ANet sees of items; None where there are none."""
    if items.is_empty():
        return None
    paths = items["path"].to_list()
    if source.aligned:
        pages = read_aligned(paths, source.share, source.down, settings["reader"]["page"])
    else:
        pages = read_faces(paths, locate(model.eval(), paths, settings).boxes, settings)
    return Examples(pages, tags_of(items))


def joined(parts: list[Examples | None]) -> Examples | None:
    """The examples of all sources; None where there are none."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return Examples(torch.cat([one.pages for one in known]), np.concatenate([one.tags for one in known]))


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
        known = model.state_dict()
        renamed = {
            f"{part}.{name if part == 'reader' else name.removeprefix('trunk.')}": value
            for name, value in start.weights.items()
            if name.startswith("trunk.")
        }
        fitting = {
            name: value
            for name, value in renamed.items()
            if name in known and known[name].shape == value.shape
        }
        model.load_state_dict(fitting, strict=False)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(f"{part}."))
    return model.to(accelerator())


def _check_backbones(net: dict[str, Any], part: str) -> None:
    name = net[part]["backbone"]
    if name in OWN and OWN[name].colours == 1:
        raise VisavisError(
            f"{part}.backbone: '{name}' reads line drawings; use lnet, anet, colour or caffenet"
        )
    if part == "inner" and name != (outer := net["outer"]["backbone"]):
        raise VisavisError(f"inner.backbone: LNet_s starts from LNet_o, which is '{outer}'; give it the same")


def face_threshold(task: LocaliserTask, model: FaceAttributes) -> dict[str, float]:
    """The response that tells photos with a face from those without best, on training pictures."""
    if task.data.faceless is None or task.part == "inner":
        return {}
    with_face, without = (
        windows_of_pages(localiser_of(model, task.part), pages.pages, task.stage.model_dump()).scores
        for pages in (task.data.photos, task.data.faceless)
    )
    return {FACE: threshold_between(with_face, without)}


def finish_reader(task: ReaderTask, model: FaceAttributes, names: list[str]) -> dict[str, float]:
    """Fit the linear SVMs where the recipe has them, then probabilities and thresholds on held-out faces."""
    reader, stage = reader_of(model), task.stage
    if stage.svm is not None:
        features = attribute_features(reader, task.data.photos.pages).numpy()
        fit_svms(reader, features, np.tile(task.data.tags.numpy(), (2, 1)), stage.svm)
    if task.held_out is None:
        return {}
    logits = attribute_logits(reader, task.held_out.pages, stage.views).double().numpy()
    return calibrate(names, logits, task.held_out.tags)
