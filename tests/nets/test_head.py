"""The head of a backbone: the flattened map, or fully connected layers with dropout behind each."""

import pytest
import torch
from torch import Tensor, nn

from visavis.nets.backbone import Backbone
from visavis.nets.head import Head


class Net(Backbone):
    channels, map_side = 4, 3


class Connected(Net):
    hidden = {"fc6": 10, "fc7": 5}  # noqa: RUF012


def maps(side: int = 3) -> Tensor:
    return torch.randn(2, 4, side, side, generator=torch.Generator().manual_seed(0))


def test_without_layers_the_map_is_handed_on_with_its_places() -> None:
    head = Head(Net(), dropout=0.5).eval()
    assert not head.state_dict()
    for side in (3, 2):  # a smaller crop has a smaller map
        assert torch.equal(head(maps(side)), maps(side).reshape(2, -1))
        assert head.width(side) == 4 * side**2


def test_layers_by_hand() -> None:
    head = Head(Connected(), dropout=0.5).eval()
    weights = head.state_dict()
    assert [name for name in weights if "bias" in name] == ["layers.fc6.bias", "layers.fc7.bias"]
    x = maps().reshape(2, 36)
    for name in ("fc6", "fc7"):
        x = (x @ weights[f"layers.{name}.weight"].T + weights[f"layers.{name}.bias"]).clamp(min=0)
    torch.testing.assert_close(head(maps()), x)
    assert head.width(3) == 5


@pytest.mark.parametrize("net", [Net, Connected])
def test_dropout_falls_on_what_is_handed_on_while_training(net: type[Backbone]) -> None:
    torch.manual_seed(0)
    head = Head(net(), dropout=0.5)
    for layer in head.layers.values():
        assert isinstance(layer, nn.Linear)
        nn.init.ones_(layer.weight)  # so that no feature is zero by itself
    positive = maps().abs()
    dropped = torch.stack([head(positive) for _ in range(200)]) == 0
    assert dropped.float().mean() == pytest.approx(0.5, abs=0.05)
    assert not (head.eval()(positive) == 0).any()
