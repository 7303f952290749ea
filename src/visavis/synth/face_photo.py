"""A face as a camera sees it: anywhere in the picture, before some wall, in some light."""

import cv2
import numpy as np

from visavis.synth.curves import points
from visavis.synth.face_paint import LAYERS, palette_of, shares_of
from visavis.synth.faces import Face
from visavis.synth.geometry import Affine, Box
from visavis.synth.paint import Canvas, Rendering, facing, hsv, lit, over
from visavis.synth.portrait import FRAME, PARTS, portrait
from visavis.synth.raster import polygon_cover, window_around

SIDE = 192
"""Side of a picture, in pixels."""

SHARE = (0.56, 0.84)
"""Of the picture's side, what the head takes of its height."""

EDGE = 3.0
"""Pixels of 192 that stay between the head and the picture's edge."""


def render_face(face: Face, rng: np.random.Generator, size: int = SIDE) -> Rendering:
    """Photograph `face` in a picture of `size` x `size` pixels; `rng` moves camera, wall and lamp.

    The generator is asked for the same numbers whatever the face, so equal seeds give equal circumstances.
    A part's box ends at the picture's edge where the part goes on.
    """
    affine = _camera(rng, size)
    unit = float(np.sqrt(np.linalg.det(affine[:, :2])))
    lamp = face.light_from * rng.uniform(0.3, 1.1)
    light = _light(face, rng, size)
    canvas = _wall(rng, size)
    noise, grain = np.float32(rng.uniform(0.5, 4.5)), rng.standard_normal((size, size, 1), np.float32)
    geometry = portrait(face).transformed(affine)
    palette, shares = palette_of(face), shares_of(face)
    for layer in LAYERS:
        share = shares.get(layer.name, layer.share)
        if share == 0:
            continue
        polygons, soft = geometry.polygons[layer.name], layer.soft * unit
        window = window_around(polygons, size, reach=1 + 2 * soft)
        cover = polygon_cover(polygons, window)
        if soft:
            cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), soft))
        if layer.within:
            cover *= polygon_cover(geometry.polygons[layer.within], window)
        colour = np.broadcast_to(palette[layer.colour], (*cover.shape, 3))
        if layer.roundness:
            colour = lit(colour, facing(cover, layer.roundness * unit, lamp), layer.gloss)
        if layer.rough:
            cover *= np.clip(1 + layer.rough * grain[window][..., 0], 0, 1)
        canvas[window] = over(canvas[window], colour, share * cover)
    canvas = canvas * light + noise * grain
    boxes = {part: _seen(box, size) for part, box in geometry.boxes(PARTS).items()}
    return Rendering(np.clip(np.rint(canvas), 0, 255).astype(np.uint8), boxes, affine)


def _camera(rng: np.random.Generator, size: int) -> Affine:
    """Any place, tilt and size (of `SHARE`) of the head with which all of `FRAME` is in the picture."""
    left, top, right, bottom = FRAME
    scale = size * rng.uniform(*SHARE) / (bottom - top)
    angle, narrow = np.radians(rng.uniform(-11, 11)), rng.uniform(0.94, 1.0)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = scale * np.array([[cos, -sin], [sin, cos]]) @ np.diag([narrow, 1.0])
    corners = points((left, top), (right, top), (right, bottom), (left, bottom)) @ linear.T
    low, high = corners.min(0), corners.max(0)
    edge = EDGE * size / SIDE
    # The picture's corner is at (-1/2, -1/2), for pixel centres are integers.
    free = size - 2 * edge - (high - low)
    return np.column_stack([linear, edge + free * rng.random(2) - low - 0.5])


def _wall(rng: np.random.Generator, size: int) -> Canvas:
    """Something out of focus: two colours that merge, with blots of others."""
    first, second = (hsv(rng.random(), rng.uniform(0, 0.35), rng.uniform(0.3, 0.95)) for _ in range(2))
    blots = rng.standard_normal((7, 7, 1), np.float32) + 0.4 * rng.standard_normal((7, 7, 3), np.float32)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 18)
    down, right = np.float32(np.sin(angle)), np.float32(np.cos(angle))
    way = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    across = np.clip(0.5 + right * way + down * way[:, None], 0, 1)
    blurred = cv2.resize(np.float32(strength) * blots, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(first + (second - first) * across[..., None] + blurred)


def _light(face: Face, rng: np.random.Generator, size: int) -> Canvas:
    """What every pixel is multiplied by: exposure, a tint, and the fall-off from the lamp's side."""
    exposure, tint = rng.uniform(0.85, 1.08), rng.uniform(0.95, 1.05, 3)
    across = 1 + rng.uniform(0, 0.2) * face.light_from * np.linspace(-0.5, 0.5, size)
    return np.broadcast_to(exposure * tint * across[:, None], (size, size, 3)).astype(np.float32)


def _seen(box: Box, size: int) -> Box:
    """What of a box lies in the picture."""
    left, top = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.w, float(size)), min(box.y + box.h, float(size))
    return Box(left, top, right - left, bottom - top)
