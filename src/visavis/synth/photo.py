"""A shoe as a shop photographs it: on white, lit from above, with a soft shadow."""

from typing import NamedTuple

import cv2
import numpy as np

from visavis.synth.curves import circle, ease
from visavis.synth.geometry import PAGE, Affine, Geometry
from visavis.synth.outline import outline
from visavis.synth.paint import Canvas, Colour, Rendering, facing, hsv, lit, over
from visavis.synth.raster import line_cover, polygon_cover, window_around
from visavis.synth.shoes import Shoe

BLACK, WHITE, CREAM = np.array([(28, 28, 28), (244, 244, 244), (238, 230, 214)], np.float32)
BROWN, TAN, BRASS = np.array([(62, 42, 32), (206, 172, 132), (214, 190, 120)], np.float32)


class Layer(NamedTuple):
    """Polygon groups painted in one go: colour, how wide the edges curve (pixels of 256), how glossy."""

    names: tuple[str, ...]
    colour: str
    roundness: float
    gloss: float = 0.0


LAYERS = (
    Layer(("lining",), "lining", 3),
    Layer(("far strap",), "lining", 1.5),
    Layer(("insole",), "insole", 2),
    Layer(("heel",), "heel", 4, 0.5),
    Layer(("sole",), "sole", 2.5, 0.2),
    Layer(("upper", "shaft"), "leather", 11, 1.0),
    Layer(("facing",), "facing", 3),
    Layer(("sling",), "trim", 2, 0.5),
    Layer(("strap",), "trim", 2, 0.5),
    Layer(("buckle",), "metal", 1, 1.0),
    Layer(("laces",), "contrast", 1),
    Layer(("ornament",), "accent", 2.5, 0.6),
)


def render_photo(shoe: Shoe, rng: np.random.Generator, size: int = PAGE) -> Rendering:
    """Photograph `shoe` on a page of `size` x `size` pixels; `rng` moves camera and lamp.

    The generator is asked for the same numbers whatever the shoe, so equal seeds give equal circumstances.
    """
    unit = size / PAGE
    affine = _camera(rng, size)
    geometry = outline(shoe).transformed(affine)
    lamp, exposure, shadow = rng.uniform(-0.5, 0.1), rng.uniform(0.94, 1.04), rng.uniform(0.08, 0.3)
    canvas = _paper(rng, size)
    grain = rng.standard_normal((size, size, 1), np.float32)
    blotches = rng.standard_normal((20, 20), np.float32)
    hide = cv2.resize(blotches, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    texture = np.float32(exposure) * (1 + 0.02 * hide + 0.02 * grain)

    _cast_shadow(canvas, geometry, shadow)
    palette = _palette(shoe)
    for layer in LAYERS:
        if polygons := [polygon for name in layer.names for polygon in geometry.polygons[name]]:
            window = window_around(polygons, size, reach=1)
            cover = polygon_cover(polygons, window)
            colour = palette[layer.colour] * texture[window]
            if layer.colour == "leather":
                marks = (0.25 + 0.6 * shoe.pattern) * line_cover(geometry.marks, 3 * unit, window)
                seams = [stroke.points for stroke in geometry.strokes if stroke.part == "seam"]
                colour = over(colour, palette["contrast"], marks)
                colour = over(colour, 0.55 * colour, line_cover(seams, 1.2 * unit, window))
            colour = lit(colour, facing(cover, layer.roundness * unit, lamp), layer.gloss)
            canvas[window] = over(canvas[window], colour, cover)
    canvas += 1.2 * grain
    return Rendering(np.clip(np.rint(canvas), 0, 255).astype(np.uint8), geometry.boxes(), affine)


def _camera(rng: np.random.Generator, size: int) -> Affine:
    """A little turn, distance, foreshortening and shift about the page's centre; never out of the margin."""
    angle, zoom = np.radians(rng.uniform(-4, 4)), rng.uniform(0.9, 1.0)
    narrow, shift = rng.uniform(0.93, 1.0), rng.uniform(-5, 5, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = zoom * np.array([[cos, -sin], [sin, cos]]) @ np.diag([narrow, 1.0])
    centre = np.full(2, (PAGE - 1) / 2)
    offset = centre + shift - linear @ centre
    # Pixel centres are integers, so the page's corner is at (-1/2, -1/2) in either size.
    ratio = size / PAGE
    return np.column_stack([ratio * linear, ratio * (offset + 0.5) - 0.5])


def _paper(rng: np.random.Generator, size: int) -> Canvas:
    """White, falling off by a few grey levels towards the right and the bottom."""
    right, down = rng.uniform(0, 6, 2)
    way = np.linspace(0, 1, size)
    grey = 254 - right * way[None, :, None] - down * way[:, None, None]
    return np.repeat(grey, 3, axis=2).astype(np.float32)


def _cast_shadow(canvas: Canvas, geometry: Geometry, depth: float) -> None:
    ground = np.vstack(geometry.polygons["sole"] + geometry.polygons["heel"])
    low, high = ground.min(0), ground.max(0)
    unit = len(canvas) / PAGE
    middle, half = (low[0] + high[0]) / 2, (high[0] - low[0]) / 2
    pool = circle((0, 0), 1, 40) * (half, 4 * unit) + (middle, high[1])
    window = window_around([pool], len(canvas), reach=12 * unit)
    soft = cv2.GaussianBlur(polygon_cover([pool], window), (0, 0), 4 * unit)
    canvas[window] *= 1 - depth * soft[..., None]


def _palette(shoe: Shoe) -> dict[str, Colour]:
    leather = hsv(shoe.hue, shoe.saturation, 0.96 - 0.82 * shoe.darkness)
    contrast = BLACK + (WHITE - BLACK) * ease((shoe.darkness - 0.3) / 0.1)
    sole = BROWN + (CREAM - BROWN) * shoe.sole_light
    return {
        "leather": leather,
        "lining": 0.5 * leather,
        "insole": TAN,
        "sole": sole,
        "heel": 0.85 * (leather + (sole - leather) * shoe.heel_thickness),
        "facing": 0.75 * leather,
        "trim": 0.65 * leather + 0.1 * contrast,
        "contrast": contrast,
        "metal": BRASS,
        "accent": hsv(shoe.hue + 0.45, 0.6, 0.35 + 0.55 * shoe.darkness),
    }
