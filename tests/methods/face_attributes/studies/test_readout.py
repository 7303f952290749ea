"""SVMs and ten views beside ANet's own output layer: each arm is what its parts say it is."""

from pathlib import Path

import pytest

from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.data import read_aligned, tags_of, training_part
from visavis.methods.face_attributes.evaluation import MAJORITY, evaluate
from visavis.methods.face_attributes.evaluation import test_part as asked_part
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.studies.readout import PENALTIES, Faces, Part, with_svms
from visavis.methods.face_attributes.training import train

from .conftest import ATTRIBUTES, Recipes

STUDY = get_study("face_attributes", "readout")


def aligned(faces: Path, *overrides: str) -> list[str]:
    return ["outer=null", f"reader.sources=[{{data: {faces}}}]", *overrides]


def test_four_ways_to_read_a_face(recipes: Recipes, faces: Path, tmp_path: Path) -> None:
    recipe = recipes(*aligned(faces))
    record = STUDY(recipe, [0, 1], tmp_path / "run", "typed", True)
    assert record is not None
    assert record.recipe == "mini, output layer, two views"
    assert {*record.peers} == {
        "output layer, ten views",
        "linear SVMs, two views",
        "linear SVMs, ten views",
        MAJORITY,
    }
    bundles = [read_bundle(tmp_path / "run" / f"seed-{seed}" / "bundle") for seed in (0, 1)]
    own = [evaluate(bundle, None, "tags").metrics["mean_accuracy"].value for bundle in bundles]
    assert record.metrics["mean_accuracy"].per_seed == pytest.approx(own)
    assert record.answers[0].startswith("C of the SVMs, chosen on 16 validation faces: ")

    ten = train(recipes(*aligned(faces, "reader.views=10")), tmp_path / "ten", True)
    assert ten is not None
    expected = evaluate(ten, None, "tags").metrics["balanced_accuracy_at_thresholds"].value
    found = record.peers["output layer, ten views"]["balanced_accuracy_at_thresholds"].per_seed[0]
    assert found == pytest.approx(expected)


def test_svms_are_those_of_the_recipe_and_leave_the_reader_alone(
    recipes: Recipes, faces: Path, tmp_path: Path
) -> None:
    plain = train(recipes(*aligned(faces)), tmp_path / "plain", True)
    assert plain is not None
    reader, data = FaceReader(plain), open_dataset(faces)
    before = reader.anet().attributes.weight.clone()
    parts = Faces(
        *(
            Part(read_aligned(items["path"].to_list(), 1.0, 0.0, 90), tags_of(items, ATTRIBUTES))
            for items in (*training_part(data, None), asked_part(data))
        )
    )
    penalty, svms = with_svms(reader.anet(), parts)
    assert penalty in PENALTIES
    assert reader.anet().attributes.weight.equal(before)
    replaced = train(recipes(*aligned(faces, f"reader.svm={penalty}")), tmp_path / "svm", True)
    assert replaced is not None
    expected, weight = (one.attributes.weight.detach() for one in (FaceReader(replaced).anet(), svms))
    # The SVMs of a training read the network before its bundle rounds it to half the precision.
    assert (weight - expected).abs().max() < 0.01 * expected.abs().max()
    assert not svms.attributes.weight.equal(before)


def test_what_is_refused(recipes: Recipes, faces: Path, tmp_path: Path) -> None:
    for overrides, message in (
        (("reader.svm=1.0",), r"reader\.svm: the study asks what SVMs are worth; leave this setting out"),
        (("reader.page=88",), r"reader\.page: 88 px have one view; take more for ten"),
    ):
        with pytest.raises(VisavisError, match=message):
            STUDY(recipes(*aligned(faces, *overrides)), [0], tmp_path / "run", "typed", True)
