"""Boxes: where they look, where they start, what moves them, and what keeps them on the image."""

import math

import pytest
import torch
from torch import Tensor, nn

from visavis.nets.spatial_transformer import Localiser, ScaleForm, Shape, boxes_in_pixels, crop, keep_inside


def box(scale: float, y: float, x: float) -> Tensor:
    """The paper's square box."""
    return torch.tensor([[scale, scale, y, x]], dtype=torch.float32)


def test_the_whole_image_is_the_identity() -> None:
    images = torch.rand(2, 3, 9, 9)
    torch.testing.assert_close(crop(images, box(1, 0, 0).expand(2, 4), 9), images)


def test_a_third_in_the_middle() -> None:
    image = torch.arange(49.0).view(1, 1, 7, 7)
    torch.testing.assert_close(crop(image, box(1 / 3, 0, 0), 3), image[..., 2:5, 2:5])


def test_y_comes_first_and_moves_in_units_of_the_box() -> None:
    image = torch.arange(49.0).view(1, 1, 7, 7)
    down = crop(image, box(1 / 3, 1, 0), 3)  # by half its side, which is one pixel
    torch.testing.assert_close(down, image[..., 3:6, 2:5])
    right = crop(image, box(1 / 3, 0, 2), 3)
    torch.testing.assert_close(right, image[..., 2:5, 4:7])


def test_an_oblong_box_is_stretched_to_a_square() -> None:
    image = torch.arange(49.0).view(1, 1, 7, 7)
    flat = torch.tensor([[1 / 3, 1, 1, 0]])  # a third of the height, all of the width, one pixel down
    torch.testing.assert_close(crop(image, flat, 7)[..., ::3, :], image[..., [2 + 1, 3 + 1, 4 + 1], :])


def test_outside_is_zero() -> None:
    seen = crop(torch.ones(1, 1, 5, 5), box(1, 1, 0), 5)
    assert seen[0, 0, 0].min() == 1
    assert seen[0, 0, 3:].max() == 0


def test_boxes_in_pixels() -> None:
    boxes = torch.cat([box(1, 0, 0), box(1 / 3, 1, 0), torch.tensor([[1 / 3, 1, 0, -1]])])
    expected = torch.tensor([[0.0, 0, 6, 6], [2, 3, 2, 2], [-3, 2, 6, 2]])
    torch.testing.assert_close(boxes_in_pixels(boxes, 7, 7), expected)


@pytest.mark.parametrize("scale", [0.17, 0.66])
@pytest.mark.parametrize("shape", ["square", "oblong"])
@pytest.mark.parametrize("scale_form", ["linear", "log"])
def test_every_image_starts_with_the_initial_scale(scale: float, shape: Shape, scale_form: ScaleForm) -> None:
    net = Localiser(8, 3, attributes=4, initial_scale=scale, shape=shape, scale_form=scale_form)
    boxes = net(torch.randn(5, 8, 3, 3))
    torch.testing.assert_close(boxes[..., :2], torch.full((5, 4, 1, 2), scale))
    assert boxes[..., 2:].abs().max() < 1
    assert boxes[..., 2:].std() > 0  # small, not nothing


@pytest.mark.parametrize("shape", ["square", "oblong"])
@pytest.mark.parametrize("scale_form", ["linear", "log"])
def test_boxes_start_where_they_are_put(shape: Shape, scale_form: ScaleForm) -> None:
    """Of two attributes with two boxes each, all different; exactly, but for the small random part."""
    high = torch.tensor([[0.2, 0.3], [0.45, 0.6]])
    wide = high if shape == "square" else torch.tensor([[0.7, 0.1], [0.25, 0.5]])
    y, x = torch.tensor([[1.5, -2.0], [0.0, 0.3]]), torch.tensor([[-0.4, 0.9], [1.1, 0.0]])
    places = torch.stack([high, wide, y, x], dim=-1)
    net = Localiser(8, 3, attributes=2, regions=2, shape=shape, scale_form=scale_form, keep_inside=False)
    random_part = net.shift.weight.clone()
    net.start_at(places)
    assert torch.equal(net.home, places)
    assert torch.equal(net.shift.weight, random_part)
    nn.init.zeros_(net.shift.weight)
    torch.testing.assert_close(net(torch.randn(3, 8, 3, 3)), places.expand(3, 2, 2, 4))


def test_home_is_where_boxes_started_however_they_move() -> None:
    net = Localiser(8, 3, attributes=2, regions=2, initial_scale=0.4)
    start = torch.tensor([[0.4, 0.4, -1, 0], [0.4, 0.4, 1, 0]]).expand(2, 2, 4)
    assert torch.equal(net.home, start)
    nn.init.normal_(net.scale.bias)
    assert torch.equal(net.home, start)
    assert "home" not in dict(net.named_parameters())
    other = Localiser(8, 3, attributes=2, regions=2, initial_scale=0.2)
    other.load_state_dict(net.state_dict())
    assert torch.equal(other.home, start)


def test_several_boxes_of_an_attribute_start_one_below_the_other() -> None:
    torch.manual_seed(0)
    boxes = Localiser(8, 3, attributes=2, regions=3)(torch.randn(50, 8, 3, 3)).mean(0)
    assert boxes.shape == (2, 3, 4)
    torch.testing.assert_close(boxes[..., 2], torch.tensor([[-1.0, 0, 1]]).expand(2, 3), atol=0.2, rtol=0)
    torch.testing.assert_close(boxes[..., 3], torch.zeros(2, 3), atol=0.2, rtol=0)


def test_only_oblong_boxes_have_two_scales() -> None:
    features = torch.randn(3, 8, 3, 3)
    for shape, equal in (("square", True), ("oblong", False)):
        net = Localiser(8, 3, shape=shape)  # type: ignore[arg-type]
        nn.init.normal_(net.scale.weight)
        boxes = net(features)
        assert torch.equal(boxes[..., 0], boxes[..., 1]) is equal


def test_a_step_changes_any_scale_by_the_same_factor_in_log_form() -> None:
    moved = []
    for start in (0.2, 0.6):
        net = Localiser(4, 2, initial_scale=start, ratio=0.5, scale_form="log")
        net.scale.bias.data += 0.3
        moved.append(net(torch.randn(1, 4, 2, 2))[..., 0].item() / start)
    assert moved == pytest.approx([math.exp(0.15)] * 2)


@pytest.mark.parametrize("ratio", [0.05, 0.5])
def test_the_ratio_slows_the_scale_by_its_square(ratio: float) -> None:
    """One step of plain descent on s alone, the row of s' being zero: its bias moves by ratio * rate."""
    torch.manual_seed(0)
    net, features = Localiser(4, 2, ratio=ratio), torch.randn(3, 4, 2, 2)
    before = net(features)[:, 0, 0, 0]
    net(features)[..., :2].sum().backward()
    assert net.scale.bias.grad is not None
    with torch.no_grad():
        net.scale.bias.copy_(net.scale.bias - 1e-3 * net.scale.bias.grad)
        moved = (net(features)[:, 0, 0, 0] - before) / 6
    torch.testing.assert_close(moved, torch.full((3,), -1e-3 * ratio**2))


def test_keep_inside_replaces_the_gradient_of_a_box_whose_centre_has_left() -> None:
    """Section 3.1 of the notes by finite differences; a centre inside keeps the gradient it gets."""
    outside = [[0.5, 0.5, 3.0, -1.0], [0.5, 0.7, 0.2, 2.0]]
    boxes = torch.tensor([*outside, [0.5, 0.5, 1.0, 0.2]], dtype=torch.float64, requires_grad=True)
    arriving = torch.tensor([[9.0, 9, 9, 9], [5, 6, 7, 8], [1, 2, 3, 4]], dtype=torch.float64)
    kept = keep_inside(boxes)
    assert torch.equal(kept, boxes)
    kept.backward(arriving)  # type: ignore[no-untyped-call]
    assert boxes.grad is not None
    assert torch.equal(boxes.grad[2], arriving[2])

    def energy(numbers: Tensor) -> Tensor:
        high, wide, y, x = numbers.unbind()
        return ((high * y) ** 2 + (wide * x) ** 2) / 2

    step = 1e-6
    for row in range(2):
        for k in range(4):
            shift = torch.zeros(4, dtype=torch.float64)
            shift[k] = step
            start = boxes[row].detach()
            slope = (energy(start + shift) - energy(start - shift)) / (2 * step)
            assert boxes.grad[row, k].item() == pytest.approx(slope.item(), abs=1e-6)


def test_a_square_box_gets_the_gradient_of_the_release() -> None:
    """dL/ds = s (t_y^2 + t_x^2): both halves of it add up in the one s."""
    scale = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    shift = torch.tensor([3.0, -1.0], dtype=torch.float64)
    torch.autograd.backward(keep_inside(torch.stack([scale, scale, *shift])).sum())
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(0.5 * (9 + 1))


def test_gradients_of_the_crop() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 1, 6, 6, dtype=torch.float64)
    boxes = torch.tensor(
        [[0.41, 0.53, 0.3, -0.2], [0.7, 0.61, 0.11, 0.23]], dtype=torch.float64, requires_grad=True
    )
    assert torch.autograd.gradcheck(lambda b: crop(images, b, 4), (boxes,))
