"""Augmentation: reproducible, harmless at strength zero, and in the direction it claims."""

import numpy as np
import pytest
import torch
from torch import Tensor

from visavis.training.augment import (
    Augmentation,
    Pages,
    as_batch,
    augment,
    centre_crop,
    label_strokes,
    ten_views,
)

STRONG = Augmentation(flip=0.5, shift=0.1, scale=0.2, rotation=20, shear=0.2, elastic=0.05, blobs=3)


def pages(side: int = 32) -> Tensor:
    page = np.full((side, side), 255, np.uint8)
    page[10:14, 6:20] = 0
    return as_batch([page, page.T.copy()])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_zero_strength_is_the_identity() -> None:
    assert torch.allclose(augment(pages(), 32, Augmentation(), rng()), pages().float() / 255, atol=1e-5)


def test_same_generator_same_batch() -> None:
    one, other, third = (augment(pages(), 24, STRONG, rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


def test_autocast_changes_nothing() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = augment(pages(), 24, STRONG, rng())
    assert torch.equal(rounded, augment(pages(), 24, STRONG, rng()))


def test_outside_is_white_paper() -> None:
    black = torch.zeros(1, 1, 16, 16, dtype=torch.uint8)
    shifted = augment(black, 16, Augmentation(shift=0.4), rng(3))
    assert shifted.max() == 1
    assert shifted.min() == 0


def test_flip_mirrors() -> None:
    flipped = augment(pages(), 32, Augmentation(flip=1.0), rng())
    assert torch.allclose(flipped, pages().flip(-1).float() / 255, atol=1e-5)


def test_larger_page_is_cropped_not_shrunk() -> None:
    """A crop of 24 of 32 px keeps the stroke's thickness of 4 px."""
    crop = augment(pages(), 24, Augmentation(), rng(5))[0, 0]
    column = (1 - crop).sum(0).max()
    assert column == pytest.approx(4, abs=0.1)


def test_centre_crop() -> None:
    assert torch.equal(centre_crop(pages(), 30), pages()[..., 1:31, 1:31].float() / 255)


def test_ten_views_are_five_crops_and_their_mirrors() -> None:
    page = torch.arange(36, dtype=torch.uint8).view(1, 1, 6, 6)
    views = ten_views(page, 4)
    assert [view[0, 0, 0, 0] for view in views[:5]] == [7, 0, 2, 12, 14]
    assert torch.equal(views[0].float() / 255, centre_crop(page, 4))
    for upright, mirrored in zip(views[:5], views[5:], strict=True):
        assert upright.shape == (1, 1, 4, 4)
        assert torch.equal(mirrored, upright.flip(-1))


def test_blobs_only_remove_ink() -> None:
    wiped = augment(pages(), 32, Augmentation(blobs=5), rng())
    assert (wiped >= pages().float() / 255 - 1e-5).all()
    assert wiped.sum() > pages().float().sum() / 255


def test_stroke_removal_takes_whole_components_within_its_share() -> None:
    page = np.full((40, 40), 255, np.uint8)
    for row in range(2, 38, 4):
        page[row, 4 : 4 + row] = 0
    ink = (page == 0).sum()
    erasing = Pages(as_batch([page]), 40, Augmentation(erase=0.5))
    generator = rng()
    erased = [erasing(erasing.draw(np.zeros(1, int), generator))[0, 0].numpy() for _ in range(50)]
    for result in erased:
        rows = result.min(axis=1) < 0.5
        assert np.allclose(result[rows], page[rows] / 255, atol=1e-5)  # a component is kept whole or gone
        assert (result < 0.5).sum() >= 0.5 * ink
    assert min((result < 0.5).sum() for result in erased) < 0.8 * ink


def test_an_erased_stroke_takes_its_soft_border_along() -> None:
    page = np.full((20, 20), 255, np.uint8)
    page[2:5, 3:15], page[3, 4:14] = 230, 0
    labels, areas = label_strokes(page)
    assert areas.tolist() == [10]
    assert np.array_equal(labels > 0, page < 255)


def test_of_too_many_strokes_the_smallest_stay() -> None:
    page = np.full((64, 64), 255, np.uint8)
    page[::3, ::3] = 0  # 484 dots
    page[0, :8] = 0
    labels, areas = label_strokes(page)
    assert len(areas) == labels.max() == 255
    assert areas[0] == 8
    assert labels[0, 0] == 1


def test_a_single_stroke_is_never_removed() -> None:
    page = np.full((20, 20), 255, np.uint8)
    page[5, 3:15] = 0
    kept = augment(as_batch([page]), 20, Augmentation(erase=1.0), rng())
    assert torch.allclose(kept[0, 0], torch.from_numpy(page) / 255, atol=1e-5)


def test_pages_are_no_part_of_the_state_of_a_training() -> None:
    assert not Pages(pages(), 32, Augmentation(erase=0.5)).state_dict()


def test_colour_pages_keep_their_channels() -> None:
    photo = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    assert torch.allclose(
        augment(as_batch([photo]), 16, Augmentation(), rng())[0],
        torch.from_numpy(photo).permute(2, 0, 1) / 255,
        atol=1e-5,
    )
