"""A whole system trained for two steps a part on rendered faces, shared by the tests here."""

from pathlib import Path

import pytest

from visavis.bundle import Bundle
from visavis.methods import find_recipe, get_method
from visavis.methods.face_attributes.recipe import FacesRecipe

FACES = "rendered-faces-20"


def tiny(*overrides: str) -> FacesRecipe:
    """Recipe `tiny` on a few faces, for two steps a part."""
    settings = [f"data={FACES}", f"reader.sources=[{{data: {FACES}, aligned: false}}]"]
    settings += [f"{part}.schedule.steps=2" for part in ("outer", "inner", "reader")]
    recipe = find_recipe("face_attributes/tiny", [*settings, *overrides])
    assert isinstance(recipe, FacesRecipe)
    return recipe


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """All three parts; the bundles of LNet stand in `../outer/bundle` and `../inner/bundle`."""
    run: Path = tmp_path_factory.mktemp("tiny")
    bundle = get_method("face_attributes").train(tiny(), run, True)
    assert bundle is not None
    return bundle


@pytest.fixture(scope="session")
def aligned_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """ANet alone."""
    recipe = tiny("outer=null", "inner=null", "reader.sources=[{data: rendered-faces-20, share: 0.8}]")
    bundle = get_method("face_attributes").train(recipe, tmp_path_factory.mktemp("aligned"), True)
    assert bundle is not None
    return bundle
