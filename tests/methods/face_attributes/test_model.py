"""Attention and presence against a plain loop, and their limits; views of ANet; parts that are left out."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from visavis.methods.face_attributes.model import FaceAttributes, Localiser, Reader, seen_side

PHOTOS = torch.rand(2, 3, 64, 80, generator=torch.Generator().manual_seed(0))


def localiser_of(sharpness: float = 8.0, levels: int = 3) -> Localiser:
    torch.manual_seed(0)
    localiser = Localiser("lnet", 4, largest=1.0, step=0.5, levels=levels, sharpness=sharpness).eval()
    for layer in localiser.backbone.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_var.mul_(0.3)  # type: ignore[union-attr]  # responses that differ
    return localiser


def responses_and_features(localiser: Localiser, number: int) -> tuple[list[float], list[np.ndarray]]:
    """M_p and f_p of all places p of a photo, in float64."""
    features = [
        level[number, :, i, j].double().numpy()
        for level in localiser.maps(PHOTOS)
        for i in range(level.shape[2])
        for j in range(level.shape[3])
    ]
    return [float(feature.mean()) for feature in features], features


@torch.no_grad()
def test_attention_and_presence_equal_a_plain_loop() -> None:
    localiser = localiser_of()
    localiser.gain.fill_(3.0)
    localiser.zero.fill_(0.2)
    k, found = localiser.log_sharpness.exp().item(), localiser(PHOTOS)
    weight, bias = (part.double().numpy() for part in localiser.tags.parameters())
    for number in range(len(PHOTOS)):
        responses, features = responses_and_features(localiser, number)
        assert np.std(responses) > 0.01
        total = sum(math.exp(k * response) for response in responses)
        attended = np.zeros(localiser.backbone.channels)
        for response, feature in zip(responses, features, strict=True):
            attended += math.exp(k * response) / total * feature
        presence = 3.0 * (math.log(total / len(responses)) / k - 0.2)
        assert found.tags[number].tolist() == pytest.approx(weight @ attended + bias, rel=1e-4, abs=1e-5)
        assert found.presence[number].item() == pytest.approx(presence, rel=1e-4)


@torch.no_grad()
def test_one_size_and_an_even_attention_are_average_pooling() -> None:
    localiser = localiser_of(sharpness=1e-12, levels=1)
    pooled = localiser.backbone(PHOTOS).mean(dim=(2, 3))
    torch.testing.assert_close(localiser(PHOTOS).tags, localiser.tags(pooled), rtol=1e-5, atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize(("sharpness", "reduce"), [(0.01, np.mean), (1e4, np.max)])
def test_presence_goes_from_the_mean_response_to_the_highest(sharpness: float, reduce: np.ufunc) -> None:
    localiser = localiser_of(sharpness)
    localiser.gain.fill_(1.0)
    localiser.zero.fill_(0.0)
    for number, presence in enumerate(localiser(PHOTOS).presence.tolist()):
        responses, _ = responses_and_features(localiser, number)
        assert presence == pytest.approx(reduce(responses), abs=2e-3)


@torch.no_grad()
def test_sizes_of_the_pyramid() -> None:
    localiser = Localiser("lnet", 1, largest=1.5, step=0.5, levels=3)
    assert localiser.scales == pytest.approx([1.5, 1.5 / math.sqrt(2), 0.75])
    assert [seen_side(64, scale) for scale in localiser.scales] == [96, 67, 48]
    assert [tuple(maps.shape[2:]) for maps in localiser.maps(PHOTOS)] == [(12, 15), (9, 11), (6, 8)]
    assert [tuple(maps.shape[1:]) for maps in localiser.responses(PHOTOS)] == [(12, 15), (9, 11), (6, 8)]


def test_the_logits_of_the_reader_are_linear_in_its_trunk() -> None:
    torch.manual_seed(0)
    reader, faces = Reader("colour", 5, hidden=16).eval(), torch.rand(2, 3, 96, 96)
    expected: Tensor = reader.trunk(faces) @ reader.attributes.weight.T + reader.attributes.bias
    torch.testing.assert_close(reader(faces), expected)
    assert expected.shape == (2, 5)


def test_parts_that_are_not_asked_for_are_not_there() -> None:
    part = {"backbone": "lnet", "attributes": 2}
    model = FaceAttributes(inner=part, reader=part | {"hidden": 4})
    assert model.outer is None
    assert {name.partition(".")[0] for name in model.state_dict()} == {"inner", "reader"}
