"""ANet: sizes, every activation computed anew, and which places its banks see."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from visavis.errors import VisavisError
from visavis.nets.anet import ANet
from visavis.nets.trunk import Trunk

TINY = (3, 4, 5, 6)


def started(widths: tuple[int, int, int, int] = TINY) -> ANet:
    """A network in evaluation mode whose batch normalisations have statistics and slopes of both signs."""
    torch.manual_seed(0)
    net = ANet(widths).double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.weight.data, module.bias.data):
                assert values is not None
                values.normal_()
            assert module.running_var is not None
            module.running_var.uniform_(0.5, 2)
    return net.eval()


def photos(count: int = 2, height: int = 88, width: int = 88) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.rand(count, 3, height, width, dtype=torch.float64, generator=random)


def test_number_of_parameters() -> None:
    assert sum(parameter.numel() for parameter in ANet().parameters()) == 1_307_872


@torch.no_grad()
def test_by_hand() -> None:
    """Without modules, with slices for pooling and a loop over the banks of C3 and C4."""
    net = started()
    weights = net.state_dict()
    x = (photos() - 0.5) / 0.25
    for convolution, norm in ((0, 2), (4, 6)):
        x = pooled(F.conv2d(x, weights[f"globally_shared.{convolution}.weight"]))
        x = normalised(x, weights, f"globally_shared.{norm}")
    assert x.shape[-2:] == (20, 20)
    filters = weights["c3.0.convolution.weight"].chunk(9)
    convolved = [F.conv2d(x, bank) for bank in filters]  # each over the whole map, to keep one cell of it
    cells = [
        pooled(convolved[3 * y + x][..., 6 * y : 6 * y + 6, 6 * x : 6 * x + 6])
        for y in range(3)
        for x in range(3)
    ]
    cells = list(normalised(torch.cat(cells, 1), weights, "c3.2").chunk(9, 1))
    quadrants = []
    for bank, block in enumerate(([1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9])):
        a, b, c, d = (cells[number - 1] for number in block)
        seen = torch.cat([torch.cat([a, b], 3), torch.cat([c, d], 3)], 2)
        quadrants.append(F.conv2d(seen, weights["c4.0.convolution.weight"].chunk(4)[bank]))
    a, b, c, d = normalised(torch.cat(quadrants, 1), weights, "c4.1").chunk(4, 1)
    expected = torch.cat([torch.cat([a, b], 3), torch.cat([c, d], 3)], 2)
    assert expected.std() > 0.1
    torch.testing.assert_close(net(photos()), expected, rtol=1e-10, atol=1e-10)


@torch.no_grad()
def test_lower_banks_see_nothing_of_the_upper_cells() -> None:
    """The second row of cells begins at C3's row 6, which reads the photo from row 24 on."""
    net = started()
    before = net(photos())
    for row, same in ((23, True), (24, False)):
        changed = photos()
        changed[:, :, row] = 0
        after = net(changed)
        assert torch.equal(after[:, :, 3:], before[:, :, 3:]) is same
        assert not torch.equal(after[:, :, :3], before[:, :, :3])


def test_statistics_are_those_of_each_bank() -> None:
    net = started().train()
    normalised_maps: list[Tensor] = []
    for norm in (net.c3[2], net.c4[1]):
        nn.init.ones_(norm.weight)  # type: ignore[arg-type]
        nn.init.zeros_(norm.bias)  # type: ignore[arg-type]
        norm.register_forward_hook(lambda module, args, output: normalised_maps.append(output))
    net(photos(6))
    for maps, banks in zip(normalised_maps, (9, 4), strict=True):
        means = torch.stack([bank.mean((0, 2, 3)) for bank in maps.chunk(banks, 1)])
        torch.testing.assert_close(means, torch.zeros_like(means))


@pytest.mark.parametrize("size", [(96, 96), (88, 80)])
def test_another_size_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(VisavisError, match=rf"anet reads 88 x 88 px, not {size[0]} x {size[1]}; resize"):
        started()(photos(1, *size))


def test_a_trunk_takes_the_four_banks_as_one_map() -> None:
    trunk = Trunk("anet", hidden=8).eval()
    assert trunk.shared is not None
    assert trunk.shared.in_features == 4 * 128 * 3**2
    assert trunk(photos().float()).shape == (2, 8)


def pooled(x: Tensor) -> Tensor:
    """The largest of each 2 x 2."""
    rows = x[..., ::2, :].maximum(x[..., 1::2, :])
    return rows[..., ::2].maximum(rows[..., 1::2])


def normalised(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    """Batch normalisation with the stored statistics, then ReLU."""
    mean, variance, slope, bias = (
        weights[f"{name}.{part}"].view(-1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
    )
    return ((x - mean) / (variance + 1e-5).sqrt() * slope + bias).clamp(min=0)
