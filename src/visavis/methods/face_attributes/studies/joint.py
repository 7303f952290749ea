"""Study `joint`: what is it worth to train LNet and ANet on together, after each by itself?"""

from pathlib import Path

from visavis.methods.face_attributes.evaluation import evaluate
from visavis.methods.face_attributes.protocol import END_TO_END, LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe, JointStage
from visavis.methods.face_attributes.studies.arms import Arm, check_whole, train_arm
from visavis.methods.face_attributes.studies.joined import joined, without_attributes
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds
from visavis.records import ResultRecord
from visavis.training.results import summarise

APART = "each by itself"


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """Attributes and windows of photos after the joint stage, which is the record, and before it.

    Of runs in `run/seed-N`, which are trained where they do not stand; None where that was interrupted. The
    gains are those of the joint stage over each by itself.

    Raises:
        VisavisError: the recipe lacks LNet or ANet, or its test photos have no boxes to compare with.
    """
    check_whole(recipe)
    arms = []
    for stage in (None, recipe.joint or JointStage()):
        changed = recipe.model_copy(update={"joint": stage})
        arm = train_arm(changed, seeds, run, quiet, recipe.data, END_TO_END)
        if arm is None:
            return None
        arms.append(arm)
    before, after = (_with_windows(arm, recipe.data) for arm in arms)
    peers = {APART: over_seeds(before) | gains_over_seeds(after, before)}
    return summarise(arms[-1].bundles, after, command, peers)


def _with_windows(arm: Arm, data: str) -> list[Evaluation]:
    return [
        without_attributes(joined(read, evaluate(bundle, data, LOCALISATION)))
        for bundle, read in zip(arm.bundles, arm.evaluations, strict=True)
    ]
