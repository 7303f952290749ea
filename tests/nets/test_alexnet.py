"""AlexNet in both layouts: published counts and sides, and every activation computed anew without modules."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.nets.alexnet import AlexNet, CaffeNet
from visavis.nets.backbone import Backbone
from visavis.nets.head import Head

CLASSIFIER = 1000 * 4096 + 1000  # fc8, which neither layout has here


def photos(side: int) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))


def started(layout: type[Backbone]) -> tuple[Backbone, dict[str, Tensor]]:
    """A network whose activations stay of one size from layer to layer, and its weights by layer."""
    torch.manual_seed(0)
    net = layout()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias)  # type: ignore[arg-type]
    return net, {name.removeprefix("layers."): value for name, value in net.state_dict().items()}


@pytest.mark.parametrize(
    ("layout", "convolutions", "whole"),
    [(CaffeNet, 2_334_080, 60_965_224), (AlexNet, 2_469_696, 61_100_840)],
)
def test_published_numbers_of_parameters(layout: type[Backbone], convolutions: int, whole: int) -> None:
    with torch.device("meta"):
        net = layout()
        head = Head(net)
    counts = [sum(parameter.numel() for parameter in part.parameters()) for part in (net, head)]
    assert counts[0] == convolutions
    assert sum(counts) + CLASSIFIER == whole


@pytest.mark.parametrize(
    ("layout", "sides"),
    [
        (CaffeNet, [(96, 55), (96, 27), (256, 27), (256, 13), (384, 13), (384, 13), (256, 13), (256, 6)]),
        (AlexNet, [(64, 55), (64, 27), (192, 27), (192, 13), (384, 13), (256, 13), (256, 13), (256, 6)]),
    ],
)
def test_sides_of_the_layer_table(layout: type[Backbone], sides: list[tuple[int, int]]) -> None:
    found = []
    with torch.device("meta"):
        net = layout()
        features = torch.empty(1, 3, net.side, net.side)
    assert isinstance(net.layers, nn.Sequential)
    for layer in net.layers:
        features = layer(features)
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            found.append((features.shape[1], features.shape[2]))
    assert found == sides


@torch.no_grad()
def test_caffenet_by_hand() -> None:
    """Blue first, two halves that do not see each other, and normalisation over five channels by a loop."""
    net, weights = started(CaffeNet)
    x = 255 * photos(127)
    x = torch.stack([x[:, 2] - 104, x[:, 1] - 117, x[:, 0] - 122], dim=1)
    x = normalised(pooled(convolved(x, weights, "conv1", stride=4)))
    x = normalised(pooled(halves(x, weights, "conv2", padding=2)))
    x = convolved(x, weights, "conv3", padding=1)
    x = pooled(halves(halves(x, weights, "conv4", padding=1), weights, "conv5", padding=1))
    assert x.std() > 0.1
    torch.testing.assert_close(net(photos(127)), x, rtol=1e-4, atol=1e-3)


@torch.no_grad()
def test_alexnet_by_hand() -> None:
    """The layers of torchvision's, whose adaptive pooling to 6 x 6 does nothing to 224 px."""
    net, weights = started(AlexNet)
    x = photos(127)
    x = torch.stack([(x[:, 0] - 0.485) / 0.229, (x[:, 1] - 0.456) / 0.224, (x[:, 2] - 0.406) / 0.225], dim=1)
    x = pooled(convolved(x, weights, "conv1", stride=4, padding=2))
    x = pooled(convolved(x, weights, "conv2", padding=2))
    for name in ("conv3", "conv4", "conv5"):
        x = convolved(x, weights, name, padding=1)
    x = pooled(x)
    assert x.std() > 0.1
    torch.testing.assert_close(net(photos(127)), x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("layout", [CaffeNet, AlexNet])
@torch.no_grad()
def test_the_neutral_colour_is_no_signal(layout: type[Backbone]) -> None:
    net, weights = started(layout)
    grey = torch.tensor(net.neutral).view(1, 3, 1, 1).expand(1, 3, 99, 99)
    seen: list[Tensor] = []
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    first.register_forward_hook(lambda module, args, output: seen.append(output))
    net(grey)
    torch.testing.assert_close(seen[0], weights["conv1.bias"].view(1, -1, 1, 1).expand_as(seen[0]))


def convolved(x: Tensor, weights: dict[str, Tensor], name: str, **options: int) -> Tensor:
    return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **options).clamp(min=0)


def halves(x: Tensor, weights: dict[str, Tensor], name: str, **options: int) -> Tensor:
    """Two convolutions side by side, each of half the channels."""
    parts = zip(
        x.chunk(2, 1), weights[f"{name}.weight"].chunk(2), weights[f"{name}.bias"].chunk(2), strict=True
    )
    return torch.cat([F.conv2d(half, weight, bias, **options) for half, weight, bias in parts], 1).clamp(
        min=0
    )


def pooled(x: Tensor) -> Tensor:
    """The largest of 3 x 3 at every second place."""
    return x.unfold(2, 3, 2).unfold(3, 3, 2).amax(dim=(-2, -1))


def normalised(x: Tensor) -> Tensor:
    """x / (1 + 1e-4 / 5 * the sum of squares over five neighbouring channels) ** 0.75."""
    channels = range(x.shape[1])
    sums = [x[:, max(0, c - 2) : c + 3].square().sum(1) for c in channels]
    return torch.stack([x[:, c] / (1 + 1e-4 / 5 * sums[c]) ** 0.75 for c in channels], dim=1)
