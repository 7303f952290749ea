"""Windows of planted responses, the search against a plain loop, and what moves with the photo."""

import itertools
import math

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from tests.methods.face_attributes.planted import RADIUS, STRIDE, disk_localiser, disks
from visavis.methods.face_attributes.model import Localiser
from visavis.methods.face_attributes.search import (
    NEAR,
    NEAR_SIZE,
    ROUNDS,
    Shape,
    candidates,
    find_windows,
    on_one_map,
    strongest,
    windows_from,
)

SHAPE = Shape(20, 30)


def middle_and_size(
    photo: Float[Tensor, "1 3 H W"], localiser: Localiser | None = None, shape: Shape = SHAPE
) -> np.ndarray:
    """Middle, width and height of the window that is found."""
    window, _ = find_windows(localiser or disk_localiser(), photo, shape)
    x, y, w, h = window[0].tolist()
    return np.array([x + w / 2, y + h / 2, w, h])


@pytest.mark.parametrize(
    ("x", "y", "radius"), [(96, 96, 16), (70, 120, 14), (101, 83, 24), (45, 40, 12), (60, 60, 30)]
)
def test_a_planted_disk_is_found_at_its_place_and_size(x: float, y: float, radius: float) -> None:
    middle_x, middle_y, w, h = middle_and_size(disks((x, y, radius, 1)))
    pixel = radius / RADIUS
    assert (middle_x, middle_y) == pytest.approx((x, y), abs=pixel)
    assert math.log2(w / (SHAPE.width * pixel)) == pytest.approx(0, abs=0.16)
    assert h / w == pytest.approx(SHAPE.height / SHAPE.width)


def test_the_brightest_of_several_wins_with_the_highest_response() -> None:
    localiser, photo = disk_localiser(), disks((50, 50, 16, 0.6), (140, 130, 16, 0.9))
    windows, scores = find_windows(localiser, photo, SHAPE)
    assert (windows[0, :2] + windows[0, 2:] / 2).tolist() == pytest.approx([140, 130], abs=1.5)
    assert scores.item() == candidates(localiser, photo).response.max().item()


def test_the_window_moves_with_the_photo() -> None:
    """By the stride of the size at which the disk is seen."""
    photo, localiser = disks((88, 90, 2 * RADIUS, 1)), disk_localiser(step=1.0, levels=3)
    before = middle_and_size(photo, localiser)
    for right, down in ((2 * STRIDE, 0), (0, -2 * STRIDE), (-8 * STRIDE, 4 * STRIDE)):
        after = middle_and_size(torch.roll(photo, (down, right), (2, 3)), localiser)
        assert after - before == pytest.approx([right, down, 0, 0], abs=1e-3)


def test_the_window_grows_with_the_photo() -> None:
    small, large = (
        middle_and_size(disks((48 * k, 64 * k, 13 * k, 1), height=96 * k, width=96 * k)) for k in (1, 2)
    )
    assert large == pytest.approx(2 * small, rel=0.04)


def test_what_is_far_away_does_not_pull_and_what_is_near_does() -> None:
    seen = 2 * RADIUS
    alone = middle_and_size(disks((60, 60, seen, 1)))
    reach = NEAR * alone[2] / SHAPE.width
    away = 60 + reach + 2.5 * seen
    far = middle_and_size(disks((60, 60, seen, 1), (away, 60, seen, 0.97)))
    assert far == pytest.approx(alone, abs=1e-3)
    near = middle_and_size(disks((60, 60, seen, 1), (60 + reach, 60, seen, 0.97)))
    assert near[0] > alone[0] + 0.5


def test_another_shape_scales_with_the_window() -> None:
    photo = disks((80, 100, 16, 1))
    plain = middle_and_size(photo)
    moved = middle_and_size(photo, shape=Shape(40, 60, right=3, down=-5))
    pixel = plain[2] / SHAPE.width
    assert moved[:2] - plain[:2] == pytest.approx([3 * pixel, -5 * pixel], rel=1e-3)
    assert moved[2:] == pytest.approx(2 * plain[2:])


def by_loop(localiser: Localiser, photo: Float[Tensor, "1 3 H W"], shape: Shape) -> list[float]:
    """The search, place by place."""
    sharpness, places = localiser.log_sharpness.exp().item(), []
    for scale, response in zip(localiser.scales, localiser.responses(photo), strict=True):
        rows, columns = response.shape[1:]
        for i, j in itertools.product(range(rows), range(columns)):
            x, y = (j + 0.5) * photo.shape[3] / columns, (i + 0.5) * photo.shape[2] / rows
            places.append((x, y, -math.log2(scale), response[0, i, j].item()))
    x, y, size, highest = max(places, key=lambda place: place[3])
    for _ in range(ROUNDS):
        reach = NEAR * 2**size
        near = [
            place
            for place in places
            if max(abs(place[0] - x), abs(place[1] - y)) < reach and abs(place[2] - size) <= NEAR_SIZE
        ]
        weights = [math.exp(sharpness * (place[3] - highest)) for place in near]
        x, y, size = np.average(np.array(near)[:, :3], axis=0, weights=weights).tolist()
    pixel = 2**size
    w, h = shape.width * pixel, shape.height * pixel
    return [x + shape.right * pixel - w / 2, y + shape.down * pixel - h / 2, w, h]


@torch.no_grad()
def test_the_search_equals_a_plain_loop() -> None:
    torch.manual_seed(0)
    localiser, shape = Localiser("lnet", 2, 1.2, 0.5, 4, sharpness=3.0).eval(), Shape(39, 50, -1, -2)
    photos = torch.rand(3, 3, 96, 120)
    windows, _ = find_windows(localiser, photos, shape)
    for number in range(len(photos)):
        expected = by_loop(localiser, photos[[number]], shape)
        assert windows[number].tolist() == pytest.approx(expected, rel=1e-4, abs=1e-3)


@torch.no_grad()
def test_candidates_are_all_places_of_all_sizes() -> None:
    found = candidates(disk_localiser(step=1.0, levels=2), disks((30, 40, 16, 1), height=32, width=64))
    assert found.response.shape == (1, 8 * 16 + 4 * 8)
    assert found.size.tolist() == [0.0] * 128 + [1.0] * 32
    assert found.x[:16].tolist() == [4 * column + 2 for column in range(16)]
    assert found.y[128::8].tolist() == [8 * row + 4 for row in range(4)]


def test_the_highest_response_is_one_start_of_many() -> None:
    localiser = disk_localiser()
    photos = torch.cat([disks((50, 60, 16, 1)), disks((50, 60, 16, 0.8), (120, 100, 20, 1))])
    found = candidates(localiser, photos)
    windows, scores = find_windows(localiser, photos, SHAPE)
    best = found.response.argmax(dim=1)
    assert torch.equal(windows, windows_from(found, best, localiser.log_sharpness.exp(), SHAPE))
    assert torch.equal(scores, found.response.amax(dim=1))


@torch.no_grad()
@pytest.mark.parametrize(("x", "y", "radius"), [(50, 60, 16), (130, 110, 24)])
def test_a_window_is_that_of_the_disk_at_which_it_starts(x: float, y: float, radius: float) -> None:
    localiser = disk_localiser()
    found = candidates(localiser, disks((50, 60, 16, 0.7), (130, 110, 24, 1)))
    apart = (found.x - x - 3).abs() + (found.y - y + 3).abs() + 9 * (2**found.size - radius / RADIUS).abs()
    window = windows_from(found, apart.argmin()[None], localiser.log_sharpness.exp(), SHAPE)[0]
    pixel = radius / RADIUS
    assert (window[:2] + window[2:] / 2).tolist() == pytest.approx([x, y], abs=pixel)
    assert math.log2(window[2] / (SHAPE.width * pixel)) == pytest.approx(0, abs=0.16)


@pytest.mark.parametrize("size", [(160, 192), (96, 100)])
def test_the_strongest_of_all_sizes_is_what_a_plain_loop_says(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    found = candidates(disk_localiser(), torch.zeros(2, 3, *size), [1.0, 0.7, 0.4])
    found = found._replace(response=torch.rand(2, len(found.x), generator=generator))
    height, width = found.maps[0]
    places = strongest(found)
    assert places.shape == (2, height, width)
    for photo, row, column in np.ndindex(2, height, width):
        offset, rivals = 0, []
        for h, w in found.maps:
            rivals.append(offset + int((row + 0.5) * h / height) * w + int((column + 0.5) * w / width))
            offset += h * w
        assert places[photo, row, column] == max(rivals, key=lambda n: float(found.response[photo, n]))


def test_other_sizes_may_be_asked_for() -> None:
    found = candidates(disk_localiser(), disks((30, 40, 16, 1), height=64, width=96), [0.5, 0.25])
    assert found.maps == [(8, 12), (4, 6)]
    assert found.size.tolist() == [1.0] * 96 + [2.0] * 24


def test_maps_of_all_sizes_lie_on_the_first() -> None:
    large, small = torch.rand(2, 8, 12), torch.ones(2, 2, 3)
    one = on_one_map([large, small])
    assert torch.equal(one[0], large)
    assert torch.equal(one[1], torch.ones(2, 8, 12))
