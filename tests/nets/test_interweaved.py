"""One pass over a photo gives what the network gives patch by patch."""

from itertools import product

import pytest
import torch
from einops import rearrange
from torch import Tensor

from tests.nets.test_anet import photos, started
from visavis.errors import VisavisError
from visavis.nets.anet import ANet
from visavis.nets.interweaved import interweaved


def patch_by_patch(net: ANet, images: Tensor, stride: int) -> Tensor:
    """One call for each patch, at all places where a whole one fits."""
    rows, columns = (range(0, length - net.side + 1, stride) for length in images.shape[-2:])
    maps = [net(images[..., y : y + net.side, x : x + net.side]) for y, x in product(rows, columns)]
    return rearrange(torch.stack(maps), "(y x) b c h w -> b y x c h w", y=len(rows))


@pytest.mark.parametrize("size", [(88, 88), (128, 96), (131, 117), (95, 141)])
@pytest.mark.parametrize("stride", [8, 16, 24, 40])
@torch.no_grad()
def test_equal_to_patch_by_patch(size: tuple[int, int], stride: int) -> None:
    net, images = started(), photos(2, *size)
    expected = patch_by_patch(net, images, stride)
    assert expected.std() > 0.1
    torch.testing.assert_close(interweaved(net, images, stride), expected, rtol=0, atol=1e-10)


@torch.no_grad()
def test_equal_in_single_precision_at_full_width() -> None:
    torch.manual_seed(0)
    net = ANet().eval()
    images = photos(1, 107, 112).float()
    found = interweaved(net, images, 8)
    assert found.shape == (1, 3, 4, 128, 6, 6)
    torch.testing.assert_close(found, patch_by_patch(net, images, 8), rtol=0, atol=1e-5)


@torch.no_grad()
def test_what_holds_no_whole_patch_is_not_read() -> None:
    net, images = started(), photos(1, 111, 101)
    before = interweaved(net, images, 8)
    assert before.shape[1:3] == (3, 2)
    images[..., 104:, :], images[..., 96:] = 9, 9
    assert torch.equal(interweaved(net, images, 8), before)
    images[..., 103, :] = 9
    assert not torch.equal(interweaved(net, images, 8), before)


@pytest.mark.parametrize("stride", [12, 4, 0, -8])
def test_a_stride_between_the_places_of_the_network_is_an_error(stride: int) -> None:
    with pytest.raises(VisavisError, match=rf"stride: {stride} px .* multiple of 8"):
        interweaved(started(), photos(1, 96, 96), stride)


def test_a_photo_without_a_patch_is_an_error() -> None:
    with pytest.raises(VisavisError, match="87 x 200 px hold no patch of 88 px"):
        interweaved(started(), photos(1, 87, 200), 8)


def test_statistics_of_a_batch_are_an_error() -> None:
    with pytest.raises(VisavisError, match=r"net\.eval"):
        interweaved(started().train(), photos(1), 8)
