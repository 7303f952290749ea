"""The log of boxes: when it looks, what it says, and that a run which went on says the same."""

from pathlib import Path

import polars as pl
import pytest
import torch

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import find_recipe
from visavis.methods.relative_attributes.box_log import MOMENTS, NAME, PHOTOS, SCHEMA, BoxLog, read_log
from visavis.methods.relative_attributes.framed import shares_of_frame
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.training import FIRST_STAGE, RankerTask, train
from visavis.training.task import Task

STEPS = 5


def one_stage(*overrides: str) -> RankerRecipe:
    settings = ["model.combined=false", f"schedule.steps={STEPS}", "schedule.checkpoint_every=2", *overrides]
    recipe = find_recipe("relative_attributes/tiny", settings)
    assert isinstance(recipe, RankerRecipe)
    return recipe


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The log of a run that was never stopped."""
    run = tmp_path_factory.mktemp("whole")
    assert train(one_stage(), run, True) is not None
    return read_log(run / NAME)


def test_it_looks_evenly_and_at_the_end(tmp_path: Path) -> None:
    for steps in (4, 400, 405, 8000):
        log = BoxLog(tmp_path, ["a"], ["smile"], steps)
        due = [step for step in range(steps + 1) if log.is_due(step)]
        assert (due[0], due[-1]) == (0, steps)
        assert len(due) <= 1.1 * MOMENTS + 1
    assert [step for step in range(406) if BoxLog(tmp_path, ["a"], ["smile"], 405).is_due(step)][-2:] == [
        400,
        405,
    ]


def test_a_row_for_each_box_of_each_moment(whole: pl.DataFrame) -> None:
    assert dict(whole.schema) == SCHEMA
    assert whole["step"].unique(maintain_order=True).to_list() == [*range(STEPS + 1)]
    assert len(whole) == (STEPS + 1) * PHOTOS * 2
    assert not whole.select("step", "photo", "attribute", "region").is_duplicated().any()
    first, last = (whole.filter(step=step).select("x", "y").to_numpy() for step in (0, STEPS))
    assert abs(first - last).max() > 1e-4  # they have moved


def test_the_last_rows_are_the_boxes_of_the_bundle(tiny_bundle: Bundle) -> None:
    ranker = AttributeRanker(tiny_bundle)
    log = read_log(tiny_bundle.path.parent / NAME)
    last = log.filter(step=log["step"].max())
    path_of = dict(open_dataset("rendered-shoes-40").items.select("id", "path").iter_rows())
    photos = last["photo"].unique(maintain_order=True).to_list()
    boxes = ranker.judge([path_of[photo] for photo in photos]).boxes
    expected = shares_of_frame(boxes, ranker.model.side, ranker.page).reshape(-1, 4)
    assert last["attribute"].to_list() == ranker.attributes * PHOTOS
    found = torch.from_numpy(last.select("x", "y", "w", "h").to_numpy())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)  # weights are kept in half precision


def test_the_second_stage_begins_where_the_first_ends(tiny_bundle: Bundle) -> None:
    run = tiny_bundle.path.parent
    first, second = (read_log(folder / NAME) for folder in (run / FIRST_STAGE, run))
    end, start = (log.filter(step=step).drop("step") for log, step in ((first, 4), (second, 0)))
    assert end.select("photo", "attribute").equals(start.select("photo", "attribute"))
    moved = end.select("x", "y", "w", "h").to_numpy() - start.select("x", "y", "w", "h").to_numpy()
    assert abs(moved).max() < 1e-3


def test_a_killed_run_goes_on_to_the_same_log(
    whole: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after step 3, with a checkpoint of step 2: the row of step 3 is there twice to be written."""
    finish_step = RankerTask.finish_step

    def finish_or_die(task: Task) -> None:
        assert isinstance(task, RankerTask)
        finish_step(task)
        if task.step == 3:
            raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(RankerTask, "finish_step", finish_or_die)
        with pytest.raises(RuntimeError, match="killed"):
            train(one_stage(), tmp_path, True)
    assert read_log(tmp_path / NAME)["step"].max() == 3
    assert train(one_stage(), tmp_path, True) is not None
    assert read_log(tmp_path / NAME).equals(whole)


def test_a_run_that_begins_anew_forgets_the_old_rows(whole: pl.DataFrame, tmp_path: Path) -> None:
    stale = whole.with_columns(pl.col("step") + 2, pl.lit("gone").alias("photo"))
    stale.write_parquet(tmp_path / NAME)
    assert train(one_stage(), tmp_path, True) is not None
    assert read_log(tmp_path / NAME).equals(whole)


def test_no_log_where_nothing_is_located(tmp_path: Path) -> None:
    assert train(one_stage("model.region=whole", "schedule.steps=1"), tmp_path, True) is not None
    assert not (tmp_path / NAME).exists()


def test_a_damaged_log_is_named(tmp_path: Path) -> None:
    assert read_log(tmp_path / NAME).is_empty()
    (tmp_path / NAME).write_bytes(b"not a table")
    with pytest.raises(
        VisavisError, match=r"boxes\.parquet: is no log of boxes .* delete it and train again"
    ):
        read_log(tmp_path / NAME)
