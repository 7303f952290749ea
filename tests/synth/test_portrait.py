from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.synth.faces import ATTRIBUTES, Face, sample
from visavis.synth.portrait import FRAME, PARTS, portrait

STEPS = np.linspace(0, 1, 6)


def face_with(strengths: dict[str, Any]) -> Face:
    return Face(**strengths)


def faces(count: int = 12) -> list[Face]:
    rng = np.random.default_rng(3)
    return [sample(rng) for _ in range(count)]


@pytest.mark.parametrize(
    ("attribute", "part", "side"),
    [
        ("mouth_opening", "mouth", "h"),
        ("smile", "mouth", "w"),
        ("hair_length", "hair", "h"),
        ("forehead", "forehead", "h"),
        ("glasses", "glasses", "h"),
        ("beard", "beard", "h"),
    ],
)
def test_more_of_an_attribute_makes_its_part_larger(attribute: str, part: str, side: str) -> None:
    for face in faces():
        sizes = [
            getattr(portrait(replace(face, **{attribute: strength})).boxes(PARTS)[part], side)
            for strength in STEPS
        ]
        assert sizes == sorted(sizes)
        assert sizes[-1] >= sizes[0] + 5


def test_lids_are_apart_by_the_eye_opening() -> None:
    for strength in STEPS:
        for white in portrait(face_with({"eye_opening": strength})).polygons["whites"]:
            upper, lower = np.split(white[:, 1], 2)
            assert lower[len(lower) // 2] - upper[len(upper) // 2] == pytest.approx(14 * strength)
            np.testing.assert_allclose((lower[::-1] - upper).max(), 14 * strength, atol=1e-9)


def test_a_forehead_has_the_height_of_its_strength() -> None:
    tops = [portrait(face_with({"forehead": s})).polygons["forehead"][0][:, 1].min() for s in STEPS]
    np.testing.assert_allclose(np.diff(tops), -54 / 5, atol=0.2)


def test_eyes_are_within_their_lids() -> None:
    for face in faces():
        polygons = portrait(face).polygons
        for name in ("irises", "pupils", "glints"):
            for inner, white in zip(polygons[name], polygons["whites"], strict=True):
                assert (inner.min(0) >= white.min(0) - 1e-9).all()
                assert (inner.max(0) <= white.max(0) + 1e-9).all()


def test_parts_are_there_in_every_face() -> None:
    extremes = [face_with(dict.fromkeys(ATTRIBUTES, strength)) for strength in (0.0, 1.0)]
    for face in [*faces(), *extremes]:
        boxes = portrait(face).boxes(PARTS)
        assert set(boxes) == set(PARTS)
        assert all(box.w >= 5 and box.h >= 5 for box in boxes.values())


def test_all_but_long_hair_and_clothes_are_in_the_frame() -> None:
    left, top, right, bottom = FRAME
    for face in faces(40):
        polygons = portrait(replace(face, hair_length=0.3, beard=1.0, volume=1.0, wave=1.0)).polygons
        corners = np.vstack([*polygons["hair"], *polygons["beard"], *polygons["head"], *polygons["ears"]])
        assert (corners.min(0) >= (left, top)).all()
        assert (corners.max(0) <= (right, bottom)).all()
