"""Filters of their own for every place: against plain loops, plain convolutions, and maps within maps."""

from itertools import product

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from visavis.nets.locally_shared import LocallyShared, side_by_side

TILES = {"kernel": 3, "banks": 3, "step": 2}, (8, 10)  # windows of step + kernel - 1 rows, one column more
BLOCKS = {"kernel": 2, "banks": 2, "step": 3}, (9, 9)  # windows of 2 x 2 cells


def layer(**settings: int) -> LocallyShared:
    torch.manual_seed(0)
    return LocallyShared(2, 5, **settings).double()


def maps(height: int, width: int) -> Tensor:
    return torch.randn(3, 2, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("settings", "size"), [TILES, BLOCKS])
def test_by_a_loop_over_banks_and_places(settings: dict[str, int], size: tuple[int, int]) -> None:
    net, inputs = layer(**settings), maps(*size)
    kernel, banks, step = settings["kernel"], settings["banks"], settings["step"]
    filters = net.convolution.weight.detach().view(banks, banks, 5, 2, kernel, kernel)
    high, wide = (side - (banks - 1) * step - kernel + 1 for side in size)
    expected = torch.empty(3, banks, banks, 5, high, wide, dtype=torch.float64)
    for y, x, row, column in product(range(banks), range(banks), range(high), range(wide)):
        top, left = y * step + row, x * step + column
        seen = inputs[:, None, :, top : top + kernel, left : left + kernel]
        expected[:, y, x, :, row, column] = (seen * filters[y, x]).sum((2, 3, 4))
    torch.testing.assert_close(net(inputs), expected.flatten(1, 3), rtol=1e-12, atol=1e-12)


def test_equal_banks_are_a_plain_convolution() -> None:
    """Windows of step + kernel - 1: no place of the whole map's convolution is missing and none is twice."""
    net, inputs = layer(kernel=3, banks=3, step=2), maps(8, 8)
    filters = torch.randn(5, 2, 3, 3, dtype=torch.float64)
    net.convolution.weight.data = filters.repeat(9, 1, 1, 1)
    torch.testing.assert_close(side_by_side(net(inputs), 3), F.conv2d(inputs, filters))


def test_side_by_side_row_by_row() -> None:
    outputs = torch.arange(4.0).repeat_interleave(3).view(1, 12, 1, 1).expand(1, 12, 2, 1)
    laid = side_by_side(outputs, 2)
    assert torch.equal(laid, torch.tensor([[0.0, 1], [0, 1], [2, 3], [2, 3]]).expand(1, 3, 4, 2))


@pytest.mark.parametrize(("settings", "size"), [TILES, BLOCKS])
def test_a_larger_map_holds_all_maps_within(settings: dict[str, int], size: tuple[int, int]) -> None:
    net = layer(**settings)
    larger = maps(size[0] + 2, size[1] + 1)
    outputs = net(larger)
    for row, column in product(range(3), range(2)):
        alone = net(larger[..., row : row + size[0], column : column + size[1]])
        within = outputs[..., row : row + alone.shape[-2], column : column + alone.shape[-1]]
        torch.testing.assert_close(within, alone, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("settings", "size"), [TILES, BLOCKS])
def test_gradients(settings: dict[str, int], size: tuple[int, int]) -> None:
    net, inputs = layer(**settings), maps(*size)[:1].requires_grad_()
    filters = net.convolution.weight.detach().requires_grad_()

    def outputs(inputs: Tensor, filters: Tensor) -> Tensor:
        return torch.func.functional_call(net, {"convolution.weight": filters}, (inputs,))  # type: ignore[no-any-return]

    assert torch.autograd.gradcheck(outputs, (inputs, filters))
