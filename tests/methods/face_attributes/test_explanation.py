"""An explanation adds up to what it explains, and its examples are those that excite a unit most."""

import numpy as np
import pytest
import torch

from tests.faces import ATTRIBUTES, untrained_faces
from visavis import load
from visavis.errors import VisavisError
from visavis.methods.face_attributes.data import read_squares, whole_photos
from visavis.methods.face_attributes.examples import most_exciting
from visavis.methods.face_attributes.explanation import attribute_maps
from visavis.methods.face_attributes.faces import FaceReader, windows_of


@pytest.mark.parametrize("number", range(3))
def test_contributions_add_up_to_the_logit(reader: FaceReader, face: str, number: int) -> None:
    found = reader.explain(face, ATTRIBUTES[number])
    logit = reader.logits([face], windows_of([found.face]))[0, number]
    bias = float(reader.anet().attributes.bias[number])
    assert sum(unit.contribution for unit in found.units) + bias == pytest.approx(logit, abs=1e-5)
    assert found.probability == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)
    sizes = [abs(unit.contribution) for unit in found.units]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(unit.number for unit in found.units) == [*range(16)]
    weight = reader.anet().attributes.weight[number]
    for unit in found.units:
        assert unit.contribution == pytest.approx(unit.activation * float(weight[unit.number]), abs=1e-6)


def test_probabilities_of_explain_and_describe_are_one(reader: FaceReader, photos: list[str]) -> None:
    described = next(one for one in reader.describe(photos) if one.probabilities)
    for name, value in described.probabilities.items():
        assert reader.explain(str(described.path), name).probability == pytest.approx(value, abs=1e-6)


def test_places_of_one_size_add_up_to_lnets_logit(reader: FaceReader, photos: list[str]) -> None:
    """Where LNet sees a photo at one size, its tags are the mean of the evidence by its attention."""
    localiser = load(reader.bundle.path).lnet()
    localiser.scales = localiser.scales[:1]
    page = read_squares(photos[:1], whole_photos(photos[:1]), 64)
    with torch.no_grad():
        said = localiser(page.float() / 255).tags[0].numpy()
        sharpness = float(localiser.log_sharpness.exp())
    for number in range(3):
        response, evidence = attribute_maps(localiser, page, number)
        attention = np.exp(sharpness * response)
        assert (attention * evidence).sum() / attention.sum() == pytest.approx(said[number], abs=1e-5)


def test_the_response_of_an_explanation_is_that_of_the_reader(reader: FaceReader, face: str) -> None:
    found = reader.explain(face, "old")
    assert np.allclose(found.response, reader.response(face))
    assert found.response.shape == found.evidence.shape == (8, 8)


def test_examples_are_those_that_excite_most(reader: FaceReader, photos: list[str]) -> None:
    faces = [face for face in reader.locate(photos) if face.is_face]
    active = reader.activations(faces)
    assert len(faces) == 4
    units = [int(active.std(axis=0).argmax()), 0]
    for unit, examples in zip(units, most_exciting(reader, units, photos, 3), strict=True):
        best = sorted(range(4), key=lambda row: -active[row, unit])[:3]
        assert [one.activation for one in examples] == pytest.approx(
            [active[row, unit] for row in best], abs=1e-6
        )
        if active[:, unit].std() > 0:
            assert [one.face.path for one in examples] == [faces[row].path for row in best]


def test_what_cannot_be_explained(reader: FaceReader, photos: list[str]) -> None:
    with pytest.raises(VisavisError, match="knows no attribute 'smile'; the nearest is 'smiling'"):
        reader.explain(photos[0], "smile")
    blind = next(face.path for face in reader.locate(photos) if not face.is_face)
    with pytest.raises(VisavisError, match="none of 1 photos shows a face"):
        most_exciting(reader, [0], [str(blind)], 3)
    with pytest.raises(VisavisError, match=r"no face: the highest response, [\d.]+, is below the threshold"):
        reader.explain(str(blind), "old")


@pytest.mark.parametrize(
    ("parts", "sentence"), [(("reader",), "finds none in photos"), (("outer",), "finds faces and reads none")]
)
def test_both_networks_are_needed(
    parts: tuple[str, ...], sentence: str, photos: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle = untrained_faces(tmp_path_factory.mktemp("part") / "bundle", parts)
    with pytest.raises(VisavisError, match=sentence):
        load(bundle).explain(photos[0], "old")
