"""A whole system trained for two steps a part on rendered faces, and one that is untrained, for all tests."""

from pathlib import Path

import pytest

from tests.faces import folder_of_photos, threshold_above_one, untrained_faces
from visavis import load
from visavis.bundle import Bundle
from visavis.methods import find_recipe, get_method
from visavis.methods.face_attributes.faces import FaceReader
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


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[str]:
    """Five rendered faces."""
    return folder_of_photos(tmp_path_factory.mktemp("user") / "photos", 5)


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory, photos: list[str]) -> FaceReader:
    """The reader; its threshold lies above the response of one of the photos."""
    folder = tmp_path_factory.mktemp("bundle")
    threshold = threshold_above_one(folder / "first", photos)
    found: FaceReader = load(untrained_faces(folder / "bundle", face=threshold))
    return found


@pytest.fixture(scope="session")
def face(reader: FaceReader, photos: list[str]) -> str:
    """The first of the photos that shows it a face."""
    return next(str(face.path) for face in reader.locate(photos) if face.is_face)
