"""A shoe as twelve attribute strengths, and draws of shoes as a shop would hold them."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from visavis.synth.strengths import Draw

Motif = Literal["stripes", "dots", "checks"]
Trinket = Literal["flower", "bow", "bars"]

ATTRIBUTES = (
    "heel_height",
    "heel_thickness",
    "shaft_height",
    "pointed_toe",
    "open_toe",
    "strap",
    "laces",
    "platform",
    "darkness",
    "pattern",
    "ornament",
    "sling_back",
)

PART_OF = {
    "heel_height": "heel",
    "heel_thickness": "heel",
    "shaft_height": "shaft",
    "pointed_toe": "toe",
    "open_toe": "toe",
    "strap": "strap",
    "laces": "laces",
    "platform": "sole",
    "ornament": "ornament",
}
"""Attribute -> the part whose box shows it. The others are seen all over, or at a part that has no box."""


@dataclass(frozen=True)
class Shoe:
    """Twelve attribute strengths in 0..1 (`ATTRIBUTES`), and a style that no attribute names.

    A strength of 0 is absence (flat, no shaft, round, closed, plain ...), 1 the extreme: a stiletto's
    height, a wedge, a knee boot, a needle toe, bare toes, a heel held by a strap alone.
    """

    heel_height: float = 0.0
    heel_thickness: float = 0.5
    shaft_height: float = 0.0
    pointed_toe: float = 0.3
    open_toe: float = 0.0
    strap: float = 0.0
    laces: float = 0.0
    platform: float = 0.0
    darkness: float = 0.5
    pattern: float = 0.0
    ornament: float = 0.0
    sling_back: float = 0.0
    hue: float = 0.05
    saturation: float = 0.5
    sole_light: float = 0.2
    motif: Motif = "stripes"
    trinket: Trinket = "flower"

    def strengths(self) -> dict[str, float]:
        """Attribute name -> strength, in the order of `ATTRIBUTES`."""
        return {name: getattr(self, name) for name in ATTRIBUTES}


COMMON = {
    "heel_height": Draw(0.0, 0.25),
    "heel_thickness": Draw(0.3, 0.8),
    "shaft_height": Draw(0.0, 0.0),
    "pointed_toe": Draw(0.0, 0.7),
    "open_toe": Draw(0.0, 0.0),
    "strap": Draw(0.2, 1.0, 0.1),
    "laces": Draw(0.0, 0.0),
    "platform": Draw(0.0, 0.2),
    "darkness": Draw(0.05, 1.0),
    "pattern": Draw(0.25, 1.0, 0.25),
    "ornament": Draw(0.25, 1.0, 0.25),
    "sling_back": Draw(0.0, 0.0),
}
"""What a class of shoe does not say otherwise."""

KINDS: dict[str, tuple[float, dict[str, Draw]]] = {
    "pump": (
        0.2,
        {
            "heel_height": Draw(0.35, 1.0),
            "heel_thickness": Draw(0.0, 0.5),
            "pointed_toe": Draw(0.1, 1.0),
            "open_toe": Draw(0.15, 0.4, 0.25),
            "strap": Draw(0.2, 0.8, 0.25),
            "platform": Draw(0.2, 1.0, 0.35),
            "sling_back": Draw(0.4, 1.0, 0.25),
        },
    ),
    "flat": (
        0.12,
        {
            "heel_height": Draw(0.0, 0.2),
            "shaft_height": Draw(0.02, 0.12, 0.4),
            "laces": Draw(0.2, 0.6, 0.25),
            "strap": Draw(0.2, 0.5, 0.2),
            "ornament": Draw(0.25, 1.0, 0.5),
            "sling_back": Draw(0.4, 1.0, 0.15),
        },
    ),
    "sneaker": (
        0.18,
        {
            "heel_height": Draw(0.0, 0.08),
            "heel_thickness": Draw(0.6, 1.0),
            "shaft_height": Draw(0.1, 0.4),
            "pointed_toe": Draw(0.0, 0.3),
            "laces": Draw(0.4, 1.0, 0.95),
            "platform": Draw(0.3, 0.8),
            "pattern": Draw(0.25, 1.0, 0.35),
            "ornament": Draw(0.3, 1.0, 0.5),
        },
    ),
    "sandal": (
        0.2,
        {
            "heel_height": Draw(0.0, 0.95),
            "heel_thickness": Draw(0.0, 1.0),
            "open_toe": Draw(0.55, 1.0),
            "pointed_toe": Draw(0.0, 0.4),
            "strap": Draw(0.2, 1.0, 0.75),
            "platform": Draw(0.1, 0.8),
            "ornament": Draw(0.25, 1.0, 0.35),
            "sling_back": Draw(0.4, 1.0, 0.8),
        },
    ),
    "ankle_boot": (
        0.15,
        {
            "heel_height": Draw(0.05, 0.9),
            "heel_thickness": Draw(0.1, 0.8),
            "shaft_height": Draw(0.25, 0.55),
            "laces": Draw(0.3, 1.0, 0.45),
            "strap": Draw(0.2, 1.0, 0.35),
            "open_toe": Draw(0.15, 0.5, 0.1),
            "platform": Draw(0.1, 0.7, 0.5),
            "darkness": Draw(0.3, 1.0),
            "ornament": Draw(0.25, 1.0, 0.15),
        },
    ),
    "boot": (
        0.15,
        {
            "heel_height": Draw(0.05, 0.9),
            "heel_thickness": Draw(0.1, 0.8),
            "shaft_height": Draw(0.65, 1.0),
            "laces": Draw(0.3, 1.0, 0.25),
            "strap": Draw(0.2, 1.0, 0.4),
            "platform": Draw(0.1, 0.6, 0.4),
            "darkness": Draw(0.3, 1.0),
            "ornament": Draw(0.25, 1.0, 0.1),
        },
    ),
}
"""Class of shoe -> its share, and the draws in which it differs from `COMMON`."""

SNEAKER_SOLE = Draw(0.6, 1.0)


def sample(rng: np.random.Generator, kind: str | None = None) -> Shoe:
    """Draw a shoe: first its class (from `KINDS`, unless given), then every strength as the class has it."""
    shares = [share for share, _ in KINDS.values()]
    chosen = kind or str(rng.choice(list(KINDS), p=shares))
    draws = COMMON | KINDS[chosen][1]
    shoe = Shoe(
        **{name: draws[name](rng) for name in ATTRIBUTES},
        hue=_hue(rng),
        saturation=float(rng.uniform(0.1, 0.7)),
        sole_light=float(rng.uniform(0.0, 0.5)),
        motif=("stripes", "dots", "checks")[rng.integers(3)],
        trinket=("flower", "bow")[rng.integers(2)],
    )
    if chosen == "sneaker":
        return replace(shoe, sole_light=SNEAKER_SOLE(rng), trinket="bars")
    return shoe


def _hue(rng: np.random.Generator) -> float:
    """Half of all leather is red to tan, the rest any colour."""
    leather, any_colour = rng.uniform(-0.03, 0.12), rng.random()
    return float(leather if rng.random() < 0.5 else any_colour)
