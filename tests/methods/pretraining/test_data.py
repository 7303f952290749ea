"""Views of a stage: what belongs together, and that nothing of a test part is among them."""

import numpy as np
import pytest

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe
from visavis.methods.pretraining.data import StageData, training_items
from visavis.methods.pretraining.recipe import PretrainingRecipe, Source
from visavis.nets.backbones import build_backbone


def stage_data(**source: object) -> StageData:
    recipe = find_recipe("pretraining/tiny", [])
    assert isinstance(recipe, PretrainingRecipe)
    given = Source.model_validate(
        {"data": "rendered-shoes-40", "anchors": ["sketch"], "positives": ["sketch"]} | source
    )
    return StageData(
        recipe.stages[0].model_copy(update={"sources": [given]}), 112, build_backbone("small"), None
    )


def test_views_of_a_label_are_different_pages_of_it() -> None:
    data = stage_data()
    assert data.classes == 28  # training shoes, two sketches each
    batch = data.draw(np.random.default_rng(0))
    assert not np.array_equal(batch.anchors.rows, batch.positives.rows)
    assert data(batch).shape == (2 * len(batch.items), 1, 112, 112)


def test_views_of_an_item_are_of_one_page() -> None:
    data = stage_data(group="item")
    assert data.classes == 56
    batch = data.draw(np.random.default_rng(0))
    assert np.array_equal(batch.anchors.rows, batch.positives.rows)


def test_sides_without_anything_in_common_are_told() -> None:
    with pytest.raises(VisavisError, match="no item has both a view of domain sketch and one of edge"):
        stage_data(positives=["edge"])


def test_a_held_out_fold_and_the_test_part_are_left_out() -> None:
    data = open_dataset("rendered-shoes-40")
    assert set(training_items(data, None)["split"]) == {"train"}
    assert training_items(data, 0)["label"].n_unique() == 22  # of 28, less a fifth
