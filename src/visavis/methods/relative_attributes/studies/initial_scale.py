"""Study `initial-scale`: does the box's scale leave its initial value, and what does that value decide?

The slides found for bald head that the box stays as large as it begins, that s0 = 0.66 is 4 to 7 points
better than s0 = 0.33, and that a higher rate of the scale makes up for little of it. Beside their changes
stand two ways that might do without the choice: s = exp(ratio s') with larger steps, and a choice of s0 on a
held-out fold of the training pairs.
"""

from pathlib import Path

import numpy as np

from visavis import images
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.studies.arms import ACCURACY, Arm, train_arm
from visavis.methods.relative_attributes.studies.scale_forms import (
    CHOSEN,
    DEFAULT,
    FORMS,
    LINEAR,
    name_of,
    recipe_of,
    slides_of,
)
from visavis.methods.relative_attributes.studies.scale_outcome import answers, beside_slides, draw
from visavis.methods.relative_attributes.training import train
from visavis.records import ResultRecord
from visavis.training.results import summarise

FOLD = 0
PICTURE = "initial-scale.png"


def study(
    recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """The table of the slides and the two alternatives; s0 = 0.33 is the record, all else its peers.

    Arms stand in `run/ARM/seed-N`. Each has the combined accuracy, with `stn_` the first stage's, the mean
    side of the boxes in the test photos, and what the slides print of it. None where it was interrupted.
    """
    trained: dict[str, Arm] = {}
    for form, options in FORMS.items():
        for scale in options.starts:
            name = name_of(form, scale)
            of_seeds = seeds if options.every_seed else seeds[:1]
            arm = train_arm(recipe_of(recipe, form, scale), of_seeds, run / _folder(name), quiet)
            if arm is None:
                return None
            trained[name] = arm
    chosen = choose(recipe, seeds, run / "fold", quiet)
    if chosen is None:
        return None
    trained[CHOSEN] = picked([trained[name_of(LINEAR, scale)] for scale in chosen])
    first = name_of(LINEAR, DEFAULT)
    arm, figures = trained[first], {name: one.metrics() for name, one in trained.items()}
    learned = arm.bundles[0].config.labels
    slides = slides_of(learned)
    images.save(run / PICTURE, draw(figures, slides, float(np.mean(chosen))))
    told = answers(figures, chosen)
    # The records of several attributes stand in one table, so each of their arms names its own.
    whose = f"{learned[0]}: " if len(learned) == 1 else ""
    peers = {whose + name: metrics for name, metrics in beside_slides(figures, slides).items()}
    own = peers.pop(whose + first)
    record = summarise(arm.bundles, [one.evaluation for one in arm.combined], command, peers)
    return record.model_copy(
        update={"recipe": f"{record.recipe}, {whose}{first}", "metrics": own, "answers": told}
    )


def choose(recipe: RankerRecipe, seeds: list[int], folder: Path, quiet: bool) -> list[float] | None:
    """For each seed the initial scale that is best on a held-out fold, the smaller of two that are as good.

    None where a training was interrupted.
    """
    chosen = []
    for seed in seeds:
        accuracy = {}
        for scale in FORMS[LINEAR].starts:
            held_out = recipe_of(recipe, LINEAR, scale).model_copy(update={"fold": FOLD, "seed": seed})
            bundle = train(held_out, folder / _folder(name_of(LINEAR, scale)) / f"seed-{seed}", quiet)
            if bundle is None:
                return None
            accuracy[scale] = bundle.config.training["validation"][ACCURACY]
        chosen.append(max(accuracy, key=accuracy.__getitem__))
    return chosen


def picked(arms: list[Arm]) -> Arm:
    """The first seed of the first arm, the second of the second, and so on."""
    return Arm(
        [arm.bundles[number] for number, arm in enumerate(arms)],
        [arm.combined[number] for number, arm in enumerate(arms)],
        [arm.stn[number] for number, arm in enumerate(arms)],
    )


def _folder(name: str) -> str:
    return name.replace(",", "").replace(" ", "-")
