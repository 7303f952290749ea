"""The main job on rendered data, from training to a page that shows what came of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from visavis import images
from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.gallery.index import Hit
from visavis.gallery.store import Gallery
from visavis.methods import find_recipe, get_method
from visavis.methods.sketch_retrieval.retriever import SketchRetriever
from visavis.methods.sketch_retrieval.search import THUMBNAIL, index_items, search_gallery
from visavis.metrics.evaluation import Evaluation
from visavis.pictures.bars import bars
from visavis.pictures.canvas import Picture
from visavis.pictures.curve import curves
from visavis.pictures.strip import Answer, strip
from visavis.report.page import MetricShown, NextStep, QueryShown, Report, write_report
from visavis.training.history import read_history

RECIPE = "sketch_retrieval/demo"
QUERIES, ANSWERS = 5, 5
MEANING = {
    "acc@1": "sketches whose own photo comes first",
    "acc@10": "sketches whose own photo is among the first ten",
}
NEXT = (
    NextStep(
        "Train on your own photos and sketches: a table with columns path, label, domain, split",
        "visavis train sketch_retrieval/small data=my/items.csv 'photo_domains=[photo]' --out runs/mine",
    ),
    NextStep(
        "Make your photos searchable", "visavis index my/items.csv --gallery mine.lance --model runs/mine"
    ),
    NextStep("Search with a sketch", "visavis search my/sketch.png --gallery mine.lance"),
)


@dataclass(frozen=True)
class Demo:
    """What the demo leaves: the model, the gallery, the page."""

    bundle: Bundle
    gallery: Path
    page: Path
    evaluation: Evaluation


def run_demo(folder: Path, recipe_name: str = RECIPE, quiet: bool = False) -> Demo | None:
    """Train, evaluate, index and search on rendered shoes, and write `report.html`.

    A step that is done already is not done again. None where the training was interrupted.
    """
    recipe = find_recipe(recipe_name, [])
    method = get_method(recipe.method)
    bundle = method.train(recipe, folder / "run", quiet)
    if bundle is None:
        return None
    evaluation = method.evaluate(bundle, None, None)
    data = open_dataset(recipe.data).select(split="test")
    retriever: SketchRetriever = method.load(bundle)
    gallery_path = folder / "gallery.lance"
    index_items(retriever, str(bundle.path), data.select(domain="photo").items, gallery_path)
    sketches = data.select(domain="sketch").items
    queries = sketches[np.linspace(0, len(sketches) - 1, QUERIES).round().astype(int)]
    gallery = Gallery.open(gallery_path)
    shown = [_show(retriever, gallery, row) for row in queries.iter_rows(named=True)]
    page = folder / "report.html"
    write_report(page, _report(bundle, evaluation, shown, _loss_curve(folder / "run")))
    return Demo(bundle, gallery_path, page, evaluation)


def _show(retriever: SketchRetriever, gallery: Gallery, query: dict[str, str]) -> QueryShown:
    path = Path(query["path"])
    hits = search_gallery(retriever, gallery, path, "sketch", ANSWERS)
    found = [hit.rank for hit in hits if hit.label == query["label"]]
    title = f"Sketch of shoe {query['label']}: " + (
        f"found at rank {found[0]}" if found else "not among these"
    )
    return QueryShown(title, _strip(path, hits, query["label"]), _attribute_bars(retriever, path, hits[0]))


def _strip(query: Path, hits: list[Hit], label: str) -> Picture:
    answers = [
        Answer(images.load(hit.path, size=THUMBNAIL), f"{hit.rank}. {hit.score:.3f}", hit.label == label)
        for hit in hits
    ]
    return strip(images.load(query, size=THUMBNAIL), answers)


def _attribute_bars(retriever: SketchRetriever, query: Path, best: Hit) -> Picture:
    sketch = retriever.describe(query, "sketch").probabilities
    photo = retriever.describe(Path(best.path), "photo").probabilities
    series = {"sketch": np.array(list(sketch.values())), "first answer": np.array(list(photo.values()))}
    return bars([name.replace("_", " ") for name in sketch], series)


def _loss_curve(run: Path) -> Picture:
    losses = read_history(run).filter(pl.col("name").is_in(["loss", "ranking"]))
    series = {
        str(name): (rows["step"].to_numpy(), rows["value"].to_numpy())
        for (name,), rows in losses.group_by("name")
    }
    return curves(series, x_label="step", y_label="loss")


def _report(bundle: Bundle, evaluation: Evaluation, queries: list[QueryShown], curve: Picture) -> Report:
    training = bundle.config.training
    return Report(
        title="Draw a shoe, get that shoe",
        lead=(
            f"A model was trained for {training['minutes']:.1f} minutes on rendered shoes and sketches. "
            f"Here it searches {evaluation.n} shoes that it has never seen."
        ),
        metrics=[
            MetricShown(name, MEANING[name], metric.value, int(name[4:]) / evaluation.n, metric.interval)
            for name, metric in evaluation.metrics.items()
            if name in MEANING
        ],
        queries=queries,
        curve=curve,
        steps=NEXT,
        facts={
            "model": str(bundle.path),
            "data": evaluation.data,
            "digest": evaluation.data_digest,
            "protocol": evaluation.protocol,
            "seed": str(training["seed"]),
            "device": training["device"],
        },
    )
