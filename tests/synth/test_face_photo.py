from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.synth.face_photo import SIDE, render_face
from visavis.synth.faces import ATTRIBUTES, PART_OF, Face, sample
from visavis.synth.geometry import Box
from visavis.synth.paint import Rendering
from visavis.synth.portrait import PARTS, portrait
from visavis.synth.raster import polygon_cover

PLAIN = Face(skin=0.1, hair_length=0.1, forehead=0.6, mouth_opening=0.4)
STEPS = np.linspace(0, 1, 5)
WHOLE = (slice(0, SIDE), slice(0, SIDE))


def shot(face: Face, seed: int = 0, size: int = SIDE) -> Rendering:
    return render_face(face, np.random.default_rng(seed), size)


def changed(face: Face, attribute: str, strength: float) -> Face:
    only: dict[str, Any] = {attribute: strength}
    return replace(face, **only)


def inside(image: np.ndarray, box: Box) -> np.ndarray:
    x, y, w, h = (int(value) for value in box)
    return image[y : y + h, x : x + w]


def test_same_seed_same_picture() -> None:
    assert (shot(PLAIN).image == shot(PLAIN).image).all()
    assert (shot(PLAIN).image != shot(PLAIN, seed=1).image).any()


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_an_attribute_changes_the_picture_in_the_box_of_its_part(attribute: str) -> None:
    rng = np.random.default_rng(7)
    for seed, face in enumerate(sample(rng) for _ in range(6)):
        little, much = (shot(changed(face, attribute, strength), seed) for strength in (0.1, 0.95))
        differ = np.abs(little.image.astype(int) - much.image).max(axis=2) > 6
        apart = differ.copy()
        for photo in (little, much):
            inside(apart, photo.boxes[PART_OF[attribute]])[:] = False
        assert differ.sum() > 100
        assert apart.sum() < 0.06 * differ.sum()


@pytest.mark.parametrize("part", ["mouth", "eyes", "glasses", "forehead"])
def test_other_parts_lie_elsewhere_or_are_small(part: str) -> None:
    """A box that were the whole head would contain any change."""
    rng = np.random.default_rng(8)
    for seed in range(10):
        box = shot(sample(rng), seed).boxes[part]
        assert box.w * box.h < 0.15 * SIDE**2


def test_boxes_are_those_of_the_portrait_through_the_camera_and_end_with_the_picture() -> None:
    rng = np.random.default_rng(4)
    cut_off = 0
    for seed, face in enumerate(sample(rng) for _ in range(30)):
        photo = shot(face, seed)
        whole = portrait(face).transformed(photo.affine).boxes(PARTS)
        assert set(photo.boxes) == set(whole)
        for part, box in photo.boxes.items():
            assert 0 <= box.x < box.x + box.w <= SIDE
            assert 0 <= box.y < box.y + box.h <= SIDE
            if box != whole[part]:
                assert part == "hair"
                cut_off += 1
    assert 0 < cut_off < 30


def test_faces_differ_in_place_and_scale() -> None:
    rng = np.random.default_rng(5)
    boxes = np.array([shot(sample(rng), seed).boxes["eyes"] for seed in range(40)])
    x, y, w, h = boxes.T
    assert (x + w / 2).std() > 10
    assert (y + h / 2).std() > 10
    assert w.max() > 1.35 * w.min()
    # How far the box that is best for all would be from each.
    left, right = np.median(x), np.median(x + w)
    overlap = np.minimum(x + w, right) - np.maximum(x, left)
    assert (overlap < 0.8 * w).mean() > 0.3


def test_hair_is_darker_with_its_darkness() -> None:
    def brightness(strength: float) -> float:
        face = replace(PLAIN, hair_darkness=strength)
        photo = shot(face)
        hair = polygon_cover(portrait(face).transformed(photo.affine).polygons["hair"], WHOLE)
        return float(photo.image[hair == 1].mean())

    found = [brightness(strength) for strength in STEPS]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] + 80


def test_a_mouth_gets_darker_inside_as_it_opens() -> None:
    def dark(strength: float) -> int:
        photo = shot(replace(PLAIN, mouth_opening=strength))
        return int((inside(photo.image, photo.boxes["mouth"])[..., 0] < 90).sum())

    found = [dark(strength) for strength in STEPS]
    assert found == sorted(found)
    assert found[-1] > found[0] + 25


def test_eyes_get_brighter_as_they_open() -> None:
    def bright(strength: float) -> int:
        photo = shot(replace(PLAIN, skin=0.9, eye_opening=strength))
        return int((inside(photo.image, photo.boxes["eyes"]).min(axis=2) > 150).sum())

    found = [bright(strength) for strength in STEPS]
    assert found == sorted(found)
    assert found[-1] > found[0] + 25


@pytest.mark.parametrize("attribute", ["beard", "age_lines", "glasses"])
def test_what_is_put_on_a_face_darkens_it_there(attribute: str) -> None:
    box = shot(changed(PLAIN, attribute, 1.0)).boxes[PART_OF[attribute]]
    found = [inside(shot(changed(PLAIN, attribute, strength)).image, box).mean() for strength in STEPS]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] + 3


def test_size_scales_picture_and_boxes() -> None:
    large, small = (shot(PLAIN, 4, size) for size in (SIDE, SIDE // 2))
    halved = large.image.reshape(SIDE // 2, 2, SIDE // 2, 2, 3).mean(axis=(1, 3))
    # Grain is drawn for each size anew and stays below a few grey levels; a shift of a pixel would not.
    assert np.abs(halved - small.image).mean() < 4
    for part, box in small.boxes.items():
        np.testing.assert_allclose(np.array(box) * 2, large.boxes[part], atol=3)
