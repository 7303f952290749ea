"""Objective `tags`: the attributes of the very pages that are seen, gaps in them, and sources without."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe
from visavis.methods.pretraining.data import Pool, StageData
from visavis.methods.pretraining.model import PretrainingNet
from visavis.methods.pretraining.recipe import PretrainingRecipe, Source, Stage
from visavis.methods.pretraining.training import StageTask

PHOTOS: dict[str, Any] = {"data": "rendered-shoes-40", "anchors": ["photo"], "positives": ["photo"]}


def task_of(*sources: dict[str, Any], batch: int = 12) -> StageTask:
    recipe = find_recipe("pretraining/tiny", [])
    assert isinstance(recipe, PretrainingRecipe)
    first = recipe.stages[0]
    schedule = first.schedule.model_copy(update={"batch": batch})
    given = [Source.model_validate(PHOTOS | source) for source in sources]
    stage: Stage = first.model_copy(update={"objective": "tags", "sources": given, "schedule": schedule})
    torch.manual_seed(0)
    model = PretrainingNet("colour", 0, 8)
    return StageTask(stage, model, StageData(stage, 96, model.trunk.backbone, None))


def table(folder: Path, rows: Sequence[tuple[str | None, float | None, float | None]]) -> str:
    """A user's table of some rendered photos: label and two attributes of each."""
    photos = open_dataset("rendered-shoes-40").select(domain="photo", split="train").items["path"]
    frame = pl.DataFrame(rows, schema=["label", "attr.one", "attr.two"], orient="row")
    frame.with_columns(photos.head(len(rows)).alias("path")).write_parquet(folder / "items.parquet")
    return str(folder / "items.parquet")


def test_loss_falls_on_rendered_shoes() -> None:
    task = task_of({"group": "item"}).train()
    batch = task.draw(np.random.default_rng(0))
    optimiser = torch.optim.AdamW(task.parameters(), 2e-3)
    losses = []
    for _ in range(6):
        loss = task.terms(batch)["loss"]
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert task.classifier.weight.shape == (len(open_dataset("rendered-shoes-40").attributes), 128 * 36)


def test_both_views_have_the_tags_of_their_own_page(tmp_path: Path) -> None:
    """Two photos of one person, one smiling: each view is taught what it shows."""
    rows = [(str(n // 2), float(n % 2), None if n < 4 else 0.25) for n in range(8)]
    task = task_of({"data": table(tmp_path, rows)}, batch=4)
    batch = task.draw(np.random.default_rng(0))
    pool = task.data.pools[0]
    assert isinstance(pool, Pool)
    pages = torch.cat([batch.anchors.rows, batch.positives.rows])
    assert not torch.equal(batch.anchors.rows, batch.positives.rows)
    assert torch.equal(batch.tags.nan_to_num(-1), pool.tags[pages].nan_to_num(-1))
    assert torch.equal(batch.tags[:, 0], (pages % 2).float())
    assert torch.equal(batch.tags[:, 1].isnan(), pages < 4)


def test_unknown_tags_teach_nothing(tmp_path: Path) -> None:
    task = task_of({"data": table(tmp_path, [(None, 1.0, None), (None, 0.0, None)])}, batch=2).train()
    loss = task.terms(task.draw(np.random.default_rng(0)))["loss"]
    torch.autograd.backward(loss)
    assert loss.isfinite()
    gradient = task.classifier.weight.grad
    assert gradient is not None
    assert gradient[0].abs().sum() > 0
    assert gradient[1].abs().sum() == 0
    assert all(p.grad is None or p.grad.isfinite().all() for p in task.parameters())


def test_one_source_with_attributes_is_needed(tmp_path: Path) -> None:
    needed = r"stage 'photos': objective 'tags' takes one source, with attributes \(attr\.<name>\)"
    with pytest.raises(VisavisError, match=needed):
        task_of({}, {})
    photos = open_dataset("rendered-shoes-40").select(domain="photo").items
    photos.select("path").head(3).write_csv(tmp_path / "plain.csv")
    with pytest.raises(VisavisError, match=needed):
        task_of({"data": str(tmp_path / "plain.csv")})
