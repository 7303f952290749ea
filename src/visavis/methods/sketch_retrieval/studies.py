"""Questions put to the method, each answered by one command: `visavis study NAME`."""

import time
from pathlib import Path

import numpy as np
from jaxtyping import Float

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.sketch_retrieval.baselines import BASELINES, evaluate_baseline
from visavis.methods.sketch_retrieval.evaluation import evaluate
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.training import train
from visavis.metrics.evaluation import Evaluation, over_seeds
from visavis.metrics.intervals import paired_bootstrap
from visavis.records import Metric, ResultRecord
from visavis.training.results import summarise
from visavis.training.run import device_name

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
    return _compare(arms, seeds, run, command, quiet)


def stages(
    recipe: SketchRecipe, seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """The target training from nothing, and from each stage of the pre-training that the recipe names."""
    source = recipe.model.backbone
    if not source.startswith("bundle:"):
        raise VisavisError("model.backbone: this study needs the run of a pre-training, bundle:RUN")
    folder = Path(source.removeprefix("bundle:"))
    begun = sorted(folder.glob("*/bundle/config.json"), key=lambda path: path.stat().st_mtime)
    starts = {f"after stage {path.parents[1].name}": f"bundle:{path.parents[1]}" for path in begun}
    arms = {
        name: recipe.model_copy(update={"model": recipe.model.model_copy(update={"backbone": start})})
        for name, start in {"all stages": source, **starts, "no pre-training": "small"}.items()
    }
    return _compare(arms, seeds, run, command, quiet)


def baselines(recipe: SketchRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord:
    """What the paper compares with, learned from the recipe's data: HOG + WCCN is the record, the rest peers.

    No network is trained, so neither seeds nor the run folder matter.
    """
    data = open_dataset(recipe.data)
    protocol = "qmul-v1" if "edge" in data.items["domain"] else "test-split"
    started = time.monotonic()
    figures = {name: evaluate_baseline(name, data, protocol) for name in BASELINES}
    best = figures.pop("HOG + WCCN")
    return ResultRecord(
        method=recipe.method,
        recipe="HOG + WCCN",
        protocol=best.protocol,
        data=best.data,
        data_digest=best.data_digest,
        n=best.n,
        seeds=[0],
        metrics=over_seeds([best]),
        peers={name: over_seeds([figure]) for name, figure in figures.items()},
        command=command,
        minutes=round((time.monotonic() - started) / 60, 1),
        device=device_name(),
    )


STUDIES = {
    "ablation": ablation,
    "stages": stages,
    "baselines": baselines,
}


def _compare(
    arms: dict[str, SketchRecipe], seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """Train all arms, every seed of one before the next; the first is the record, the others its peers."""
    evaluations: dict[str, list[Evaluation]] = {}
    record: ResultRecord | None = None
    for name, recipe in arms.items():
        bundles = []
        for seed in seeds:
            folder = run / name.replace(" ", "-").replace(",", "") / f"seed-{seed}"
            bundle = train(recipe.model_copy(update={"seed": seed}), folder, quiet)
            if bundle is None:
                return None
            bundles.append(bundle)
        evaluations[name] = [evaluate(bundle, None, None) for bundle in bundles]
        if record is None:
            record = summarise(bundles, evaluations[name], command)
    assert record is not None
    first = next(iter(evaluations))
    peers = {
        name: over_seeds(results) | _differences(evaluations[first], results)
        for name, results in evaluations.items()
        if name != first
    }
    return record.model_copy(update={"peers": peers})


def _differences(ours: list[Evaluation], theirs: list[Evaluation]) -> dict[str, Metric]:
    """What the first arm gains over another, paired by query, mean over seeds."""
    gains = {}
    for name in ours[0].metrics:
        interval = paired_bootstrap(_per_query(ours, name), _per_query(theirs, name))
        gains[f"gain_{name}"] = Metric(mean=interval.estimate, ci95=(interval.low, interval.high))
    return gains


def _per_query(evaluations: list[Evaluation], name: str) -> Float[np.ndarray, " Q"]:
    metrics = [evaluation.metrics[name] for evaluation in evaluations]
    judged = metrics[0].counts > 0
    shares = np.stack([metric.sums[judged] / metric.counts[judged] for metric in metrics])
    mean: np.ndarray = shares.mean(axis=0)
    return mean
