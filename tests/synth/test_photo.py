from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.synth.outline import outline
from visavis.synth.photo import render_photo
from visavis.synth.shoes import Shoe, sample

BOOT = Shoe(heel_height=0.5, shaft_height=0.8, darkness=0.6)


def shot(shoe: Shoe, seed: int = 0, size: int = 256) -> np.ndarray:
    return render_photo(shoe, np.random.default_rng(seed), size).image


def test_same_seed_same_picture() -> None:
    assert (shot(BOOT) == shot(BOOT)).all()
    assert (shot(BOOT) != shot(BOOT, seed=1)).any()


def test_a_shoe_stands_on_white() -> None:
    picture = shot(BOOT)
    assert picture.shape == (256, 256, 3)
    assert picture.dtype == np.uint8
    border = np.concatenate([picture[:4].ravel(), picture[:, :4].ravel(), picture[:, -4:].ravel()])
    assert border.min() > 230
    assert picture.min() < 90


def test_darker_leather_darkens_the_picture() -> None:
    means = [shot(replace(BOOT, darkness=strength)).mean() for strength in np.linspace(0, 1, 6)]
    assert means == sorted(means, reverse=True)
    assert means[0] > means[-1] + 10


def test_a_stronger_pattern_has_more_contrast() -> None:
    def contrast(strength: float) -> float:
        picture = render_photo(replace(BOOT, pattern=strength), np.random.default_rng(0))
        x, y, w, h = (int(value) for value in picture.boxes["shaft"])
        return float(picture.image[y : y + h, x : x + w].std())

    plain, some, strong = contrast(0), contrast(0.4), contrast(1)
    assert plain < some < strong


def test_boxes_are_those_of_the_outline_through_the_camera() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shoe = sample(rng)
        picture = render_photo(shoe, rng)
        assert picture.boxes == outline(shoe).transformed(picture.affine).boxes()
        for box in picture.boxes.values():
            assert 0 <= box.x < box.x + box.w <= 256
            assert 0 <= box.y < box.y + box.h <= 256


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("part", ["ornament", "strap"])
def test_a_box_is_tight_around_the_pixels_its_part_changes(part: str, seed: int) -> None:
    most: dict[str, Any] = {part: 0.8}
    with_part = render_photo(replace(BOOT, **most), np.random.default_rng(seed))
    changed = np.abs(with_part.image.astype(int) - shot(BOOT, seed)).max(axis=2) > 8
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    x, y, w, h = with_part.boxes[part]
    seen = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    np.testing.assert_allclose(seen, (x, y, x + w, y + h), atol=1.5)


def test_size_scales_picture_and_boxes() -> None:
    large, small = (render_photo(BOOT, np.random.default_rng(4), size) for size in (256, 128))
    assert small.image.shape == (128, 128, 3)
    halved = large.image.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    # Grain is drawn for each size anew and stays below a few grey levels; a shift of a pixel would not.
    assert np.abs(halved - small.image).mean() < 2
    for part, box in small.boxes.items():
        np.testing.assert_allclose(np.array(box) * 2, large.boxes[part], atol=3)
