"""All attributes of a data set as one figure, those apart that may not be learned with the others."""

from pathlib import Path

import numpy as np
import pytest

from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.methods import find_recipe
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.studies.all_attributes import as_one, study
from visavis.metrics.evaluation import Evaluation, PerQuery


def part(votes: dict[str, list[int]]) -> Evaluation:
    """Hits and misses of attributes, with their unweighted mean."""
    hits = {name: np.array(found, dtype=float) for name, found in votes.items()}
    weights = np.concatenate([np.full(len(found), 1 / len(found)) for found in hits.values()])
    mean = PerQuery(np.concatenate(list(hits.values())) * weights, weights)
    of_attributes = {name: PerQuery(found, np.ones(len(found))) for name, found in hits.items()}
    return Evaluation("lfw10", "faces", "0" * 16, {"mean_accuracy": mean} | of_attributes)


def test_every_attribute_weighs_one_whichever_net_it_comes_from() -> None:
    one, other = part({"smile": [1, 0], "young": [1, 1, 1, 0]}), part({"goodlooking": [0, 0, 1, 0, 0]})
    both = as_one([one, other])
    assert both.metrics["mean_accuracy"].value == pytest.approx((1 / 2 + 3 / 4 + 1 / 5) / 3)
    assert both.metrics["mean_accuracy_together"].value == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert list(both.metrics) == ["mean_accuracy", "goodlooking", "smile", "young", "mean_accuracy_together"]
    assert both.n == 11
    assert list(as_one([one]).metrics) == ["mean_accuracy", "smile", "young"]


def test_the_other_attributes_are_learned_apart(tmp_path: Path) -> None:
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items
    table = photos.select("path", "label", "split", "attr.heel_height", "attr.shaft_height")
    table.write_csv(tmp_path / "shoes.csv")
    recipe = find_recipe(
        "relative_attributes/tiny",
        [f"data={tmp_path / 'shoes.csv'}", "attributes=[heel_height]", "schedule.steps=1"],
    )
    assert isinstance(recipe, RankerRecipe)
    record = study(recipe, [3], tmp_path / "run", "visavis study", True)
    assert record is not None
    assert list(record.metrics) == ["mean_accuracy", "heel_height", "shaft_height", "mean_accuracy_together"]
    apart = read_bundle(tmp_path / "run" / "shaft_height" / "seed-3" / "bundle")
    assert apart.config.labels == ["shaft_height"]
    assert record.seeds == [3]
