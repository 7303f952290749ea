"""What the trunk hands on, with and without its fully connected layer."""

import torch

from visavis.nets.trunk import Trunk


def test_with_a_layer_the_outputs_are_its_activations() -> None:
    trunk = Trunk("small", hidden=16).eval()
    outputs = trunk(torch.rand(2, 1, 112, 112))
    assert outputs.shape == (2, trunk.width) == (2, 16)
    assert outputs.min() == 0


def test_without_a_layer_the_map_is_handed_on_with_its_places() -> None:
    trunk = Trunk("small", hidden=0).eval()
    pages = torch.rand(2, 1, 112, 112)
    outputs = trunk(pages)
    assert outputs.shape == (2, trunk.width) == (2, 64 * 7 * 7)
    assert torch.equal(outputs.view(2, 64, 7, 7), trunk.backbone(pages))


def test_a_normalised_layer_leaves_no_unit_off_for_good() -> None:
    pages = torch.rand(16, 1, 112, 112)
    plain, normalised = (Trunk("small", hidden=16, batch_norm=norm) for norm in (False, True))
    for trunk in (plain, normalised):
        assert trunk.shared is not None
        torch.nn.init.constant_(trunk.shared.bias, -100.0)
    assert not plain(pages).any()
    assert normalised(pages).any(dim=0).all()


def test_a_layer_that_is_not_there_is_not_normalised() -> None:
    assert not any(
        name.startswith("norm.") for name in Trunk("small", hidden=0, batch_norm=True).state_dict()
    )


def test_dropout_only_while_training() -> None:
    trunk = Trunk("small", hidden=0, dropout=0.5)
    pages = torch.rand(2, 1, 112, 112)
    assert not torch.equal(trunk(pages), trunk(pages))
    assert torch.equal(trunk.eval()(pages), trunk(pages))
