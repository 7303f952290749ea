"""Occlusion and activation of nets whose boxes depend on what is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from visavis.methods.relative_attributes.sensitivity import CHANNELS, GREY, PATCH, activation, occlusion

SIDE = 40
SPOT = (slice(24, 32), slice(4, 12))  # what the boxes of the first attribute look at
OTHER = (slice(4, 12), slice(24, 32))  # and those of the second


def looking(photos: Tensor) -> Tensor:
    """The first attribute's box goes down as one spot gets brighter, the second's grows with another."""
    down = photos[:, :, *SPOT].mean(dim=(1, 2, 3))
    growth = photos[:, :, *OTHER].mean(dim=(1, 2, 3))
    fixed = torch.full_like(down, 0.5)
    first = torch.stack([fixed, fixed, down, 0 * down], dim=-1)
    second = torch.stack([0.5 * growth.exp(), 0.5 * growth.exp(), 0 * down, 0 * down], dim=-1)
    return torch.stack([first, second], dim=1)[:, :, None]


def inside(values: np.ndarray, spot: tuple[slice, slice]) -> np.ndarray:
    part: np.ndarray = values[spot]
    return part


def test_what_the_box_depends_on_lights_up() -> None:
    """A patch that hides a white spot halves its brightness: the centre moves 0.5 * 0.5 / 2 of the side."""
    found = occlusion(looking, torch.ones(2, 3, SIDE, SIDE))
    assert found.moved.shape == found.grown.shape == (2, 2, SIDE, SIDE)
    moved, grown = found.moved[0, 0], found.grown[0, 1]
    reach = round(PATCH * SIDE)
    for values, spot, most in ((moved, SPOT, GREY / 4), (-grown, OTHER, GREY)):
        assert inside(values, spot).max() == values.max()
        assert 0.7 * most < values.max() <= most + 1e-6
        rows, columns = np.nonzero(values > 1e-9)
        near = [
            part.start - reach < hit.min() and hit.max() < part.stop + reach
            for part, hit in zip(spot, (rows, columns), strict=True)
        ]
        assert all(near)
    assert np.abs(found.grown[:, 0]).max() < 1e-6  # the first keeps its size,
    assert np.abs(found.moved[:, 1]).max() < 1e-6  # the second its place


def test_covering_grey_with_grey_does_nothing() -> None:
    found = occlusion(looking, torch.full((1, 3, SIDE, SIDE), GREY))
    assert np.abs(found.moved).max() == np.abs(found.grown).max() == 0


class LastMap(nn.Module):
    """Four channels of 5 x 5: brightness itself, doubled, of the left half, and of nothing."""

    def forward(self, photos: Tensor) -> Tensor:
        small = nn.functional.avg_pool2d(photos[:, :1], 8)
        left = small.clone()
        left[..., 3:] = 0
        return torch.cat([small, 2 * small, left, 0 * small], dim=1)


class Places(nn.Module):
    """Three attributes' boxes: the second goes right with channel 2, and a little down with channel 0."""

    def forward(self, features: Tensor) -> Tensor:
        of_channel = features.mean(dim=(2, 3))
        right, down = of_channel[:, 2], 0.1 * of_channel[:, 0]
        boxes = features.new_tensor([0.5, 0.5, 0, 0]).expand(len(features), 3, 1, 4).clone()
        boxes[:, 1, 0, 3], boxes[:, 1, 0, 2] = right, down
        return boxes


def test_the_channels_that_place_the_box_are_the_strongest() -> None:
    photos = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    found = activation(LastMap(), Places(), photos, attribute=1)
    features = LastMap()(photos)
    assert found.channels[:2] == [2, 0]
    assert len(found.channels) == CHANNELS
    left, whole = features[:, 2].mean(), 0.1 * features[:, 0].mean()
    assert found.share == pytest.approx([float(left / (left + whole)), float(whole / (left + whole))])
    assert np.allclose(found.maps, features[:, [2, 0]].numpy())
    assert np.allclose(found.mean, features.mean(dim=1).numpy())


def test_a_box_that_never_moves_has_no_strong_channel() -> None:
    found = activation(LastMap(), Places(), torch.rand(1, 3, SIDE, SIDE), attribute=0)
    assert found.share == [0, 0]
