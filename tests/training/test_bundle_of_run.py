"""A run folder belongs to one recipe and ends in a bundle with its card."""

import shutil
from pathlib import Path

import pytest

from visavis.bundle import find_bundle
from visavis.errors import VisavisError
from visavis.methods import find_recipe
from visavis.training.run import claim_run


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    recipe = find_recipe("sketch_retrieval/tiny", [])
    other = find_recipe("sketch_retrieval/tiny", ["schedule.steps=21"])
    assert claim_run(tmp_path, other) is None
    assert claim_run(tmp_path, recipe) is None  # nothing had begun, so nothing is lost
    (tmp_path / "checkpoint.pt").touch()
    assert claim_run(tmp_path, recipe) is None
    with pytest.raises(VisavisError, match="holds a run of another recipe; name another folder"):
        claim_run(tmp_path, other)


def test_a_recipe_from_before_a_setting_existed_is_the_same(tmp_path: Path) -> None:
    recipe = find_recipe("sketch_retrieval/tiny", [])
    claim_run(tmp_path, recipe)
    stored = tmp_path / "recipe.yaml"
    stored.write_text("".join(line for line in stored.open() if "dampening" not in line))
    (tmp_path / "checkpoint.pt").touch()
    assert claim_run(tmp_path, recipe) is None
    assert "dampening" in stored.read_text()


def test_a_finished_folder_answers_for_its_own_recipe_only(tmp_path: Path) -> None:
    shutil.copytree(find_bundle("shoe-sketch"), tmp_path / "bundle")
    with pytest.raises(VisavisError, match="holds a run of another recipe"):
        claim_run(tmp_path, find_recipe("sketch_retrieval/tiny", []))
    assert not (tmp_path / "recipe.yaml").exists()
