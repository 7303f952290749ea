"""Boxes: where they look, where they start, what moves them, and what keeps them on the image."""

import pytest
import torch
from torch import Tensor

from visavis.nets.spatial_transformer import Localiser, boxes_in_pixels, crop, keep_inside


def box(*numbers: float) -> Tensor:
    return torch.tensor([numbers], dtype=torch.float32)


def test_the_whole_image_is_the_identity() -> None:
    images = torch.rand(2, 3, 9, 9)
    torch.testing.assert_close(crop(images, box(1, 0, 0).expand(2, 3), 9), images)


def test_a_third_in_the_middle() -> None:
    image = torch.arange(49.0).view(1, 1, 7, 7)
    torch.testing.assert_close(crop(image, box(1 / 3, 0, 0), 3), image[..., 2:5, 2:5])


def test_y_comes_first_and_moves_in_units_of_the_box() -> None:
    image = torch.arange(49.0).view(1, 1, 7, 7)
    down = crop(image, box(1 / 3, 1, 0), 3)  # by half its side, which is one pixel
    torch.testing.assert_close(down, image[..., 3:6, 2:5])
    right = crop(image, box(1 / 3, 0, 2), 3)
    torch.testing.assert_close(right, image[..., 2:5, 4:7])


def test_outside_is_zero() -> None:
    seen = crop(torch.ones(1, 1, 5, 5), box(1, 1, 0), 5)
    assert seen[0, 0, 0].min() == 1
    assert seen[0, 0, 3:].max() == 0


def test_boxes_in_pixels() -> None:
    boxes = torch.cat([box(1, 0, 0), box(1 / 3, 1, 0)])
    expected = torch.tensor([[0.0, 0, 6, 6], [2, 3, 2, 2]])
    torch.testing.assert_close(boxes_in_pixels(boxes, 7, 7), expected)


@pytest.mark.parametrize("scale", [0.17, 0.66])
def test_every_image_starts_with_the_initial_scale(scale: float) -> None:
    boxes = Localiser(8, 3, attributes=4, initial_scale=scale)(torch.randn(5, 8, 3, 3))
    torch.testing.assert_close(boxes[..., 0], torch.full((5, 4), scale))
    assert boxes[..., 1:].abs().max() < 1
    assert boxes[..., 1:].std() > 0  # small, not nothing


@pytest.mark.parametrize("ratio", [0.05, 0.5])
def test_the_ratio_slows_the_scale_by_its_square(ratio: float) -> None:
    """One step of plain descent on s alone, the row of s' being zero: its bias moves by ratio * rate."""
    torch.manual_seed(0)
    net, features = Localiser(4, 2, ratio=ratio), torch.randn(3, 4, 2, 2)
    before = net(features)[:, 0, 0]
    before.sum().backward()
    assert net.scale.bias.grad is not None
    with torch.no_grad():
        net.scale.bias.copy_(net.scale.bias - 1e-3 * net.scale.bias.grad)
        moved = (net(features)[:, 0, 0] - before) / 3
    torch.testing.assert_close(moved, torch.full((3,), -1e-3 * ratio**2))


def test_keep_inside_replaces_the_gradient_of_a_box_whose_centre_has_left() -> None:
    """Section 3.1 of the notes by finite differences; a centre inside keeps the gradient it gets."""
    boxes = torch.tensor([[0.5, 3.0, -1.0], [0.5, 1.0, 0.2]], dtype=torch.float64, requires_grad=True)
    arriving = torch.tensor([[9.0, 9, 9], [1, 2, 3]], dtype=torch.float64)
    kept = keep_inside(boxes)
    assert torch.equal(kept, boxes)
    kept.backward(arriving)  # type: ignore[no-untyped-call]
    assert boxes.grad is not None
    assert torch.equal(boxes.grad[1], arriving[1])

    def energy(numbers: Tensor) -> Tensor:
        scale, y, x = numbers.unbind()
        return ((scale * y) ** 2 + (scale * x) ** 2) / 2

    step = 1e-6
    for k in range(3):
        shift = torch.zeros(3, dtype=torch.float64)
        shift[k] = step
        slope = (energy(boxes[0].detach() + shift) - energy(boxes[0].detach() - shift)) / (2 * step)
        assert boxes.grad[0, k].item() == pytest.approx(slope.item(), abs=1e-6)


def test_gradients_of_the_crop() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 1, 6, 6, dtype=torch.float64)
    boxes = torch.tensor([[0.4, 0.3, -0.2], [0.7, 0.11, 0.23]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b: crop(images, b, 4), (boxes,))
