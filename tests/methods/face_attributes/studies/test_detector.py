"""The cascade beside LNet: its boxes brought into LNet's shape, and what ANet reads there."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from visavis import images
from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.cascade import Fit, detect_faces
from visavis.methods.face_attributes.evaluation import MAJORITY, REFERENCE, WHOLE, evaluate
from visavis.methods.face_attributes.faces import FaceReader
from visavis.methods.face_attributes.protocol import END_TO_END, LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies import arms, cascade_boxes
from visavis.methods.face_attributes.studies.arms import trained
from visavis.methods.face_attributes.studies.cascade_boxes import cascade_windows, fit_cascade, read_behind
from visavis.methods.face_attributes.studies.detector import PICTURE, RAW, SHAPED
from visavis.methods.face_attributes.training import train

from ..conftest import FACES
from .conftest import Recipes


def test_a_known_fit_is_found_in_spite_of_mistakes() -> None:
    rng = np.random.default_rng(0)
    boxes = rng.uniform(10, 60, (40, 4))
    fit = Fit(0.1, -0.2, 1.5, 1.8)
    windows = fit.windows(boxes)
    x, y, w, h = boxes[0]
    expected = [x + w / 2 + 0.1 * w - 0.75 * w, y + h / 2 - 0.2 * h - 0.9 * h, 1.5 * w, 1.8 * h]
    np.testing.assert_allclose(windows[0], expected)
    windows[:15] = rng.uniform(0, 200, (15, 4))
    np.testing.assert_allclose(Fit.between(boxes, windows), fit)


def test_the_box_of_most_support_or_none(tmp_path: Path) -> None:
    face = open_dataset(FACES).items["path"][0]
    images.save(tmp_path / "grey.png", np.full((64, 64, 3), 128, np.uint8))
    found = cascade_windows([face, str(tmp_path / "grey.png")])
    first = detect_faces(images.load(face))[0]
    np.testing.assert_array_equal(found.boxes[0], first.box)
    assert found.scores[0] == first.support
    assert np.isnan(found.boxes[1]).all()
    assert np.isnan(found.scores[1])


def test_windows_are_read_and_photos_without_one_whole(tiny_bundle: Bundle) -> None:
    reader = FaceReader(tiny_bundle)
    paths = open_dataset(FACES).items["path"].head(3).to_list()
    windows = np.array([[40.0, 30, 90, 110], [np.nan] * 4, [60.0, 50, 80, 90]])
    logits = read_behind(reader, paths, windows)
    np.testing.assert_allclose(logits[[0, 2]], reader.logits([paths[0], paths[2]], windows[[0, 2]]))
    np.testing.assert_allclose(logits[1:2], reader.logits_whole(paths[1:2]))
    np.testing.assert_allclose(
        read_behind(reader, paths, np.full((3, 4), np.nan)), reader.logits_whole(paths)
    )


def test_the_fit_is_that_of_the_photos_with_a_box(
    tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade_boxes, "FITTED", 4)
    paths = open_dataset(FACES).items["path"].to_list()
    chosen = [paths[row] for row in (0, 6, 13, 19)]
    boxes = cascade_windows(chosen).boxes
    there = ~np.isnan(boxes[:, 0])
    reader = FaceReader(tiny_bundle)
    fitted = fit_cascade(reader, paths)
    assert fitted.photos == there.sum() > 0
    windows = reader.windows([path for path, found in zip(chosen, there, strict=True) if found]).boxes
    np.testing.assert_allclose(fitted.fit, Fit.between(boxes[there], windows))
    assert f"medians over {there.sum()} training photos" in str(fitted)
    monkeypatch.setattr(cascade_boxes, "detect_faces", lambda image: [])
    with pytest.raises(VisavisError, match="the cascade finds no face in the training photos; give photos"):
        fit_cascade(reader, paths)


def test_the_record_has_both_protocols_and_detectors(
    recipes: Recipes, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascade_boxes, "FITTED", 6)
    run = tmp_path / "run"
    record = get_study("face_attributes", "detector")(recipes(), [3], run, "typed", True)
    assert record is not None
    assert record.protocol == f"{END_TO_END}, {LOCALISATION}"
    assert (record.recipe, record.data, record.n, record.seeds) == ("mini", "faces", 16, [3])
    behind, raw = f"{SHAPED}, same ANet", f"{RAW}, its own boxes"
    assert {*record.peers} == {behind, raw, REFERENCE, WHOLE, MAJORITY}
    assert images.load(run / PICTURE).ndim == 3

    bundle = read_bundle(run / "bundle")
    for protocol, name in ((END_TO_END, "balanced_accuracy"), (LOCALISATION, "recall@0.5")):
        expected = evaluate(bundle, str(faces), protocol).metrics[name].value
        assert record.metrics[name].mean == pytest.approx(expected)
        gain = record.peers[behind][f"gain_{name}"].mean
        assert gain == pytest.approx(record.metrics[name].mean - record.peers[behind][name].mean)
    assert "beard" in record.metrics
    assert "gain_beard" not in record.peers[behind]
    test = pl.read_csv(faces).filter(pl.col("split") == "test")
    paths = [str(faces.parent / path) for path in test["path"]]
    missed = np.isnan(cascade_windows(paths).scores).sum()
    assert record.answers[0].startswith(f"the cascade finds no face in {missed} of 16 photos, which are read")
    assert record.peers[raw]["recall@0.3"].mean <= 1 - missed / 16


def test_a_whole_system_is_needed(recipes: Recipes, tmp_path: Path) -> None:
    for part in ("reader=null", "outer=null"):
        with pytest.raises(VisavisError, match="recipe 'mini' has not both outer and reader; give a whole"):
            get_study("face_attributes", "detector")(recipes(part), [0], tmp_path, "typed", True)


def test_the_bundle_of_a_joint_training_is_not_trained_again(
    recipes: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipes("joint={schedule: {steps: 1, batch: 8}}")
    joint = train(recipe, tmp_path / "run", True)
    assert joint is not None
    stored = FacesRecipe.model_validate(joint.config.recipe)
    monkeypatch.setattr(arms, "train", None)
    again = trained(stored, tmp_path / "run" / "joint", True)
    assert again is not None
    assert again.config.weights_sha256 == joint.config.weights_sha256
