"""The study of the initial scale: its arms, what it chooses, what it says, and what stands in its record."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from visavis import images
from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.methods import default_recipe, find_recipe, get_method, get_study
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.ranker import AttributeRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.studies import arms, initial_scale
from visavis.methods.relative_attributes.studies.arms import Measured, measure, train_arm
from visavis.methods.relative_attributes.studies.scale_forms import (
    BEST,
    CHOSEN,
    FORMS,
    LINEAR,
    LOG,
    LOG_RATIO,
    name_of,
    recipe_of,
)
from visavis.methods.relative_attributes.studies.scale_outcome import PLOT
from visavis.metrics.evaluation import Evaluation, PerQuery

ARMS = [name_of(form, scale) for form, options in FORMS.items() for scale in options.starts]


def tiny(*overrides: str) -> RankerRecipe:
    recipe = find_recipe("relative_attributes/tiny", ["attributes=[heel_height]", *overrides])
    assert isinstance(recipe, RankerRecipe)
    return recipe


def test_the_arms_are_the_changes_of_the_slides_and_the_log() -> None:
    recipe = tiny("model.ratio=0.05", "rates.scale=2", "fold=1", "model.start=run:elsewhere", "follow=3")
    changed = {name_of(form, scale): recipe_of(recipe, form, scale) for form in FORMS for scale in (0.33,)}
    assert {one.model.initial_scale for one in changed.values()} == {0.33}
    assert [one.rates.scale for one in changed.values()] == [2, 20, 200, 2, 2]
    assert [one.model.scale_form for one in changed.values()] == ["linear"] * 3 + ["log", "linear"]
    assert [one.model.start for one in changed.values()] == ["middle"] * 4 + ["best"]
    assert [one.follow for one in changed.values()] == [0] * 4 + [3]
    assert recipe_of(tiny(), BEST, 0.33).follow == 1  # where the recipe itself asks for none
    assert changed[name_of(LOG, 0.33)].model.ratio == pytest.approx(0.05 * LOG_RATIO)
    assert {one.model.ratio for one in list(changed.values())[:3]} == {0.05}
    assert {one.fold for one in changed.values()} == {None}
    assert FORMS[LINEAR].starts == (0.17, 0.33, 0.5, 0.66)
    assert FORMS["scale rate x10"].starts == (0.33, 0.66)
    assert FORMS[BEST].starts == (0.33,)  # one arm, for s0 does not matter
    alone = recipe_of(tiny("model.combined=false", "model.region=fixed"), LINEAR, 0.5)
    assert (alone.model.combined, alone.model.region) == (True, "localised")


# --- the whole study, with trainings that take no time


def accuracy_of(recipe: RankerRecipe) -> float:
    """Of 100 pairs: 60 and what the initial scale says, 2 less where only the region is seen."""
    gain = {0.17: 0, 0.33: 10, 0.5: 20, 0.66: 15}[recipe.model.initial_scale]
    log = recipe.model.scale_form == "log"
    return (60 + (12 if log else gain) - 2 * (not recipe.model.combined)) / 100


def measured(bundle: Bundle) -> Measured:
    recipe = RankerRecipe.model_validate(bundle.config.recipe)
    right = np.zeros(100)
    right[: round(100 * accuracy_of(recipe))] = 1
    evaluation = Evaluation("pairs", "shoes", "0" * 16, {"mean_accuracy": PerQuery(right, np.ones(100))})
    grown = 2.0 if recipe.model.scale_form == "log" else 1.1
    return Measured(evaluation, grown * recipe.model.initial_scale)


@pytest.fixture
def trained(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> dict[Path, RankerRecipe]:
    """Replaces training and measuring; gives the recipes that were asked for, by the run."""
    asked: dict[Path, RankerRecipe] = {}

    def bundle_of(recipe: RankerRecipe) -> Bundle:
        best = {0: 0.5, 1: 0.66}[recipe.seed]
        validation = {"mean_accuracy": 0.9 if recipe.model.initial_scale == best else 0.8}
        config = tiny_bundle.config.model_copy(
            update={
                "recipe": recipe.model_dump(mode="json"),
                "labels": ["baldhead"],
                "training": tiny_bundle.config.training | {"seed": recipe.seed, "validation": validation},
            }
        )
        return replace(tiny_bundle, config=config)

    def train(recipe: RankerRecipe, run: Path, quiet: bool) -> Bundle:
        assert run not in asked
        asked[run] = recipe
        return bundle_of(recipe)

    def read_bundle(path: Path) -> Bundle:
        recipe = asked[path.parents[1]]
        region = recipe.model.model_copy(update={"combined": False})
        return bundle_of(recipe.model_copy(update={"model": region}))

    for module in (arms, initial_scale):
        monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(arms, "read_bundle", read_bundle)
    monkeypatch.setattr(arms, "measure", measured)
    return asked


def test_arms_and_record_are_complete(trained: dict[Path, RankerRecipe], tmp_path: Path) -> None:
    record = get_study("relative_attributes", "initial-scale")(tiny(), [0, 1], tmp_path, "typed", True)
    assert record is not None
    first = "baldhead: linear, s0 0.33"
    assert record.recipe == f"tiny, {first}"
    assert sorted([*record.peers, first]) == sorted(f"baldhead: {name}" for name in (*ARMS, CHOSEN))
    assert (record.seeds, record.command) == ([0, 1], "typed")
    every_seed = [name for name in ARMS if not name.startswith("scale rate")]
    assert len(trained) == 2 * len(every_seed) + 3 + 2 * 4
    folds = [recipe for run, recipe in trained.items() if "fold" in run.parts]
    assert [recipe.fold for recipe in folds] == [0] * 8

    every = {first: record.metrics} | record.peers
    figures = {name.removeprefix("baldhead: "): metrics for name, metrics in every.items()}
    for name, metrics in figures.items():
        assert {"mean_accuracy", "stn_mean_accuracy", "box_size", "stn_box_size"} <= {*metrics}, name
        seeds = 1 if name.startswith("scale rate") else 2
        assert len(metrics["mean_accuracy"].per_seed) == seeds
        assert metrics["mean_accuracy"].mean - metrics["stn_mean_accuracy"].mean == pytest.approx(0.02)
    assert figures["linear, s0 0.5"]["mean_accuracy"].mean == pytest.approx(0.8)
    assert figures[CHOSEN]["mean_accuracy"].per_seed == pytest.approx([0.8, 0.75])  # 0.5 and 0.66
    assert figures["log, s0 0.17"]["box_size"].mean == pytest.approx(0.34)

    printed = {
        name: (metrics.get("slides_stn"), metrics.get("slides_combined")) for name, metrics in figures.items()
    }
    known = {name: pair for name, pair in printed.items() if any(pair)}
    assert {*known} == {
        "linear, s0 0.33",
        "linear, s0 0.66",
        "scale rate x10, s0 0.66",
        "scale rate x100, s0 0.33",
    }
    assert [pair[0].mean for pair in known.values() if pair[0]] == [0.759, 0.832, 0.810, 0.777]
    assert images.load(tmp_path / "initial-scale.png").shape == (*PLOT, 3)

    linear, log, spread, chosen, best = record.answers
    assert linear.endswith("end at 0.19, 0.36, 0.55, 0.73; on average the size changes by a factor of 1.10")
    assert log.endswith("end at 0.34, 0.66, 1.32; on average the size changes by a factor of 2.00")
    assert "linear 15.0 points combined, 15.0 STN only; log 0.0 points" in spread
    assert chosen.startswith("s0 = 0.50, 0.66 chosen on a held-out fifth")
    assert chosen.endswith("77.5 % combined; the best of all on the test pairs, 0.5, has 80.0 %")
    assert "STN only 68.0 %, linear over all s0 58.0 to 78.0 %" in best
    assert best.endswith("combined 70.0 %, linear over all s0 60.0 to 80.0 %")


def test_an_interrupted_arm_ends_the_study(
    trained: dict[Path, RankerRecipe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = vars(arms)["train"]

    def stop_when(stops: Callable[[Path], bool]) -> None:
        def train_or_stop(recipe: RankerRecipe, run: Path, quiet: bool) -> Bundle | None:
            return None if stops(run) else train(recipe, run, quiet)

        for module in (arms, initial_scale):
            monkeypatch.setattr(module, "train", train_or_stop)

    study = get_study("relative_attributes", "initial-scale")
    stop_when(lambda run: "fold" in run.parts)
    assert study(tiny(), [0], tmp_path / "a", "", True) is None
    stop_when(lambda run: "log-s0-0.33" in run.parts)
    assert study(tiny(), [0], tmp_path / "b", "", True) is None
    assert not [*tmp_path.rglob("*.png")]


# --- the parts that were replaced above


def test_an_arm_is_trained_and_measured_in_both_stages(tmp_path: Path) -> None:
    recipe = recipe_of(tiny("schedule.steps=1"), LINEAR, 0.5)
    arm = train_arm(recipe, [3], tmp_path, True)
    assert arm is not None
    assert arm.bundles[0].path == tmp_path / "seed-3" / "bundle"
    assert arm.bundles[0].config.recipe["seed"] == 3
    metrics = arm.metrics()
    expected = evaluate(arm.bundles[0], None, None).metrics["mean_accuracy"].value
    assert metrics["mean_accuracy"].mean == pytest.approx(expected)
    assert metrics["box_size"].mean == pytest.approx(0.5, abs=0.01)


def test_size_is_the_mean_side_of_the_boxes(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = AttributeRanker.judge

    def oblong(ranker: AttributeRanker, paths: list[str]) -> object:
        judged = judge(ranker, paths)
        judged.boxes[..., 0], judged.boxes[..., 1] = -0.2, 0.8  # turned over, too
        return judged

    monkeypatch.setattr(AttributeRanker, "judge", oblong)
    assert measure(tiny_bundle).size == pytest.approx(0.4)


def test_the_recipe_of_a_study_that_one_method_has() -> None:
    assert default_recipe("initial-scale") == "relative_attributes/small"
    with pytest.raises(
        VisavisError, match="study 'baselines' is one of sketch_retrieval and of relative_attr"
    ):
        default_recipe("baselines")
    with pytest.raises(VisavisError, match="study 'initial' is unknown to all methods; name a recipe"):
        default_recipe("initial")


def test_unknown_study_names_those_there_are() -> None:
    with pytest.raises(VisavisError, match="it has: all-attributes, regions, initial-scale, "):
        get_study("relative_attributes", "ablation")
    assert {*get_method("relative_attributes").studies} == {
        "initial-scale",
        "localiser",
        "regions",
        "all-attributes",
        "baselines",
    }
