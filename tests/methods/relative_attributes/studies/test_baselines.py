"""The baselines as a command: a ranking SVM on rendered shoes, far from chance."""

from pathlib import Path

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
