"""Classes with the distance between features of one class: what it adds, and what it needs."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from visavis.errors import VisavisError
from visavis.losses import closeness_loss
from visavis.methods import find_recipe
from visavis.methods.pretraining.data import StageData
from visavis.methods.pretraining.model import PretrainingNet
from visavis.methods.pretraining.recipe import PretrainingRecipe, Source, Stage
from visavis.methods.pretraining.training import StageTask

SKETCHES = Source(data="rendered-shoes-40", anchors=["sketch"], positives=["sketch"])


def task_of(**changes: Any) -> StageTask:
    recipe = find_recipe("pretraining/tiny", [])
    assert isinstance(recipe, PretrainingRecipe)
    stage: Stage = recipe.stages[0].model_copy(
        update={"sources": [SKETCHES], "objective": "classes"} | changes
    )
    torch.manual_seed(0)
    model = PretrainingNet("small", 16, 8)
    return StageTask(stage, model, StageData(stage, 112, model.trunk.backbone, None)).eval()


def test_the_distance_is_that_of_the_trunks_features() -> None:
    task = task_of(closeness=0.5)
    batch = task.draw(np.random.default_rng(0))
    with torch.no_grad():
        terms, features = task.terms(batch), task.model.trunk(task.data(batch))
        anchors, positives = features.chunk(2)
        logits = task.classifier(F.normalize(task.model.embed(features), dim=1)) / task.stage.temperature
    assert len(set(batch.items.tolist())) == len(batch.items)  # so each pair is that of an anchor
    expected = (anchors - positives).square().sum(dim=1).mean()
    torch.testing.assert_close(terms["closeness"], expected)
    torch.testing.assert_close(closeness_loss(features, batch.items.repeat(2)), expected)
    torch.testing.assert_close(terms["classes"], F.cross_entropy(logits, batch.items.repeat(2)))
    torch.testing.assert_close(terms["loss"], terms["classes"] + 0.5 * terms["closeness"])


def test_learning_draws_views_together() -> None:
    apart = {}
    for weight in (0.0, 5.0):
        task = task_of(closeness=weight)
        optimiser = torch.optim.AdamW(task.parameters(), 1e-3)
        for step in range(6):
            loss = task.terms(task.draw(np.random.default_rng(step)))["loss"]
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        batch = task.draw(np.random.default_rng(9))
        with torch.no_grad():
            anchors, positives = task.model.trunk(task.data(batch)).chunk(2)
        apart[weight] = (anchors - positives).square().sum(dim=1).mean().item()
    assert apart[5.0] < 0.8 * apart[0.0]


def test_without_it_there_is_one_term() -> None:
    task = task_of()
    assert [*task.terms(task.draw(np.random.default_rng(0)))] == ["loss"]


def test_other_objectives_have_no_classes_to_draw_together() -> None:
    with pytest.raises(
        VisavisError, match="stage 'photos': closeness draws classes together; set it to 0 for"
    ):
        task_of(objective="instances", closeness=0.1)
