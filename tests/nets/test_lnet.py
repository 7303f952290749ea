"""LNet: sizes of its maps."""

import torch

from visavis.nets.lnet import LNet


def test_map_follows_the_size_of_the_photo() -> None:
    net = LNet().eval()
    with torch.no_grad():
        assert net(torch.rand(1, 3, net.side, net.side)).shape == (
            1,
            net.channels,
            net.map_side,
            net.map_side,
        )
        assert net(torch.rand(2, 3, 57, 200)).shape == (2, net.channels, 8, 25)


def test_five_convolutions_and_two_poolings() -> None:
    kinds = [type(layer).__name__ for layer in LNet().layers]
    assert kinds.count("Conv2d") == 5
    assert kinds.count("MaxPool2d") == 2


def test_one_place_looks_at_73_pixels() -> None:
    net = LNet().eval()
    photo = torch.rand(1, 3, 161, 161, requires_grad=True)
    net(photo)[0, :, 10, 10].sum().backward()
    assert photo.grad is not None
    rows = photo.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    assert rows.max() - rows.min() + 1 <= 73
