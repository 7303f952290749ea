"""The verbs: what is said of a photo with a face, of one without, and by a bundle that lacks a part."""

from dataclasses import replace

import numpy as np
import pytest

from visavis.bundle import Bundle, read_bundle
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.calibration import FACE
from visavis.methods.face_attributes.faces import FaceReader


def some_paths() -> list[str]:
    paths: list[str] = open_dataset("rendered-faces-20").items["path"].to_list()[:3]
    return paths


def with_calibration(bundle: Bundle, **calibration: float) -> FaceReader:
    config = bundle.config.model_copy(update={"calibration": calibration})
    return FaceReader(replace(bundle, config=config))


def test_a_description_is_the_probabilities_in_the_window(tiny_bundle: Bundle) -> None:
    faces, paths = with_calibration(tiny_bundle, **{"slope.smile": 2.0, "offset.smile": 1.0}), some_paths()
    located, described = faces.locate(paths), faces.describe(paths)
    logits = faces.logits(paths, np.array([face.window for face in located]))
    for number, (place, one) in enumerate(zip(located, described, strict=True)):
        assert one.face == place
        assert list(one.probabilities) == tiny_bundle.config.labels
        for name, logit in zip(faces.attributes, logits[number], strict=True):
            scaled = 2 * logit + 1 if name == "smile" else logit
            assert one.probabilities[name] == pytest.approx(1 / (1 + np.exp(-scaled)), rel=1e-5)


def test_a_photo_without_a_face_says_so_with_its_score(tiny_bundle: Bundle) -> None:
    paths = some_paths()
    scores = [face.score for face in FaceReader(tiny_bundle).locate(paths)]
    threshold = sorted(scores)[1]
    faces = with_calibration(tiny_bundle, **{FACE: threshold})
    for face, described, score in zip(faces.locate(paths), faces.describe(paths), scores, strict=True):
        assert face.is_face is (score >= threshold)
        for answer in (face, described):
            assert ("no face" in str(answer)) is not face.is_face
            assert f"{face.score:.3f}" in str(answer)


def test_without_a_threshold_everything_is_a_face(tiny_bundle: Bundle) -> None:
    assert all(face.is_face for face in FaceReader(tiny_bundle).locate(some_paths()))


def test_a_bundle_without_lnet_describes_aligned_faces(aligned_bundle: Bundle) -> None:
    faces, paths = FaceReader(aligned_bundle), some_paths()
    logits = faces.logits_aligned(paths)
    for number, one in enumerate(faces.describe(paths)):
        assert one.face is None
        assert list(one.probabilities.values()) == pytest.approx(1 / (1 + np.exp(-logits[number])))
    with pytest.raises(VisavisError, match="reads aligned faces and finds none in photos; use a bundle with"):
        faces.locate(paths)


def test_a_bundle_without_anet_describes_nothing(tiny_bundle: Bundle) -> None:
    faces = FaceReader(read_bundle(tiny_bundle.path.parent / "outer" / "bundle"))
    assert len(faces.locate(some_paths())) == 3
    with pytest.raises(VisavisError, match="finds faces and reads none; use a bundle with ANet"):
        faces.describe(some_paths())
