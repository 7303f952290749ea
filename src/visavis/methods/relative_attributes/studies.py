"""Questions put to the method, each answered by one command: `visavis study NAME`."""

import time
from pathlib import Path

from visavis.datasets import open_dataset
from visavis.methods.relative_attributes.baselines import hog_lab_rank_svm
from visavis.methods.relative_attributes.data import pairs_of
from visavis.methods.relative_attributes.evaluation import count, default_protocol, evaluate
from visavis.methods.relative_attributes.localisation import MEASURED_ON, PARTS
from visavis.methods.relative_attributes.pictures import draw_localisation
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import train
from visavis.metrics.evaluation import Evaluation
from visavis.records import ResultRecord
from visavis.training.results import summarise, summarise_untrained


def baselines(recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord:
    """The ranking SVM of Parikh and Grauman on HOG and colour, learned from the recipe's data.

    No network is trained, so neither seeds nor the run folder matter.
    """
    started = time.monotonic()
    data = open_dataset(recipe.data)
    train = pairs_of(data, "train", recipe.attributes)
    test = pairs_of(data, "test", train.names)
    protocol = default_protocol(data)
    metrics = count(test, hog_lab_rank_svm(recipe, train, test.items), protocol)
    evaluation = Evaluation(protocol, data.name, data.digest(), metrics)
    return summarise_untrained(recipe.method, "HOG, Lab + rankSVM", evaluation, command, started)


def localisation(
    recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """Boxes against the parts that they should lie on, under protocol `parts`; None where it was interrupted.

    Trains each seed in `run/seed-N`, or takes what `visavis train --seeds` has trained there. Measures on the
    recipe's data, or on what stands for it in `MEASURED_ON`, and draws boxes of the first seed.
    """
    data = MEASURED_ON.get(recipe.data, recipe.data)
    bundles = []
    for seed in seeds:
        bundle = train(recipe.model_copy(update={"seed": seed}), run / f"seed-{seed}", quiet)
        if bundle is None:
            return None
        bundles.append(bundle)
    record = summarise(bundles, [evaluate(bundle, data, PARTS) for bundle in bundles], command)
    draw_localisation(bundles[0], open_dataset(data), run / "localisation.png")
    return record


STUDIES = {"baselines": baselines, "localisation": localisation}
