"""Arms of an experiment: trained, measured by the network alone, compared query by query, and drawn."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from visavis import images
from visavis.bundle import Bundle, recalibrated
from visavis.datasets import open_dataset
from visavis.methods.sketch_retrieval.evaluation import evaluate, gallery_domain, gallery_scores
from visavis.methods.sketch_retrieval.protocol import official_split
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.methods.sketch_retrieval.training import train
from visavis.metrics.evaluation import Evaluation, PerQuery, gains_over_seeds, over_seeds
from visavis.pictures.strip import Answer, strips
from visavis.records import ResultRecord
from visavis.training.results import summarise

POOLED = {"qmul-v1": ("qmul-shoe-v1", "qmul-chair-v1")}  # sets trained apart, their queries counted together
PICTURE = "comparison.png"
DRAWN, ANSWERS, CELL = 4, 5, 128  # queries and answers drawn; pixels


@dataclass(frozen=True)
class Arm:
    """One arm: for each seed a bundle (of the first data set) and an evaluation; minutes of all trainings."""

    bundles: list[Bundle]
    evaluations: list[Evaluation]
    minutes: float


def compare(
    arms: dict[str, SketchRecipe], seeds: list[int], run: Path, command: str, quiet: bool
) -> ResultRecord | None:
    """Train all arms, every seed of one before the next; the first is the record, the others its peers.

    A run stands in `run/DATA/ARM/seed-N`. Data `qmul-v1` means shoes and chairs trained apart and counted
    together. HOG + WCCN takes no part in the scores. Draws the first arm above the last in `run`.

    Returns:
        the record, or None where a training was interrupted.
    """
    trained: dict[str, Arm] = {}
    for name, recipe in arms.items():
        arm = _train_arm(name, recipe, seeds, run, quiet)
        if arm is None:
            return None
        trained[name] = arm
    first, *others = trained
    draw_comparison({name: trained[name].bundles[0] for name in (first, others[-1])}, run / PICTURE)
    peers = {
        name: over_seeds(trained[name].evaluations)
        | gains_over_seeds(trained[first].evaluations, trained[name].evaluations)
        for name in others
    }
    record = summarise(trained[first].bundles, trained[first].evaluations, command, peers)
    title = f"{record.recipe}, {first}"
    return record.model_copy(update={"recipe": title, "minutes": trained[first].minutes})


def _train_arm(name: str, recipe: SketchRecipe, seeds: list[int], run: Path, quiet: bool) -> Arm | None:
    bundles, evaluations, minutes = [], [], 0.0
    for seed in seeds:
        parts = []
        for data in POOLED.get(recipe.data, (recipe.data,)):
            folder = run / data / name.replace(" ", "-").replace(",", "") / f"seed-{seed}"
            bundle = train(recipe.model_copy(update={"seed": seed, "data": data}), folder, quiet)
            if bundle is None:
                return None
            fused = "hog_weight" in bundle.config.calibration
            parts.append(recalibrated(bundle, ["hog_weight=0"]) if fused else bundle)
        bundles.append(parts[0])
        minutes += sum(part.config.training["minutes"] for part in parts)
        evaluations.append(pooled(recipe.data, [evaluate(bundle, None, None) for bundle in parts]))
    return Arm(bundles, evaluations, round(minutes, 1))


def pooled(data: str, evaluations: list[Evaluation]) -> Evaluation:
    """Evaluations of several data sets, each with its own gallery, as one: all queries together."""
    if len(evaluations) == 1:
        return evaluations[0]
    metrics = {
        name: PerQuery(
            np.concatenate([one.metrics[name].sums for one in evaluations]),
            np.concatenate([one.metrics[name].counts for one in evaluations]),
        )
        for name in evaluations[0].metrics
    }
    return Evaluation(f"{evaluations[0].protocol}-pooled", data, open_dataset(data).digest(), metrics)


def draw_comparison(bundles: dict[str, Bundle], target: Path) -> None:
    """For the same test sketches, the answers of each model in a row, the true photo framed.

    The slides' figure of the multi-task model above the triplet model. Sketches are taken evenly from the
    test split, not picked.
    """
    rows, titles = [], []
    answers = {name: _answers(bundle) for name, bundle in bundles.items()}
    for query in range(DRAWN):
        for name, drawn in answers.items():
            rows.append(drawn[query])
            titles.append(name)
    images.save(target, strips(rows, titles, cell=CELL))


def _answers(bundle: Bundle) -> list[tuple[np.ndarray, list[Answer]]]:
    data = open_dataset(bundle.config.recipe["data"])
    split = official_split(data, gallery_domain(bundle, data))
    chosen = np.linspace(0, len(split.queries) - 1, DRAWN).round().astype(int)
    queries = split.queries[chosen]
    scores = gallery_scores(SketchRetriever(bundle), split)[chosen]
    shown = _shown(data.items, split.gallery)
    found = []
    for path, truth, row in zip(queries["path"], split.truth[chosen], scores, strict=True):
        nearest = np.argsort(row, kind="stable")[:ANSWERS]
        answers = [
            Answer(images.load(shown[photo], size=CELL), f"{place}. {row[photo]:.3f}", bool(photo == truth))
            for place, photo in enumerate(nearest, 1)
        ]
        found.append((images.load(path, size=CELL), answers))
    return found


def _shown(items: pl.DataFrame, gallery: pl.DataFrame) -> list[str]:
    """The photo of each gallery item, where it stands there as an edge map."""
    photos = items.filter(pl.col("domain") == "photo")
    photo_of = dict(zip(photos["label"], photos["path"], strict=True))
    return [photo_of.get(label, path) for label, path in gallery.select("label", "path").iter_rows()]
