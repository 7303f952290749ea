"""Boxes that follow a moved photo: no loss where they do, its amount by hand where they do not."""

import math

import pytest
import torch
from torch import Tensor

from visavis.losses.following import LOG_SCALE, SHIFT, following_loss, move_photos

HOME = torch.tensor([[[0.3, 0.2, 1.0, -2.0]], [[0.5, 0.5, 0.0, 0.4]]])


def bright_spot(y: float, x: float, side: int = 65) -> Tensor:
    """A photo with a soft bright spot about (y, x), in normalised coordinates."""
    place = torch.linspace(-1, 1, side)
    spot = torch.exp(-((place[:, None] - y) ** 2 + (place - x) ** 2) / 0.02)
    return spot.expand(1, 3, side, side)


def centre_of(photos: Tensor) -> Tensor:
    """Centres of mass (B, 2), y and x."""
    place = torch.linspace(-1, 1, photos.shape[-1])
    mass = photos[:, 0] / photos[:, 0].sum((1, 2), keepdim=True)
    return torch.stack([(mass.sum(2) * place).sum(1), (mass.sum(1) * place).sum(1)], dim=1)


def test_a_moved_photo_shows_at_u_what_was_at_z_u_plus_d() -> None:
    zoom, move = torch.tensor([[1.25]]), torch.tensor([[0.2, -0.1]])
    moved = move_photos(bright_spot(0.3, 0.15), zoom, move)
    expected = (torch.tensor([[0.3, 0.15]]) - move) / zoom
    torch.testing.assert_close(centre_of(moved), expected, atol=0.01, rtol=0)


def test_boxes_that_follow_have_no_loss() -> None:
    """An oracle that is told how the photo was moved, by replaying the draws."""

    def following(photos: Tensor) -> Tensor:
        torch.manual_seed(3)
        zoom = torch.exp(LOG_SCALE * torch.randn(len(photos), 1)).view(-1, 1, 1, 1)
        move = (SHIFT * torch.randn(len(photos), 2)).view(-1, 1, 1, 2)
        scale = HOME[..., :2] / zoom
        centre = (HOME[..., :2] * HOME[..., 2:] - move) / zoom
        return torch.cat([scale, centre / scale], dim=-1)

    photos = torch.rand(7, 3, 8, 8)
    torch.manual_seed(3)
    assert following_loss(following, HOME, photos).item() == pytest.approx(0, abs=1e-10)


def test_boxes_that_stay_at_home_pay_for_every_move() -> None:
    """By a plain loop over photos and boxes."""
    photos = torch.rand(5, 3, 8, 8)
    torch.manual_seed(1)
    found = following_loss(lambda moved: HOME.expand(len(moved), 2, 1, 4), HOME, photos)
    torch.manual_seed(1)
    zooms = [math.exp(LOG_SCALE * number) for number in torch.randn(5, 1).flatten().tolist()]
    moves = (SHIFT * torch.randn(5, 2)).tolist()
    apart = sides = 0.0
    for zoom, (down, right) in zip(zooms, moves, strict=True):
        for high, wide, t_y, t_x in HOME.flatten(0, 1).tolist():
            y, x = high * t_y, wide * t_x
            apart += (y - (y - down) / zoom) ** 2 + (x - (x - right) / zoom) ** 2
            sides += math.log(zoom) ** 2
    assert found.item() == pytest.approx(apart / 10 + sides / 10, rel=1e-5)


def test_gradients_reach_the_boxes() -> None:
    boxes = HOME.double().expand(3, 2, 1, 4).clone().requires_grad_()

    def loss(found: Tensor) -> Tensor:
        torch.manual_seed(0)
        return following_loss(lambda _: found, HOME.double(), torch.rand(3, 3, 8, 8, dtype=torch.float64))

    assert torch.autograd.gradcheck(loss, (boxes,))
