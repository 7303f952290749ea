"""Study `concepts`: do single units of ANet stand for attributes, after identities alone, and after tags?"""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from visavis import images
from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.files import write_atomic
from visavis.methods.face_attributes.data import read_aligned, tags_of
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import TagTruth
from visavis.methods.face_attributes.recipe import FaceSource, FacesRecipe
from visavis.methods.face_attributes.studies.aligned import aligned_protocol, aligned_source, three_parts
from visavis.methods.face_attributes.studies.arms import trained
from visavis.methods.face_attributes.studies.concepts_outcome import (
    BY_HAND,
    IDENTITIES,
    RANDOM,
    TAGS,
    Arm,
    Kept,
    answers,
    draw_kept,
    draw_regions,
    draw_units,
    last_layers,
    table,
)
from visavis.methods.face_attributes.studies.sparse import (
    SHARES,
    TOP,
    best_single,
    by_lasso,
    by_weight,
    fit_single,
    fit_svm,
    measure,
)
from visavis.methods.face_attributes.studies.units import COMPONENTS, Parts, anet_units, hog_components
from visavis.methods.face_attributes.tasks import reader_of
from visavis.metrics.evaluation import Evaluation, gains_over_seeds, over_seeds
from visavis.metrics.tags import People
from visavis.nets.trunk import Trunk
from visavis.pictures.canvas import Picture
from visavis.records import ResultRecord
from visavis.tables import DataSet, spread_rows
from visavis.training.results import summarise
from visavis.training.run import BUNDLE, starting_point, trunk_weights

LEARNED = 3000  # training faces, taken evenly, that SVMs learn from
PICTURE, SHEET, TABLE = "concepts.png", "concepts-units.png", "concepts.csv"


def study(recipe: FacesRecipe, seeds: list[int], run: Path, command: str, quiet: bool) -> ResultRecord | None:
    """How well the best unit of a layer, its best tenth and all of it tell the attributes of aligned faces.

    Of three ANets: random, from identities, which is the pre-training that `reader.backbone=bundle:RUN`
    names and else is left out, and fine-tuned, the run's; beside them principal components of HOG and
    colours. Linear SVMs learn on up to 3,000 training faces; thresholds are those of the validation part.
    The record is the last layer of the fine-tuned net, and the gains are those over the others.

    In the run's folder: `concepts.png`, accuracy against the share of the units; `concepts-units.png`, the
    test faces that excite units most and least, and where in them; `concepts.csv`, all figures by attribute.
    Of the run of the first seed, which is trained where it does not stand; None where that was interrupted.

    Raises:
        VisavisError: the recipe has no aligned faces, or its backbone is not ANet.
    """
    source = aligned_source(recipe)
    bundle = fine_tuned(recipe.model_copy(update={"seed": seeds[0]}), run, quiet)
    if bundle is None:
        return None
    reader, data = FaceReader(bundle), open_dataset(source.data)
    items = parts_of(data, recipe.fold)
    tags = Parts(*(tags_of(part, reader.attributes) for part in items))
    people = TagTruth.of(items[-1], reader.attributes, tags.test).people
    trunk, page = reader_of(reader.model).trunk, reader.settings["reader"]["page"]
    units = units_of(nets(recipe, reader, seeds[0]), items, source, page)
    arms = {arm: fit_arm(one, tags, people) for arm, one in units.items()}
    last = last_layers(arms)
    kept = {net: keep(units[net, layer], tags, people) for net, layer in last.items()}

    own = TAGS, last[TAGS]
    images.save(run / PICTURE, draw_kept(kept))
    single, paths = best_single(units[own], tags), items[-1]["path"].to_list()

    def where(unit: int, paths: list[str]) -> list[Picture]:
        return draw_regions(trunk, unit, read_aligned(paths, source.share, source.down, page))

    drawn = draw_units(
        reader.attributes, single, units[own].test, paths, source, where if trunk.shared is not None else None
    )
    images.save(run / SHEET, drawn)
    write_atomic(run / TABLE, table(arms, reader.attributes).write_csv())

    protocol, digest = f"{aligned_protocol(source)}-units", data.digest()
    figures = {arm: Evaluation(protocol, data.name, digest, one.metrics()) for arm, one in arms.items()}
    first = figures.pop(own)
    peers = {
        ", ".join(arm): over_seeds([one]) | gains_over_seeds([first], [one]) for arm, one in figures.items()
    }
    record = summarise([bundle], [first], command, peers)
    return record.model_copy(
        update={
            "recipe": f"{record.recipe}, {', '.join(own)}",
            "answers": answers(arms, kept, reader.attributes),
        }
    )


def fine_tuned(recipe: FacesRecipe, run: Path, quiet: bool) -> Bundle | None:
    """The bundle of the run, whatever it started from, else that of the recipe, trained there."""
    if (run / BUNDLE).is_dir():
        own = FacesRecipe.model_validate(read_bundle(run / BUNDLE, method=recipe.method).config.recipe)
        if own.reader is not None and recipe.reader is not None:
            reader = recipe.reader.model_copy(update={"backbone": own.reader.backbone})
            recipe = recipe.model_copy(update={"reader": reader})
    return trained(recipe, run, quiet)


def parts_of(data: DataSet, fold: int | None) -> list[pl.DataFrame]:
    """Training items, at most `LEARNED`, items to choose thresholds on, and test items.

    Raises:
        VisavisError: there are none to choose thresholds on, or none to test on.
    """
    known, validation, test = three_parts(data, fold, "thresholds")
    return [known[spread_rows(len(known), LEARNED)], validation, test]


def nets(recipe: FacesRecipe, reader: FaceReader, seed: int) -> dict[str, Trunk]:
    """ANet as it starts, after identities where the recipe names them, and after tags."""
    assert recipe.reader is not None
    trained = reader_of(reader.model).trunk
    backbone, start = starting_point(recipe.reader.backbone)
    torch.manual_seed(seed)
    found = {RANDOM: Trunk(backbone, recipe.reader.hidden).eval()}
    if start is not None:
        net = start.config.settings["net"]
        found[IDENTITIES] = Trunk(
            net["backbone"], net["hidden"], batch_norm=net.get("batch_norm", False)
        ).eval()
        found[IDENTITIES].load_state_dict(trunk_weights(start))
    return found | {TAGS: trained}


def units_of(
    trunks: dict[str, Trunk], items: list[pl.DataFrame], source: FaceSource, page: int
) -> dict[tuple[str, str], Parts]:
    """What the units of each layer of each net give for the faces, and the components made by hand."""
    paths = [part["path"].to_list() for part in items]
    pages = [read_aligned(part, source.share, source.down, page) for part in paths]
    found = {
        (net, layer): units
        for net, trunk in trunks.items()
        for layer, units in anet_units(trunk, pages).items()
    }
    components = hog_components(paths, source.share, source.down)
    return found | {(BY_HAND, f"{COMPONENTS} components"): components}


def fit_arm(units: Parts, tags: Parts, people: People | None) -> Arm:
    """The best unit, the best tenth and all units of a layer, measured."""
    every = fit_svm(units, tags)
    top = fit_svm(units, tags, by_weight(every, TOP))
    single, best, full = (
        measure(linear, units, tags, people) for linear in (fit_single(units, tags), top, every)
    )
    return Arm(best_single(units, tags).units, single, best, full, float(units.train.any(axis=0).mean()))


def keep(units: Parts, tags: Parts, people: People | None) -> Kept:
    """Balanced accuracy with shares of the units, chosen by the weights of an SVM and by the LASSO."""
    every, lasso = fit_svm(units, tags), by_lasso(units, tags, SHARES)

    def told(chosen: list[np.ndarray]) -> float:
        return measure(fit_svm(units, tags, chosen), units, tags, people).overall.value

    return Kept(
        np.array([told(by_weight(every, share)) for share in SHARES]),
        np.array([told(lasso[share]) for share in SHARES]),
    )
