"""What paint a portrait gets: its layers from back to front, their colours, and how much they cover."""

from typing import NamedTuple

import numpy as np

from visavis.synth.faces import Face
from visavis.synth.paint import Colour, hsv
from visavis.synth.strengths import LEAST


class Layer(NamedTuple):
    """One layer of paint.

    Attributes:
        name: of its polygons.
        colour: of the palette.
        share: how much of it covers what lies below, 0..1.
        roundness: how wide its edges curve, in units of `portrait`; 0 is flat.
        soft: how far its edges fade, in the same units.
        within: the layer beyond whose polygons it does not go.
        gloss: how much it shines.
        rough: how much of it the picture's grain takes away.
    """

    name: str
    colour: str
    share: float = 1.0
    roundness: float = 0.0
    soft: float = 0.0
    within: str = ""
    gloss: float = 0.0
    rough: float = 0.0


LAYERS = (
    Layer("hair behind", "hair behind", roundness=6),
    Layer("clothes", "cloth", roundness=9),
    Layer("neck", "neck"),
    Layer("neck shade", "skin shade", 0.5, soft=2.5),
    Layer("collar", "collar", roundness=2),
    Layer("ears", "ear", roundness=4),
    Layer("ear folds", "skin shade", 0.6, soft=0.8),
    Layer("head", "skin", roundness=13),
    Layer("cheeks", "blush", 0.3, soft=7, within="head"),
    Layer("hair shade", "skin shade", 0.4, soft=2, within="head"),
    Layer("beard", "beard", roundness=4, rough=0.16),
    Layer("lip shade", "skin dark", 0.35, soft=1.2),
    Layer("mouth", "mouth"),
    Layer("tongue", "tongue", soft=1),
    Layer("teeth", "teeth"),
    Layer("upper lip", "upper lip", roundness=2),
    Layer("lower lip", "lower lip", roundness=3, gloss=0.7),
    Layer("lip line", "mouth", 0.8),
    Layer("creases", "skin dark", 0.55, soft=0.7),
    Layer("nose shade", "skin shade", 0.5, soft=2.2),
    Layer("nose light", "skin light", 0.5, soft=2.2),
    Layer("nose edge", "skin dark", 0.5, soft=0.7),
    Layer("nostrils", "skin dark", 0.85, soft=0.6),
    Layer("lids", "lid"),
    Layer("whites", "white"),
    Layer("irises", "iris"),
    Layer("pupils", "black"),
    Layer("lid shade", "black", 0.25),
    Layer("glints", "glint"),
    Layer("creases of lids", "skin dark", 0.6),
    Layer("lower lashes", "skin dark", 0.6),
    Layer("lashes", "black", 0.9),
    Layer("brows", "brow", 0.9, soft=0.6),
    Layer("lines", "skin dark"),
    Layer("lenses", "glint"),
    Layer("lens glints", "glint"),
    Layer("frames", "frame", roundness=1.5, gloss=1.0),
    Layer("hair", "hair", roundness=5, gloss=0.5),
    Layer("strands", "strands", 0.55, soft=0.7, within="hair"),
)


def shares_of(face: Face) -> dict[str, float]:
    """Layers that an attribute makes more or less opaque."""
    worn = face.glasses > LEAST
    return {
        "beard": 0.2 + 0.75 * face.beard if face.beard > LEAST else 0.0,
        "creases": 0.65 * face.smile,
        "lines": 0.75 * face.age_lines,
        "frames": float(worn),
        "lenses": 0.1 * worn,
        "lens glints": 0.14 * worn,
    }


def palette_of(face: Face) -> dict[str, Colour]:
    """Colours by the names that `LAYERS` use. None depends on an attribute but that of the hair."""
    pale, dark = np.array([(246, 212, 188), (104, 66, 46)], np.float32)
    skin = pale + (dark - pale) * face.skin
    full = (0.15 + 0.45 * face.hair_colour) * (1 - 0.4 * face.hair_darkness)
    hair = hsv(face.hair_hue, full, 0.9 - 0.8 * face.hair_darkness)
    red = np.array((176, 60, 66), np.float32)
    lip = skin + (red - skin) * (0.35 + 0.3 * face.lips)
    cloth = hsv(face.cloth_hue, 0.55 - 0.4 * face.cloth_light, 0.25 + 0.65 * face.cloth_light)
    return {
        "skin": skin,
        "neck": 0.93 * skin,
        "ear": skin * np.array((0.97, 0.9, 0.88), np.float32),
        "skin shade": skin * np.array((0.72, 0.62, 0.6), np.float32),
        "skin dark": skin * np.array((0.45, 0.34, 0.32), np.float32),
        "skin light": skin + 0.45 * (255 - skin),
        "blush": skin * np.array((0.98, 0.74, 0.7), np.float32),
        "lid": skin * np.array((0.9, 0.8, 0.78), np.float32),
        "upper lip": 0.86 * lip,
        "lower lip": lip,
        "mouth": np.array((58, 18, 22), np.float32),
        "tongue": np.array((178, 82, 86), np.float32),
        "teeth": np.array((240, 236, 226), np.float32),
        "white": np.array((240, 238, 234), np.float32),
        "iris": hsv(face.eye_hue, 0.55, 0.42),
        "black": np.array((26, 20, 20), np.float32),
        "glint": np.array((255, 255, 255), np.float32),
        "brow": np.array((58, 42, 34), np.float32) * (0.6 + 0.5 * (1 - face.skin)),
        "hair": hair,
        "hair behind": 0.62 * hair,
        "strands": 0.7 * hair,
        "beard": hsv(0.07, 0.35, 0.12 + 0.16 * face.beard_light),
        "frame": hsv(face.frame_hue, 0.6, 0.22),
        "cloth": cloth,
        "collar": 0.82 * cloth,
    }
