from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.synth.geometry import MARGIN, PAGE, PARTS, Box, Geometry
from visavis.synth.outline import outline
from visavis.synth.shoes import ATTRIBUTES, Shoe, sample

NOTHING = Box(0, 0, 0, 0)


def shoe_with(strengths: dict[str, Any]) -> Shoe:
    return Shoe(**strengths)


def everything(geometry: Geometry) -> np.ndarray:
    return np.vstack([polygon for group in geometry.polygons.values() for polygon in group])


@pytest.mark.parametrize(
    ("attribute", "part", "side"),
    [
        ("heel_height", "heel", "h"),
        ("heel_thickness", "heel", "w"),
        ("shaft_height", "shaft", "h"),
        ("platform", "sole", "h"),
        ("strap", "strap", "h"),
        ("ornament", "ornament", "w"),
    ],
)
def test_more_of_an_attribute_makes_its_part_larger(attribute: str, part: str, side: str) -> None:
    rng = np.random.default_rng(2)
    for shoe in [sample(rng) for _ in range(8)]:
        sizes = [
            getattr(outline(replace(shoe, **{attribute: strength})).boxes().get(part, NOTHING), side)
            for strength in np.linspace(0.1, 1, 5)
        ]
        assert sizes == sorted(sizes)
        assert sizes[-1] >= sizes[0] + 5


def test_pointed_toe_is_longer_and_flatter() -> None:
    round_toe, pointed = (outline(Shoe(pointed_toe=strength)).polygons for strength in (0, 1))

    def front_height(polygons: dict[str, list[np.ndarray]]) -> float:
        """Height of the upper over its foremost tenth, as a share of the shoe's length."""
        upper = polygons["upper"][0]
        length = np.ptp(upper[:, 0])
        front = upper[upper[:, 0] < upper[:, 0].min() + 0.1 * length]
        return float(np.ptp(front[:, 1]) / length)

    assert front_height(pointed) < 0.7 * front_height(round_toe)


def test_open_toe_bares_the_sole_in_front() -> None:
    def bare(strength: float) -> float:
        polygons = outline(Shoe(open_toe=strength)).polygons
        return float(polygons["upper"][0][:, 0].min() - polygons["sole"][0][:, 0].min())

    gaps = [bare(strength) for strength in (0, 0.2, 0.6, 1)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > gaps[0] + 30


def test_sling_back_lowers_the_counter_and_adds_a_strap() -> None:
    closed, sling = (outline(Shoe(sling_back=strength)).polygons for strength in (0, 1))

    def counter(polygons: dict[str, list[np.ndarray]]) -> float:
        upper, sole = polygons["upper"][0], polygons["sole"][0]
        rear = upper[upper[:, 0] > upper[:, 0].max() - 15]
        return float(sole[:, 1].max() - rear[:, 1].min())

    assert counter(sling) < counter(closed) - 30
    assert not closed["sling"]
    assert sling["sling"]


def test_laces_and_pattern_add_lines() -> None:
    for attribute, part in (("laces", "laces"), ("pattern", "pattern")):
        counts = [
            sum(stroke.part == part for stroke in outline(shoe_with({attribute: strength})).strokes)
            for strength in (0.0, 0.3, 0.6, 1.0)
        ]
        assert counts[0] == 0
        assert counts == sorted(set(counts))


@pytest.mark.parametrize("motif", ["stripes", "dots", "checks"])
def test_pattern_stays_on_the_upper(motif: str) -> None:
    geometry = outline(shoe_with({"pattern": 1, "motif": motif}))
    upper, marks = geometry.polygons["upper"][0], np.vstack(geometry.marks)
    assert (marks.min(0) >= upper.min(0) - 1.5).all()
    assert (marks.max(0) <= upper.max(0) + 1.5).all()


def test_a_page_is_filled_up_to_its_margin() -> None:
    rng = np.random.default_rng(3)
    extremes = [shoe_with(dict.fromkeys(ATTRIBUTES, strength)) for strength in (0.0, 1.0)]
    for shoe in [sample(rng) for _ in range(40)] + extremes:
        corners = everything(outline(shoe))
        assert corners.min() == pytest.approx(MARGIN)
        assert corners.max() == pytest.approx(PAGE - 1 - MARGIN)


def test_parts_that_a_shoe_lacks_have_no_box() -> None:
    assert set(outline(Shoe()).boxes()) == {"sole", "heel", "toe"}
    full = Shoe(shaft_height=1, strap=1, laces=1, ornament=1)
    assert set(outline(full).boxes()) == set(PARTS)


def test_transform_moves_all_that_is_drawn() -> None:
    geometry = outline(Shoe(pattern=1, laces=1))
    moved = geometry.transformed(np.array([[2.0, 0, 10], [0, 3.0, -20]]))
    for before, after in (
        (everything(geometry), everything(moved)),
        (geometry.strokes[0].points, moved.strokes[0].points),
        (geometry.marks[0], moved.marks[0]),
    ):
        np.testing.assert_allclose(after, before * (2, 3) + (10, -20))


def test_a_box_counts_the_pixels_touched() -> None:
    empty: dict[str, list[np.ndarray]] = {layer: [] for layers in PARTS.values() for layer in layers}
    heel = np.array([[3.6, 10.2], [7.4, 10.2], [7.4, 12.0]])
    assert Geometry(empty | {"heel": [heel]}, [], []).boxes() == {"heel": Box(4, 10, 4, 3)}
