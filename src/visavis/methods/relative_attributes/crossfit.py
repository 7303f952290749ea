"""Ordered pairs that a model has not seen, as it judges them: to calibrate it on.

A model that has learned from all pairs leaves none. So its recipe is trained again with folds held out, and
how far the gaps of these models are to be trusted is taken for how far its own are.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from jaxtyping import Float

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.relative_attributes.calibration import JudgedPairs, joined, judged_pairs, spread_of
from visavis.methods.relative_attributes.data import Pairs, held_out_pairs, pairs_of
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import train
from visavis.tables import DataSet
from visavis.training.recipe import validate_recipe

FOLDS = 5  # that `held_out_pairs` takes
FOLDER = "folds"  # of their trainings, in a run


@dataclass(frozen=True)
class Unseen:
    """Pairs that were held out, the spread (K,) of the bundle's own scores, and where the pairs are from."""

    judged: JudgedPairs
    spread: Float[np.ndarray, " K"]
    source: str


def unseen_pairs(
    bundle: Bundle, run: Path, data_name: str | None, folds: int | None, quiet: bool
) -> Unseen | None:
    """Pairs that the model has not learned from, for `confidence.calibrate`, which has these arguments.

    Raises:
        VisavisError: the model has learned from the pairs of `data_name`, these are of none of its
            attributes, or folds are asked for where none is trained.
    """
    recipe = validate_recipe(RankerRecipe, bundle.config.recipe, str(bundle.path))
    if folds is not None and (data_name is not None or recipe.fold is not None):
        raise VisavisError("folds are not trained where held-out pairs are at hand; leave --folds out")
    if data_name is not None:
        return _of_labelled(bundle, data_name)
    if recipe.fold is not None:
        return _of_its_fold(bundle, recipe, recipe.fold)
    return _of_folds(bundle, recipe, run / FOLDER, folds or FOLDS, quiet)


def _of_labelled(bundle: Bundle, data_name: str) -> Unseen:
    data = open_dataset(data_name)
    split = "train"
    if data.pairs is not None and "split" in data.pairs.columns:
        split = "validation" if (data.pairs["split"] == "validation").any() else "train"
    digest = data.digest()
    if split == "train" and any(part["digest"] == digest for part in bundle.config.training["data"]):
        raise VisavisError(
            f"{data_name}: the model has learned from these pairs; put some others into split 'validation', "
            "or leave --data out and have folds trained"
        )
    pairs = label_pairs(bundle, data, split)
    scores = scores_of(bundle, pairs.items)
    spread = spread_of(scores)
    return Unseen(judged_pairs(pairs, scores, spread), spread, f"{data.name} ({digest}), split {split}")


def _of_its_fold(bundle: Bundle, recipe: RankerRecipe, fold: int) -> Unseen:
    pairs = pairs_of(open_dataset(recipe.data), "train", bundle.config.labels)
    scores = scores_of(bundle, pairs.items)
    spread = spread_of(scores)
    judged = judged_pairs(held_out_pairs(pairs, fold)[1], scores, spread, fold)
    return Unseen(judged, spread, f"fold {fold} of {recipe.data}")


def _of_folds(bundle: Bundle, recipe: RankerRecipe, folder: Path, folds: int, quiet: bool) -> Unseen | None:
    """None where a training was interrupted; each goes on where it stopped."""
    parts = []
    for fold in range(folds):
        without = recipe.model_copy(update={"fold": fold})
        trained = train(without, folder / str(fold), quiet)
        if trained is None:
            return None
        parts.append(_of_its_fold(trained, without, fold).judged)
    pairs = pairs_of(open_dataset(recipe.data), "train", bundle.config.labels)
    spread = spread_of(scores_of(bundle, pairs.items))
    return Unseen(joined(parts), spread, f"{folds} of {FOLDS} folds of {recipe.data}")


def label_pairs(bundle: Bundle, data: DataSet, split: str) -> Pairs:
    """The pairs of those of the bundle's attributes that data has, numbered as the bundle numbers them."""
    labels, known = bundle.config.labels, pairs_of(data, split).names
    shared = [name for name in labels if name in known]
    if not shared:
        raise VisavisError(
            f"{data.name}: no pair is of an attribute of the model; it has {', '.join(labels)}"
        )
    pairs = pairs_of(data, split, shared)
    numbers = np.array([labels.index(name) for name in shared])
    return replace(pairs, names=labels, attribute=numbers[pairs.attribute])


def scores_of(bundle: Bundle, items: pl.DataFrame) -> Float[np.ndarray, "N K"]:
    """Scores of a table of items by all attributes of a bundle."""
    scores: np.ndarray = AttributeRanker(bundle).scores(items).numpy()
    return scores
