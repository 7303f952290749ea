"""What units give: means of the layers' maps of the middle of a page, standardised by training faces."""

import numpy as np
import pytest
import torch

from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.methods.face_attributes.studies.units import (
    C3,
    C4,
    FC,
    anet_units,
    hog_components,
    regions,
    standardised,
)
from visavis.nets.anet import ANet
from visavis.nets.trunk import Trunk


@pytest.fixture
def trunk() -> Trunk:
    torch.manual_seed(0)
    trunk = Trunk("anet", 16, dropout=0.5)
    return trunk.eval()


@pytest.fixture
def pages() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randint(0, 256, (count, 3, 92, 92), generator=generator, dtype=torch.uint8)
        for count in (70, 3, 5)
    ]


def test_units_are_means_over_the_places_of_a_filter(trunk: Trunk, pages: list[torch.Tensor]) -> None:
    found = anet_units(trunk, pages)
    net = trunk.backbone
    assert isinstance(net, ANet)
    assert {layer: units.train.shape[1] for layer, units in found.items()} == {
        C3: 9 * 96,
        C4: 4 * net.channels,
        FC: 16,
    }
    with torch.no_grad():
        middles = [page[..., 2:-2, 2:-2].float() / 255 for page in pages]
        banks = [net.banks(middle) for middle in middles]
        quadrants = [net(middle) for middle in middles]
        full = [trunk(middle).double().numpy() for middle in middles]
    for layer, given in ((C3, [maps.mean((2, 3)).double().numpy() for maps in banks]), (FC, full)):
        for part, expected in zip(found[layer], standardised(given), strict=True):
            np.testing.assert_allclose(part, expected, atol=1e-4)
    # The last bank of C4 is the lower right quadrant of its map.
    last = [maps[:, :, 3:, 3:].mean((2, 3)).double().numpy() for maps in quadrants]
    np.testing.assert_allclose(found[C4].test[:, -net.channels :], standardised(last).test, atol=1e-4)
    assert not net.c3._forward_hooks


@pytest.mark.parametrize("batch_norm", [False, True])
def test_regions_sum_to_what_a_unit_gives(pages: list[torch.Tensor], batch_norm: bool) -> None:
    torch.manual_seed(0)
    trunk = Trunk("anet", 16, batch_norm=batch_norm)
    for _ in range(5):  # the normalisation learns means and deviations
        trunk(torch.rand(8, 3, 88, 88))
    trunk.eval()
    middles = pages[2][..., 2:-2, 2:-2].float() / 255
    with torch.no_grad():
        assert trunk.shared is not None
        flat = trunk.backbone(middles).flatten(1)
        given = trunk.norm(trunk.shared(flat))
        at_zero = trunk.norm(trunk.shared(torch.zeros_like(flat[:1])))
    for unit in (0, 7):
        found = regions(trunk, unit, pages[2])
        assert found.shape == (5, 6, 6)
        np.testing.assert_allclose(
            found.sum(axis=(1, 2)), (given - at_zero)[:, unit].double().numpy(), atol=1e-4
        )


def test_columns_are_standardised_by_the_first_part() -> None:
    parts = [np.array([[1.0, 5], [3, 5]]), np.array([[2.0, 7]]), np.array([[6.0, 5]])]
    found = standardised(parts)
    assert found.train.tolist() == [[-1, 0], [1, 0]]
    assert found.validation.tolist() == [[0, 0]]
    assert found.test.tolist() == [[4, 0]]


def test_without_a_fully_connected_layer_there_is_none(pages: list[torch.Tensor]) -> None:
    assert [*anet_units(Trunk("anet", 0).eval(), pages)] == [C3, C4]


def test_other_backbones_are_told(pages: list[torch.Tensor]) -> None:
    with pytest.raises(
        VisavisError, match="the layers that are compared are ANet's; give a reader with back"
    ):
        anet_units(Trunk("colour", 16).eval(), pages)


def test_components_are_uncorrelated_on_the_training_faces() -> None:
    paths = open_dataset("rendered-faces-20").items["path"].to_list()
    found = hog_components([paths[:12], paths[12:15], paths[15:]], 1.0, 0.0)
    assert found.train.shape == (12, 12)
    assert found.test.shape == (5, 12)
    changing = found.train[:, found.train.any(axis=0)]
    np.testing.assert_allclose(changing.T @ changing / 12, np.eye(changing.shape[1]), atol=1e-6)
