"""The overall loss, its switches, and what the recipe refuses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_method
from visavis.methods.sketch_retrieval.model import AttributeRanker
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.studies import ABLATIONS
from visavis.methods.sketch_retrieval.training import SketchTask, build_task, handed_on

WEIGHTS = {
    "attribute_ranking": 0.3,
    "sketch_attributes": 0.5,
    "positive_attributes": 0.7,
    "negative_attributes": 0.9,
}
TRIPLET = ["tuples=attributes", "losses.ranking=triplet", "schedule.batch=6"]


def task_of(overrides: list[str]) -> SketchTask:
    recipe = find_recipe("sketch_retrieval/tiny", overrides)
    assert isinstance(recipe, SketchRecipe)
    data = open_dataset(recipe.data)
    torch.manual_seed(0)
    model = AttributeRanker("small", len(data.attributes), 64, 64, two_towers=recipe.model.two_towers)
    return build_task(recipe, data, model).eval()


@pytest.fixture(scope="module")
def triplets() -> Callable[[dict[str, float]], dict[str, Tensor]]:
    """Loss terms of one and the same batch under given weights."""
    task = task_of(TRIPLET)
    batch = task.draw(np.random.default_rng(0))

    def terms(weights: dict[str, float]) -> dict[str, Tensor]:
        losses = task.recipe.losses.model_copy(update=weights)
        task.recipe = task.recipe.model_copy(update={"losses": losses})
        with torch.no_grad():
            return task.terms(batch)

    return terms


def test_overall_loss_is_the_weighted_sum(triplets: Callable[[dict[str, float]], dict[str, Tensor]]) -> None:
    terms = triplets(WEIGHTS)
    total = terms["ranking"] + sum(weight * terms[name] for name, weight in WEIGHTS.items())
    assert terms["loss"] == pytest.approx(float(total), rel=1e-6)
    assert all(terms[name] > 0 for name in WEIGHTS)


@pytest.mark.parametrize(("name", "gone"), [("-AR", 1), ("-AP", 3), ("-AP-AR", 4)])
def test_ablations_switch_their_terms_off(
    triplets: Callable[[dict[str, float]], dict[str, Tensor]], name: str, gone: int
) -> None:
    switches = next(value for key, value in ABLATIONS.items() if key.split(",")[0] == name)
    assert sum(value == 0 for key, value in switches.items() if key in WEIGHTS) == gone
    terms = triplets(WEIGHTS | switches)
    kept = {key: weight for key, weight in WEIGHTS.items() if key not in switches}
    total = terms["ranking"] + sum(weight * terms[key] for key, weight in kept.items())
    assert terms["loss"] == pytest.approx(float(total), rel=1e-6)


def test_the_score_has_the_weight_of_the_loss_unless_told() -> None:
    losses = task_of([]).recipe.losses
    assert losses.lambda_a == losses.attribute_ranking == 0.1
    assert losses.model_copy(update={"score_weight": 0.4}).lambda_a == 0.4


def test_batches_depend_on_the_generator_alone() -> None:
    task = task_of(TRIPLET)
    one, other, third = (task.draw(np.random.default_rng([5, step])) for step in (7, 7, 8))
    assert torch.equal(task.sketches(one.sketches), task.sketches(other.sketches))
    assert one.negatives is not None
    assert other.negatives is not None
    assert torch.equal(task.photos(one.negatives), task.photos(other.negatives))
    assert not torch.equal(task.sketches(one.sketches), task.sketches(third.sketches))


def test_in_batch_rows_are_different_items() -> None:
    batch = task_of([]).draw(np.random.default_rng(0))
    assert batch.negatives is None
    assert len(set(batch.items.tolist())) == len(batch.items)


def test_frozen_backbone_gets_no_gradient() -> None:
    task = task_of(["model.frozen=true"])
    torch.autograd.backward(task.train().terms(task.draw(np.random.default_rng(0)))["loss"])
    assert all(parameter.grad is None for parameter in task.model.trunk.backbone.parameters())
    assert task.model.trunk.shared is not None
    assert task.model.trunk.shared.weight.grad is not None


TWO_TOWERS = ["model.two_towers=true", "losses.ranking=contrastive", "losses.margin=1.0"]


def test_contrastive_ranking_sees_each_sketch_with_its_own_and_another_photo() -> None:
    """Hadsell's loss by a plain loop over the pairs of a batch."""
    task = task_of(TWO_TOWERS)
    batch = task.draw(np.random.default_rng(0))
    with torch.no_grad():
        sketches, photos = (branch.embedding for branch in task._encode(batch)[:2])
        ranking = float(task.terms(batch)["ranking"])
    count = len(sketches)
    total = 0.0
    for i in range(count):
        total += float((sketches[i] - photos[i]).norm()) ** 2 / 2
        total += max(0.0, 1 - float((sketches[i] - photos[i - 1]).norm())) ** 2 / 2
    assert ranking == pytest.approx(total / (2 * count), rel=1e-5)


def test_two_towers_are_trained_and_kept(tmp_path: Path) -> None:
    recipe = find_recipe("sketch_retrieval/tiny", [*TWO_TOWERS, "model.hidden=0", "schedule.steps=2"])
    bundle = get_method("sketch_retrieval").train(recipe, tmp_path, True)
    assert bundle is not None
    assert any(name.startswith("photo_tower.") for name in bundle.weights)
    assert get_method("sketch_retrieval").evaluate(bundle, None, None).n == 12


def test_contrastive_ranking_needs_a_margin() -> None:
    with pytest.raises(VisavisError, match=r"'contrastive' needs a margin; set losses\.margin"):
        task_of(["losses.ranking=contrastive", "losses.margin=null"])


@pytest.mark.parametrize("ranking", ["info_nce", "in_batch_triplet", "contrastive"])
def test_in_batch_losses_refuse_triplets(ranking: str) -> None:
    with pytest.raises(VisavisError, match="does not go with tuples 'attributes'"):
        task_of(["tuples=attributes", f"losses.ranking={ranking}"])


def test_human_tuples_need_a_table_of_triplets() -> None:
    with pytest.raises(VisavisError, match="tuples 'human' needs a table of triplets"):
        task_of(["tuples=human", "losses.ranking=triplet"])


def test_photos_without_sketches_are_told() -> None:
    data = open_dataset("rendered-shoes-40")
    recipe = find_recipe("sketch_retrieval/tiny", [])
    assert isinstance(recipe, SketchRecipe)
    with pytest.raises(VisavisError, match="no sketch shares its label"):
        build_task(recipe, data.select(domain="photo"), AttributeRanker("small", 12, 64, 64))


def test_photo_stem_learns_from_colour() -> None:
    recipe = find_recipe("sketch_retrieval/tiny", ["model.photo_stem=true"])
    assert isinstance(recipe, SketchRecipe)
    data = open_dataset(recipe.data)
    model = AttributeRanker("small", len(data.attributes), 64, 64, photo_stem=True)
    task = build_task(recipe, data, model).train()
    batch = task.draw(np.random.default_rng(0))
    assert task.photos(batch.positives).shape[1] == 3
    torch.autograd.backward(task.terms(batch)["loss"])
    assert model.stem is not None
    assert all(parameter.grad is not None for parameter in model.stem.parameters())


def test_pretraining_hands_on_what_fits() -> None:
    before = AttributeRanker("small", 3, 64, 64)
    after = AttributeRanker("small", 12, 64, 64)
    taken = handed_on(before.state_dict(), after)
    assert {name.split(".")[0] for name in taken} == {"trunk", "embed"}
    narrower = handed_on(before.state_dict(), AttributeRanker("small", 3, 64, hidden=0))
    assert all(
        name.startswith("trunk.backbone.") or name == "describe.bias"
        for name in narrower
        if "embed" not in name
    )
    with pytest.raises(
        VisavisError, match=r"no trunk\.backbone\.layers\..+ of this shape; it fits another net"
    ):
        handed_on(before.state_dict(), AttributeRanker("sketch-a-net", 3, 64, 64))
