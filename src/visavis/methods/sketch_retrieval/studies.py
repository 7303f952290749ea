"""Questions put to the method, each answered by one command: `visavis study NAME`."""

import time
from pathlib import Path

from visavis.bundle import find_bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.baselines import BASELINES, deep_rank_svm, evaluate_baseline
from visavis.methods.sketch_retrieval.comparison import compare
from visavis.methods.sketch_retrieval.evaluation import default_protocol
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.records import ResultRecord
from visavis.training.results import summarise_untrained

NO_PREDICTION = {"sketch_attributes": 0.0, "positive_attributes": 0.0, "negative_attributes": 0.0}
NO_RANKING = {"attribute_ranking": 0.0, "score_weight": 0.0}
ABLATIONS = {
    "three tasks": {},
    "-AR, no attribute ranking": NO_RANKING,
    "-AP, no attribute prediction": NO_PREDICTION,
    "-AP-AR, triplet only": NO_PREDICTION | NO_RANKING,
}


def ablation(
    recipe: SketchRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """Song et al.'s table: the full model against each task left out. None where it was interrupted."""
    arms = {
        name: recipe.model_copy(update={"losses": recipe.losses.model_copy(update=switches)})
        for name, switches in ABLATIONS.items()
    }
    return compare(arms, seeds, run, command, quiet)


def stages(
    recipe: SketchRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """The target training from nothing, and from each stage of the pre-training that the recipe names."""
    source = recipe.model.backbone
    if not source.startswith("bundle:"):
        raise VisavisError("model.backbone: this study needs the run of a pre-training, bundle:RUN")
    folder = Path(source.removeprefix("bundle:"))
    pretrained = read_bundle(find_bundle(folder), method="pretraining").config
    backbone, earlier = pretrained.settings["net"]["backbone"], pretrained.recipe["stages"][:-1]
    starts = {f"after stage {stage['name']}": f"bundle:{folder / stage['name']}" for stage in earlier}
    arms = {
        name: recipe.model_copy(update={"model": recipe.model.model_copy(update={"backbone": start})})
        for name, start in {"all stages": source, **starts, "no pre-training": backbone}.items()
    }
    return compare(arms, seeds, run, command, quiet)


def baselines(recipe: SketchRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord:
    """What the paper compares with, learned from the recipe's data: HOG + WCCN is the record, the rest peers.

    Where the recipe starts from a pre-training, a ranking SVM on its features is among them. No network is
    trained, so neither seeds nor the run folder matter. Photos stand as the recipe's `photo_domains` say.
    """
    data = open_dataset(recipe.data)
    protocol = default_protocol(recipe.photo_domains, data)
    started = time.monotonic()
    compared = dict(BASELINES)
    if recipe.model.backbone.startswith("bundle:"):
        compared["deep feature + rankSVM"] = deep_rank_svm(recipe)
    figures = {name: evaluate_baseline(baseline, data, protocol) for name, baseline in compared.items()}
    best = figures.pop("HOG + WCCN")
    return summarise_untrained(recipe.method, "HOG + WCCN", best, command, started, figures)


STUDIES = {
    "ablation": ablation,
    "stages": stages,
    "baselines": baselines,
}
