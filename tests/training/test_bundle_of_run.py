"""A run folder belongs to one recipe and ends in a bundle with its card."""

from pathlib import Path

import pytest

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
