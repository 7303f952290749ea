"""Studies as commands: a ranking SVM on rendered shoes, far from chance; boxes beside parts."""

from pathlib import Path

import pytest

from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_study


def test_the_ranking_svm_learns_rendered_shoes(tmp_path: Path) -> None:
    recipe = find_recipe("relative_attributes/tiny", [])
    record = get_study("relative_attributes", "baselines")(recipe, [3, 4], tmp_path, "the command", True)
    assert record is not None
    assert (record.recipe, record.protocol, record.seeds) == ("HOG, Lab + rankSVM", "pairs", [0])
    assert [*record.metrics] == ["mean_accuracy", "heel_height", "shaft_height"]
    assert record.metrics["mean_accuracy"].mean > 0.75
    assert record.metrics["mean_accuracy"].ci95 is not None
    assert [*tmp_path.iterdir()] == []  # nothing is trained


def test_boxes_of_each_seed_beside_parts(tmp_path: Path) -> None:
    recipe = find_recipe("relative_attributes/tiny", ["schedule.steps=1", "model.combined=false"])
    record = get_study("relative_attributes", "localisation")(recipe, [1, 2], tmp_path, "the command", True)
    assert record is not None
    assert (record.recipe, record.protocol, record.seeds, record.n) == ("tiny", "parts", [1, 2], 12)
    assert [*record.peers] == ["constant box, tiny", "box in the middle, tiny"]
    gain = record.peers["constant box, tiny"]["gain_iou"]
    assert gain.mean == pytest.approx(
        record.metrics["iou"].mean - record.peers["constant box, tiny"]["iou"].mean
    )
    assert len(gain.per_seed) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["localisation.png", "seed-1", "seed-2"]


def test_unknown_study_names_those_there_are() -> None:
    with pytest.raises(VisavisError, match=r"study 'ablation' is unknown .* it has: baselines, localisation"):
        get_study("relative_attributes", "ablation")
