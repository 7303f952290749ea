"""Arms of a study: one recipe for each seed, trained and measured."""

from dataclasses import dataclass
from pathlib import Path

from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.evaluation import boxes_of, evaluate, test_part
from visavis.methods.face_attributes.recipe import FacesRecipe, LocaliserStage
from visavis.methods.face_attributes.training import train
from visavis.metrics.evaluation import Evaluation
from visavis.training.run import BUNDLE


@dataclass(frozen=True)
class Arm:
    """For each seed the bundle and what it is measured to be."""

    bundles: list[Bundle]
    evaluations: list[Evaluation]


def train_arm(
    recipe: FacesRecipe, seeds: list[int], folder: Path, quiet: bool, data: str, protocol: str
) -> Arm | None:
    """Train a recipe for each seed in `folder/seed-N` and measure it; None where interrupted."""
    arm = Arm([], [])
    for seed in seeds:
        bundle = train(recipe.model_copy(update={"seed": seed}), folder / f"seed-{seed}", quiet)
        if bundle is None:
            return None
        arm.bundles.append(bundle)
        arm.evaluations.append(evaluate(bundle, data, protocol))
    return arm


def trained(recipe: FacesRecipe, run: Path, quiet: bool) -> Bundle | None:
    """The bundle of a recipe that stands in a run, else trained there; None where that was interrupted."""
    if (run / BUNDLE).is_dir():  # that of a joint training too, whose folder `train` would begin anew
        bundle = read_bundle(run / BUNDLE, method=recipe.method)
        if FacesRecipe.model_validate(bundle.config.recipe) == recipe:
            return bundle
    return train(recipe, run, quiet)


def check_whole(recipe: FacesRecipe) -> None:
    """Raise VisavisError where a recipe lacks LNet_o or ANet, or its test photos boxes to compare with."""
    if recipe.outer is None or recipe.reader is None:
        raise VisavisError(f"recipe '{recipe.name}' has not both outer and reader; give a whole system")
    _check_boxes(recipe)


def localiser_alone(recipe: FacesRecipe) -> tuple[FacesRecipe, LocaliserStage]:
    """The recipe of LNet_o without the others, and its stage.

    Raises:
        VisavisError: the recipe has no LNet_o, or its test photos have no boxes to compare with.
    """
    if recipe.outer is None:
        raise VisavisError(f"recipe '{recipe.name}' has no outer (LNet_o), which this study trains; add it")
    _check_boxes(recipe)
    return recipe.model_copy(update={"inner": None, "reader": None, "joint": None}), recipe.outer


def _check_boxes(recipe: FacesRecipe) -> None:
    # Measuring says so too, but after the training.
    data = open_dataset(recipe.data)
    boxes_of(data, test_part(data))
