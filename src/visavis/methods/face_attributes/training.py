"""LNet_o, LNet_s and ANet one after the other, then LNet and ANet together.

A finished part leaves a bundle and is not trained again.
"""

from pathlib import Path

import torch

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import check_tags
from visavis.methods.face_attributes.model import FaceAttributes
from visavis.methods.face_attributes.parts import Part, make_joint, make_localiser, make_reader
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.scoring import PYRAMID
from visavis.methods.face_attributes.sources import open_sources
from visavis.training.fit import fit
from visavis.training.run import accelerator, claim_run, finish_run

PARTS = ("outer", "inner", "reader")
JOINT = "joint"
TITLES = {"outer": "LNet_o", "inner": "LNet_s", "reader": "ANet", JOINT: "LNet and ANet"}
FINDS = "Finds the face in a photo; it was trained on tags alone and has seen no boxes."
READS = "Reads the attributes of a face as labellers would have tagged it: opinions, not facts."


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
    _check_sources(recipe)
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


def _check_sources(recipe: FacesRecipe) -> None:
    """ANet's data last, and yet they are looked at before LNet is trained for an hour."""
    if recipe.reader is None:
        return
    learned = None
    if recipe.outer is not None:
        learned = check_tags(open_dataset(recipe.data), None, recipe.attributes)
    open_sources(recipe.reader, learned, recipe.attributes)


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
    return finish_run(
        folder,
        recipe,
        model.state_dict(),
        made.data,
        result,
        before,
        made.start,
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
