"""A face as nine attribute strengths that know nothing of each other, and draws of faces."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from visavis.synth.strengths import Draw

Frames = Literal["round", "square"]
Collar = Literal["round", "vee"]

PART_OF = {
    "mouth_opening": "mouth",
    "smile": "mouth",
    "eye_opening": "eyes",
    "hair_length": "hair",
    "hair_darkness": "hair",
    "forehead": "forehead",
    "glasses": "glasses",
    "beard": "beard",
    "age_lines": "lines",
}
"""Attribute -> the part whose box shows it: nowhere else does the picture change with it."""

ATTRIBUTES = tuple(PART_OF)


@dataclass(frozen=True)
class Face:
    """Nine attribute strengths in 0..1 (`ATTRIBUTES`), and a style that no attribute names.

    A strength of 0 is absence (closed, grave, asleep, cropped, blond, a fringe to the brows, none, shaven,
    smooth), 1 the extreme: a shout, a grin, staring eyes, hair to the chest, black, a forehead up to the
    crown, heavy frames, a long beard, deep lines. Style is in 0..1 too where nothing else is said.

    Attributes:
        width: of the head, as a share of the mean.
        parting: where the hairline is highest, from -1 (left in the picture) to 1.
        light_from: -1 = light from the left, 1 = from the right.
        gaze: of the pupils, from -1 (left) to 1.
    """

    mouth_opening: float = 0.0
    smile: float = 0.3
    eye_opening: float = 0.6
    hair_length: float = 0.2
    hair_darkness: float = 0.6
    forehead: float = 0.5
    glasses: float = 0.0
    beard: float = 0.0
    age_lines: float = 0.0
    skin: float = 0.3
    width: float = 1.0
    jaw: float = 0.5
    brow: float = 0.5
    nose: float = 0.5
    lips: float = 0.5
    hair_hue: float = 0.08
    hair_colour: float = 0.5
    volume: float = 0.5
    wave: float = 0.3
    parting: float = 0.0
    beard_light: float = 0.3
    eye_hue: float = 0.6
    gaze: float = 0.0
    frames: Frames = "round"
    frame_hue: float = 0.6
    collar: Collar = "round"
    cloth_hue: float = 0.6
    cloth_light: float = 0.4
    light_from: float = -1.0

    def strengths(self) -> dict[str, float]:
        """Attribute name -> strength, in the order of `ATTRIBUTES`."""
        return {name: getattr(self, name) for name in ATTRIBUTES}


ANY = Draw(0.0, 1.0)
DRAWS = dict.fromkeys(ATTRIBUTES, ANY) | {"glasses": Draw(0.1, 1.0, 0.6), "beard": Draw(0.1, 1.0, 0.6)}
STYLE = {
    "skin": ANY,
    "width": Draw(0.93, 1.06),
    "jaw": ANY,
    "brow": ANY,
    "nose": ANY,
    "lips": ANY,
    "hair_hue": Draw(0.055, 0.11),
    "hair_colour": ANY,
    "volume": ANY,
    "wave": ANY,
    "parting": Draw(-1.0, 1.0),
    "beard_light": ANY,
    "eye_hue": Draw(0.05, 0.62),
    "gaze": Draw(-1.0, 1.0),
    "frame_hue": ANY,
    "cloth_hue": ANY,
    "cloth_light": ANY,
}


def sample(rng: np.random.Generator) -> Face:
    """Draw a face, every strength and every measure of its style on its own."""
    return Face(
        **{name: draw(rng) for name, draw in (DRAWS | STYLE).items()},
        frames=("round", "square")[rng.integers(2)],
        collar=("round", "vee")[rng.integers(2)],
        light_from=(-1.0, 1.0)[rng.integers(2)],
    )
