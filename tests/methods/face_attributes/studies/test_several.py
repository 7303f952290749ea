"""Photos put together: where their faces come to lie, what is counted, and the record."""

from pathlib import Path

import numpy as np
import pytest

from tests.methods.face_attributes.pasted import boxes, canvas
from visavis import images
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.answers import Faces, Located
from visavis.methods.face_attributes.faces import as_box
from visavis.methods.face_attributes.studies.several import PHOTO, PICTURE, Composition, compose, measure

from .conftest import Recipes


def test_faces_lie_where_the_composition_says(tmp_path: Path) -> None:
    """Photos of several shapes, enlarged and shrunk: cut out of the composition a face is what it was."""
    sizes = [(512, 256), (128, 128), (100, 200), (256, 256), (64, 64)]
    squares = [(60, 300, 120), (20, 40, 60), (90, 10, 80), (100, 100, 100), (0, 0, 64)]
    paths = [str(tmp_path / f"{number}.png") for number in range(5)]
    for path, size, square in zip(paths, sizes, squares, strict=True):
        images.save(path, canvas(*size, [square]))
    (one,) = compose(paths, boxes(squares), 2, tmp_path / "composed")
    composed = images.load(one.path)
    assert composed.shape == (2 * PHOTO, 2 * PHOTO, 3)
    assert one.truth.shape == (4, 4)
    for path, (x, y, side), found in zip(paths, squares, one.truth, strict=False):
        left, top, width, height = found.round().astype(int).tolist()
        assert width == height
        face = images.load(path)[y : y + side, x : x + side]
        images.save(tmp_path / "face.png", face)
        expected = images.load(tmp_path / "face.png", size=(height, width)).astype(int)
        assert np.abs(composed[top : top + height, left : left + width] - expected).mean() < 8


def test_faces_and_windows_are_counted_by_composition() -> None:
    truth = boxes([(0, 0, 10), (20, 0, 10), (0, 20, 10), (20, 20, 10)])
    found = [(truth[0], True), (truth[0] + 1, True), (truth[1], True), (truth[2], False)]
    faces = [
        Faces(Path("a"), tuple(Located(Path("a"), as_box(box), 1.0, is_face) for box, is_face in found)),
        Faces(Path("b"), (Located(Path("b"), as_box(truth[3]), 1.0, False),)),
    ]
    metrics = measure(faces, [Composition("a", truth), Composition("b", truth[:1])])
    assert metrics["recall@0.5"].value == pytest.approx(2 / 5)
    assert metrics["precision@0.5"].value == pytest.approx(2 / 3)
    assert metrics["recall@0.5"].n == 2


def test_the_record(recipes: Recipes, tmp_path: Path) -> None:
    run = tmp_path / "run"
    record = get_study("face_attributes", "several")(recipes("reader=null"), [1], run, "typed", True)
    assert record is not None
    assert (record.protocol, record.recipe, record.n) == ("composed", "mini, 2 x 2 photos", 4)
    assert {*record.peers} == {"mini, 1 x 1 photos", "mini, 3 x 3 photos"}
    assert {*record.metrics} == {"recall@0.5", "precision@0.5"}
    assert images.load(run / PICTURE).ndim == 3


def test_a_localiser_is_needed(recipes: Recipes, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="reads aligned faces and finds none in photos"):
        get_study("face_attributes", "several")(
            recipes("outer=null", "reader.sources=[{data: rendered-faces-20}]"), [0], tmp_path, "typed", True
        )
