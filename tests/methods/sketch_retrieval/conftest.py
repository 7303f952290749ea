"""A ranker trained for seconds on rendered shoes, shared by the tests here."""

from pathlib import Path

import pytest

from visavis.bundle import Bundle
from visavis.methods import find_recipe, get_method


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of recipe `tiny`, with a weight of H that matters for the ranking."""
    recipe = find_recipe("sketch_retrieval/tiny", ["losses.score_weight=100", "schedule.steps=10"])
    run: Path = tmp_path_factory.mktemp("tiny")
    bundle = get_method("sketch_retrieval").train(recipe, run, True)
    assert bundle is not None
    return bundle
