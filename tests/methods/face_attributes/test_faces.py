"""The verbs: what is said of a photo with a face, of one without, and by a bundle that lacks a part."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.faces import ATTRIBUTES, untrained_faces
from visavis import load
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


def test_a_photo_is_answered_alone_as_among_others(reader: FaceReader, photos: list[str]) -> None:
    for path, located, described in zip(photos, reader.locate(photos), reader.describe(photos), strict=True):
        (alone,) = reader.locate([path])
        assert alone.window == pytest.approx(located.window, abs=1e-3)
        assert alone.score == pytest.approx(located.score, abs=1e-5)
        assert described.face == located
        assert reader.describe([path])[0].probabilities == pytest.approx(described.probabilities, abs=1e-5)


def test_of_no_photos_there_are_no_answers(reader: FaceReader) -> None:
    assert not reader.locate([])
    assert not reader.locate_several([])
    assert not reader.describe([])


def test_without_a_face_there_are_no_attributes(reader: FaceReader, photos: list[str]) -> None:
    described = reader.describe(photos)
    assert [bool(one.probabilities) for one in described] == [one.is_face for one in reader.locate(photos)]
    (blind,) = (one for one in described if not one.probabilities)
    assert blind.face is not None
    told = f"{blind.path}  no face: the highest response, {blind.face.score:.3f}, is below the threshold"
    assert str(blind) == blind.line() == str(blind.face) == told
    assert not reader.describe([str(blind.path)])[0].probabilities


def test_attributes_are_in_the_order_of_the_bundle(reader: FaceReader, photos: list[str]) -> None:
    seen = next(one for one in reader.describe(photos) if one.probabilities)
    assert [*seen.probabilities] == ATTRIBUTES
    lines = str(seen).splitlines()
    assert lines[0] == str(seen.face)
    assert lines[1:] == [f"{value:6.2f}  {name}" for name, value in seen.probabilities.items()]
    likely = [name for name, value in seen.probabilities.items() if value >= 0.5]
    assert seen.line() == f"{seen.face}  {', '.join(likely) or 'no attribute above 50 %'}"


def test_rows(reader: FaceReader, photos: list[str]) -> None:
    for one in reader.describe(photos):
        (row,) = one.rows()
        assert one.face is not None
        assert row["path"] == str(one.path)
        assert row["is_face"] == one.face.is_face
        assert row["response"] == one.face.score
        assert ("box_x" in row) == one.face.is_face
        assert [row[f"attr.{name}"] for name in one.probabilities] == [*one.probabilities.values()]


def test_of_several_faces_the_first_is_the_one(reader: FaceReader, photos: list[str]) -> None:
    """The photos have 192 px and the page 64: it is seen three times as large, for smaller faces too."""
    for faces in reader.locate_several(photos):
        assert faces.faces
        scores = [face.score for face in faces.faces]
        assert scores == sorted(scores, reverse=True)
        assert [face.is_face for face in faces.faces[1:]] == [True] * (len(scores) - 1)
        assert len(str(faces).splitlines()) == len(faces.rows()) == len(scores)


def test_aligned_faces_are_read_as_they_are(photos: list[str], tmp_path: Path) -> None:
    aligned = load(untrained_faces(tmp_path / "bundle", ("reader",)))
    described = aligned.describe(photos)
    assert [one.face for one in described] == [None] * 5
    assert str(described[0]).splitlines()[0] == photos[0]
    assert described[0].rows()[0].keys() == {"path", *(f"attr.{name}" for name in ATTRIBUTES)}
    assert np.array([[*one.probabilities.values()] for one in described]).std(axis=0).min() > 0
    for verb in (aligned.locate, aligned.locate_several):
        with pytest.raises(
            VisavisError, match="reads aligned faces and finds none in photos; use a bundle with"
        ):
            verb(photos)


def test_several_faces_need_several_sizes(photos: list[str], tmp_path: Path) -> None:
    finder = load(untrained_faces(tmp_path / "bundle", ("outer",)))
    finder.settings["outer"] = finder.settings["outer"] | {"proposals": "grid"}
    with pytest.raises(VisavisError, match="sees a photo in one size"):
        finder.locate_several(photos)
