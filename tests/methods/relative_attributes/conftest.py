"""A ranker trained for seconds on rendered shoes, in two stages, shared by the tests here."""

from pathlib import Path

import pytest

from visavis.bundle import Bundle
from visavis.methods import find_recipe, get_method


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of recipe `tiny` after a few steps; that of its first stage stands in `../region/bundle`."""
    recipe = find_recipe("relative_attributes/tiny", ["schedule.steps=4", "model.page=100"])
    run: Path = tmp_path_factory.mktemp("tiny")
    bundle = get_method("relative_attributes").train(recipe, run, True)
    assert bundle is not None
    return bundle
