"""Study `all-attributes`: one figure over all attributes of a data set, where some need nets of their own."""

from pathlib import Path

import numpy as np

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.methods.relative_attributes.consistency import checked_pairs
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import train
from visavis.metrics.evaluation import Evaluation, PerQuery
from visavis.records import ResultRecord
from visavis.training.results import summarise

TOGETHER = "together"  # folder and suffix of what the recipe learns together
MEAN = "mean_accuracy"


def study(
    recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """The recipe's attributes together and each other one of the data apart, counted as one.

    On LFW-10 the training photos of goodlooking are the test photos of the other nine, so that no net may
    learn all ten. Runs stand in `run/together/seed-N` and `run/ATTRIBUTE/seed-N`; None where interrupted.
    """
    groups: dict[str, list[str] | None] = {TOGETHER: recipe.attributes}
    if recipe.attributes is not None:
        known = checked_pairs(open_dataset(recipe.data)).counts["attribute"].unique().sort()
        groups |= {name: [name] for name in known if name not in recipe.attributes}
    bundles: list[Bundle] = []
    evaluations = []
    for seed in seeds:
        parts = []
        for name, attributes in groups.items():
            changed = recipe.model_copy(update={"attributes": attributes, "seed": seed})
            bundle = train(changed, run / name / f"seed-{seed}", quiet)
            if bundle is None:
                return None
            if name == TOGETHER:
                bundles.append(bundle)
            parts.append(evaluate(bundle, None, None))
        evaluations.append(as_one(parts))
    return summarise(bundles, evaluations, command)


def as_one(parts: list[Evaluation]) -> Evaluation:
    """Evaluations of different attributes as one; the mean of the first, by itself, as `..._together`.

    In each part an attribute weighs one, so that the queries of all make the unweighted mean over all.
    """
    first, *others = parts
    means = {
        name: PerQuery(
            np.concatenate([part.metrics[name].sums for part in parts]),
            np.concatenate([part.metrics[name].counts for part in parts]),
        )
        for name in first.metrics
        if name.startswith(MEAN)
    }
    attributes = {
        name: metric for part in parts for name, metric in part.metrics.items() if not name.startswith(MEAN)
    }
    alone = {f"{MEAN}_{TOGETHER}": first.metrics[MEAN]} if others else {}
    ordered = {MEAN: means.pop(MEAN)} | dict(sorted(attributes.items())) | alone | means
    return Evaluation(first.protocol, first.data, first.data_digest, ordered, first.notes)
