"""Study `baselines`: what the paper compares with."""

import time
from pathlib import Path

from visavis.datasets import open_dataset
from visavis.methods.relative_attributes.baselines import hog_lab_rank_svm
from visavis.methods.relative_attributes.data import pairs_of
from visavis.methods.relative_attributes.protocol import choose_pairs, count, default_protocol
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.metrics.evaluation import Evaluation
from visavis.records import ResultRecord
from visavis.training.results import summarise_untrained


def study(recipe: RankerRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord:
    """The ranking SVM of Parikh and Grauman on HOG and colour, learned from the recipe's data.

    No network is trained, so neither seeds nor the run folder matter.
    """
    started = time.monotonic()
    data = open_dataset(recipe.data)
    train = pairs_of(data, "train", recipe.attributes)
    protocol = default_protocol(data)
    test = choose_pairs(data, train.names, protocol)
    metrics = count(test, hog_lab_rank_svm(recipe, train, test.items), protocol)
    evaluation = Evaluation(protocol, data.name, data.digest(), metrics)
    return summarise_untrained(recipe.method, "HOG, Lab + rankSVM", evaluation, command, started)
