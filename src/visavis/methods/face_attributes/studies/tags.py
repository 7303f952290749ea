"""Study `tags`: does LNet find faces better, the more attributes it learns? The paper's figure says so."""

from pathlib import Path

import numpy as np

from visavis import images
from visavis.datasets import open_dataset
from visavis.methods.face_attributes.data import check_tags
from visavis.methods.face_attributes.protocol import LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe, LocaliserStage
from visavis.methods.face_attributes.studies.arms import Arm, localiser_alone, train_arm
from visavis.metrics.evaluation import over_seeds
from visavis.pictures.canvas import Picture
from visavis.pictures.curve import curves
from visavis.records import Metric, ResultRecord
from visavis.training.results import summarise

COUNTS = (1, 5, 10, 20, 30, 40)
ORDER = 0  # seed of the order in which attributes come in, one for all arms, so that fewer are among more
DRAWN = ("recall@0.3", "recall@0.5", "recall@0.7", "recall@0.1fppi")
PICTURE = "tags.png"

Figures = dict[int, dict[str, Metric]]


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """LNet_o trained with 1, 5, 10, 20, 30 and 40 attributes, else alike; all of them are the record.

    Runs stand in `run/K-attributes/seed-N`; None where it was interrupted. Telling faces from pictures
    without teaches LNet too: `outer.presence=0 outer.without=0` leaves that to the tags alone.

    Raises:
        VisavisError: the recipe has no LNet_o, or its test photos have no boxes to compare with.
    """
    alone, stage = localiser_alone(recipe)
    names = in_order(check_tags(open_dataset(recipe.data), None, recipe.attributes))
    arms: dict[int, Arm] = {}
    for count in counts(len(names)):
        learned = alone.model_copy(update={"attributes": names[:count]})
        folder = run / name_of(count).replace(" ", "-")
        arm = train_arm(learned, seeds, folder, quiet, recipe.data, LOCALISATION)
        if arm is None:
            return None
        arms[count] = arm
    figures = {count: over_seeds(arm.evaluations) for count, arm in arms.items()}
    images.save(run / PICTURE, draw(figures))
    *fewer, every = arms
    peers = {name_of(count): figures[count] for count in fewer}
    record = summarise(arms[every].bundles, arms[every].evaluations, command, peers)
    return record.model_copy(
        update={
            "recipe": f"{record.recipe}, {name_of(every)}",
            "answers": answers(figures, names, stage),
        }
    )


def counts(there_are: int) -> list[int]:
    """How many attributes the arms learn: those of the paper that are fewer, then all."""
    return [count for count in COUNTS if count < there_are] + [there_are]


def in_order(names: list[str]) -> list[str]:
    """The attributes in the order in which they come in."""
    return [names[row] for row in np.random.default_rng(ORDER).permutation(len(names))]


def name_of(count: int) -> str:
    """What an arm is called."""
    return f"{count} attribute{'s' * (count > 1)}"


def answers(figures: Figures, names: list[str], stage: LocaliserStage) -> list[str]:
    """Does recall rise with the number of attributes, which come first, and what else taught LNet?"""
    told = [
        f"{metric} with {', '.join(map(str, figures))} attributes: "
        + ", ".join(f"{100 * metrics[metric].mean:.1f}" for metrics in figures.values())
        for metric in ("recall@0.5", "recall@0.1fppi")
        if all(metric in metrics for metrics in figures.values())
    ]
    told.append(f"they come in as {', '.join(names[:10])}{' ...' * (len(names) > 10)}")
    if stage.faceless is not None and stage.presence and stage.without:
        told.append(
            f"beside the tags, each arm learned with weight {stage.presence:g} whether there is a face at all"
        )
    return told


def draw(figures: Figures) -> Picture:
    """Recall against the number of attributes."""
    x = np.array(list(figures))
    series = {
        metric: (x, np.array([100 * metrics[metric].mean for metrics in figures.values()]))
        for metric in DRAWN
        if all(metric in metrics for metrics in figures.values())
    }
    return curves(series, x_label="attributes learned", y_label="faces found, %")
