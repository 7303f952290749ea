"""The study of regions: its arms, what they gain, where the constant boxes lie, and an interrupted arm."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.methods import find_recipe, get_study
from visavis.methods.relative_attributes.data import load_photos, pairs_of
from visavis.methods.relative_attributes.evaluation import evaluate
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.recipe import RankerRecipe
from visavis.methods.relative_attributes.studies import regions
from visavis.methods.relative_attributes.studies.regions import LOCALISED, OTHERS, region_of
from visavis.records import ResultRecord

FOLDERS = ("localised", "whole-photo", "crop-of-the-middle", "constant-boxes")


def tiny(*overrides: str) -> RankerRecipe:
    recipe = find_recipe("relative_attributes/tiny", ["schedule.steps=2", *overrides])
    assert isinstance(recipe, RankerRecipe)
    return recipe


@dataclass(frozen=True)
class Studied:
    record: ResultRecord
    run: Path

    def bundle(self, arm: str, seed: int) -> Bundle:
        return read_bundle(self.run / arm / f"seed-{seed}" / "bundle")


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    """Two seeds of all arms, which start where they would by themselves."""
    run = tmp_path_factory.mktemp("regions")
    record = get_study("relative_attributes", "regions")(tiny(), [3, 4], run, "typed", True)
    assert record is not None
    return Studied(record, run)


def test_all_arms_are_trained_and_stand_in_the_record(studied: Studied) -> None:
    assert {folder.name for folder in studied.run.iterdir()} == {*FOLDERS}
    assert [*studied.record.peers] == [*OTHERS]
    assert (studied.record.recipe, studied.record.seeds, studied.record.command) == (
        "tiny, localised",
        [3, 4],
        "typed",
    )
    for arm, region in zip(FOLDERS, ("localised", "whole", "fixed", "fixed"), strict=True):
        for seed in (3, 4):
            config = studied.bundle(arm, seed).config
            assert (config.settings["net"]["region"], config.recipe["seed"]) == (region, seed)


def test_figures_are_those_of_the_bundles_and_gains_their_differences(studied: Studied) -> None:
    def accuracies(arm: str) -> list[float]:
        return [
            evaluate(studied.bundle(arm, seed), None, None).metrics["mean_accuracy"].value for seed in (3, 4)
        ]

    own = accuracies(LOCALISED)
    assert studied.record.metrics["mean_accuracy"].per_seed == pytest.approx(own)
    assert not [name for name in studied.record.metrics if name.startswith("gain_")]
    for name, folder in zip(OTHERS, FOLDERS[1:], strict=True):
        figures, theirs = studied.record.peers[name], accuracies(folder)
        assert figures["mean_accuracy"].per_seed == pytest.approx(theirs)
        gain = figures["gain_mean_accuracy"]
        assert gain.mean == pytest.approx(sum(own) / 2 - sum(theirs) / 2)
        assert gain.ci95 is not None
        assert gain.ci95[0] <= gain.mean <= gain.ci95[1]
        assert {"gain_heel_height", "gain_shaft_height"} <= {*figures}


def test_constant_boxes_lie_where_those_of_the_same_seed_do_on_average(studied: Studied) -> None:
    recipe = tiny()
    items = pairs_of(open_dataset(recipe.data), "train", recipe.attributes).items
    photos = load_photos(items, recipe.model.page, recipe.model.share, recipe.model.down)
    middle = []
    for seed in (3, 4):
        bundle = studied.bundle(LOCALISED, seed)
        model = RegionRanker(**bundle.config.settings["net"]).eval()
        model.load_state_dict(bundle.weights)
        with torch.no_grad():
            boxes = model.boxes(photos.float() / 255)
        constant = studied.bundle("constant-boxes", seed).weights["fixed"]
        side = boxes[..., 0].mean(0)
        torch.testing.assert_close(constant[..., 0], side, atol=1e-3, rtol=0)
        centre = (boxes[..., :2] * boxes[..., 2:]).mean(0)
        torch.testing.assert_close(constant[..., :2] * constant[..., 2:], centre, atol=1e-3, rtol=0)
        assert (constant[..., 2:].abs() > 0).all()
        middle.append(studied.bundle("crop-of-the-middle", seed).weights["fixed"])
        assert torch.equal(middle[-1], torch.tensor([0.5, 0.5, 0, 0]).expand(2, 1, 4))
    three, four = (studied.bundle("constant-boxes", seed).weights["fixed"] for seed in (3, 4))
    assert (three - four).abs().max() > 0.005  # so one would not do for the other


def test_what_each_arm_changes_of_a_recipe() -> None:
    """Whatever region and start it has."""
    model = tiny("model.start=best", "model.region=whole", "model.combined=false").model
    arms = {name: region_of(model, name, Path("run")) for name in (LOCALISED, *OTHERS)}
    assert {name: (arm.region, arm.start) for name, arm in arms.items()} == {
        "localised": ("localised", "best"),
        "whole photo": ("whole", "best"),
        "crop of the middle": ("fixed", "middle"),
        "constant boxes": ("fixed", "run:run"),
    }
    same = {"region": "fixed", "start": "middle"}
    assert len({arm.model_copy(update=same).model_dump_json() for arm in arms.values()}) == 1


@pytest.mark.parametrize("stopped", FOLDERS)
def test_an_interrupted_arm_ends_the_study(
    stopped: str, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def train_or_stop(recipe: RankerRecipe, run: Path, quiet: bool) -> Bundle | None:
        asked.append(run.parent.name)
        return None if run.parent.name == stopped else tiny_bundle

    monkeypatch.setattr(regions, "train", train_or_stop)
    assert regions.study(tiny(), [0], tmp_path, "typed", True) is None
    assert asked == [*FOLDERS[: FOLDERS.index(stopped) + 1]]
