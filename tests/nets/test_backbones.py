"""Backbones by name: what they promise of themselves is what comes out."""

import sys
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from visavis.errors import VisavisError
from visavis.nets.backbones import OWN, build_backbone


@pytest.mark.parametrize("name", OWN)
def test_map_has_the_promised_shape(name: str) -> None:
    net = build_backbone(name)
    features = net(torch.rand(2, net.colours, net.side, net.side))
    assert features.shape == (2, net.channels, net.map_side, net.map_side)


def test_white_paper_is_no_signal_for_small() -> None:
    net = build_backbone("small")
    seen: list[Tensor] = []
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    first.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    net(torch.ones(1, 1, 112, 112))
    assert seen[0].abs().max() == 0


def test_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(
        VisavisError,
        match="'smal' is unknown; use one of small, sketch-a-net, colour, lnet, anet, caffenet, alexnet or ",
    ):
        build_backbone("smal")


def test_timm_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door with a stand-in: grey pages become ImageNet-normalised RGB, sizes are read off the net."""

    class Features(nn.Module):
        def forward(self, images: Tensor) -> list[Tensor]:
            self.seen = images
            return [images[:, :, ::32, ::32].repeat(1, 3, 1, 1)]

    timm = ModuleType("timm")
    stand_in = Features()
    timm.create_model = lambda name, **options: stand_in  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", timm)
    net = build_backbone("timm:resnet18")
    assert (net.channels, net.map_side) == (9, 7)
    net(torch.full((1, 1, 224, 224), 0.485))
    assert stand_in.seen.shape == (1, 3, 224, 224)
    assert stand_in.seen[0, 0, 0, 0].abs() < 1e-6


def test_timm_door_without_timm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(VisavisError, match="pip install timm"):
        build_backbone("timm:resnet18")
