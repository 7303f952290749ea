from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from visavis.synth.shoes import Shoe, sample
from visavis.synth.sketch import EDGE, render_sketch

SNEAKER = Shoe(shaft_height=0.25, platform=0.5)


def drawn(shoe: Shoe, seed: int = 0, abstraction: float = 0.2, size: int = 256) -> np.ndarray:
    return render_sketch(shoe, np.random.default_rng(seed), abstraction, size)


def ink(shoe: Shoe, abstraction: float = 0.2, seeds: int = 6) -> float:
    """Mean darkness over some hands."""
    return float(np.mean([255 - drawn(shoe, seed, abstraction).astype(float) for seed in range(seeds)]))


def test_same_seed_same_sketch() -> None:
    assert (drawn(SNEAKER) == drawn(SNEAKER)).all()
    assert (drawn(SNEAKER) != drawn(SNEAKER, seed=1)).any()


def test_lines_are_dark_on_white() -> None:
    sketch = drawn(SNEAKER)
    assert sketch.shape == (256, 256)
    assert sketch.dtype == np.uint8
    assert (sketch == 255).mean() > 0.9
    assert sketch.min() < 90


@pytest.mark.parametrize("attribute", ["laces", "pattern", "ornament", "strap"])
def test_a_trimming_costs_ink(attribute: str) -> None:
    full: dict[str, Any] = {attribute: 1.0}
    assert ink(replace(SNEAKER, **full)) > 1.1 * ink(SNEAKER)


def test_abstraction_saves_ink() -> None:
    rng = np.random.default_rng(0)
    for shoe in [sample(rng, kind) for kind in ("boot", "sneaker", "sandal")]:
        spent = [ink(shoe, abstraction) for abstraction in (0.0, 0.5, 1.0)]
        assert spent == sorted(spent, reverse=True)


def test_even_the_most_abstract_sketch_keeps_the_outline() -> None:
    for seed in range(10):
        rows, columns = np.nonzero(drawn(SNEAKER, seed, abstraction=1.0) < 200)
        assert np.ptp(columns) > 150
        assert np.ptp(rows) > 40


def test_ink_stays_off_the_page_edge() -> None:
    rng = np.random.default_rng(0)
    for seed in range(15):
        sketch = drawn(sample(rng), seed, abstraction=rng.random())
        framed = np.pad(sketch[EDGE - 2 : 2 - EDGE, EDGE - 2 : 2 - EDGE], EDGE - 2, constant_values=255)
        assert (sketch == framed).all()


def test_a_stroke_is_drawn_the_same_whatever_else_the_shoe_has() -> None:
    """Ornaments come after laces in the drawing: without them, the rest is where it was."""
    plain, adorned = drawn(SNEAKER, 3), drawn(replace(SNEAKER, ornament=0.5, trinket="bars"), 3)
    assert (adorned <= plain).all()
    assert (adorned < plain).any()


def test_size_scales_the_drawing() -> None:
    small = drawn(SNEAKER, size=128)
    halved = drawn(SNEAKER).reshape(128, 2, 128, 2).mean(axis=(1, 3))
    assert small.shape == (128, 128)
    assert np.corrcoef(small.ravel(), halved.ravel())[0, 1] > 0.9
