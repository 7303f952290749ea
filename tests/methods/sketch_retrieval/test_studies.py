"""Studies as commands: every arm is trained, measured, and compared with the first by query."""

from pathlib import Path

import pytest

from visavis import images
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_study
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.methods.sketch_retrieval.studies import ABLATIONS


def tiny(*overrides: str) -> SketchRecipe:
    recipe = find_recipe("sketch_retrieval/tiny", ["schedule.steps=1", *overrides])
    assert isinstance(recipe, SketchRecipe)
    return recipe


def test_ablation_has_an_arm_per_task_left_out(tmp_path: Path) -> None:
    record = get_study("sketch_retrieval", "ablation")(tiny(), [0], tmp_path, "the command", True)
    assert record is not None
    assert [*record.peers] == [*ABLATIONS][1:]
    assert record.command == "the command"
    for metrics in record.peers.values():
        gain = record.metrics["acc@1"].mean - metrics["acc@1"].mean
        assert metrics["gain_acc@1"].mean == pytest.approx(gain)
        assert metrics["gain_acc@1"].ci95 is not None
    assert len([*tmp_path.glob("rendered-shoes-40/*/seed-0/bundle")]) == len(ABLATIONS)
    assert images.load(tmp_path / "comparison.png").shape[2] == 3


def test_stages_need_a_pre_training(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"model\.backbone: this study needs the run of a pre-training"):
        get_study("sketch_retrieval", "stages")(tiny(), [0], tmp_path, "", True)


def test_unknown_study_names_those_there_are() -> None:
    with pytest.raises(
        VisavisError, match=r"study 'ablaton' is unknown .* it has: ablation, stages, baselines"
    ):
        get_study("sketch_retrieval", "ablaton")
