"""What is put on a shoe: straps, laces, an ornament. Coordinates are those of the last."""

from dataclasses import dataclass, field

import numpy as np

from visavis.synth.curves import (
    Point,
    Points,
    along,
    at_height,
    circle,
    closed,
    mix,
    normals,
    part,
    point,
    point_at,
    points,
    ribbon,
    shifted,
    spline,
)
from visavis.synth.geometry import Stroke
from visavis.synth.last import Last
from visavis.synth.strengths import LEAST

SQUARE = points((-0.8, -1), (0.8, -1), (0.8, 1), (-0.8, 1))
WING = points((0, 0), (0.5, 0.45), (1.1, 0.6), (1.2, 0), (1.1, -0.55), (0.5, -0.35), (0, 0))


@dataclass
class Trim:
    """Polygons of a trimming, those that lie behind it, its metal, and its strokes."""

    polygons: list[Points] = field(default_factory=list)
    behind: list[Points] = field(default_factory=list)
    metal: list[Points] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)


def strap_trim(last: Last) -> Trim:
    """One band or two around the ankle, the lower one with a buckle; strength is width."""
    trim = Trim()
    strength = last.shoe.strap
    if strength <= LEAST:
        return trim
    width = 4 + 9 * strength
    near = _band(trim, last, last.heel_bed + 58, width)
    if strength > 0.6:
        _band(trim, last, last.heel_bed + 63 + width, width)
    buckle = closed(point_at(near, 0.4) + (width / 2 + 2) * SQUARE)
    trim.metal.append(ribbon(buckle, 2))
    trim.strokes.append(Stroke("strap", buckle, 0.6))
    if last.to_ankle < 0.5:
        stay = points(last.back[-1], near[-1])
        trim.polygons.append(ribbon(stay, width))
        trim.strokes.append(Stroke("strap", stay, 0.2))
    return trim


def _band(trim: Trim, last: Last, height: float, width: float) -> Points:
    """Add a band at this height, on the shaft or, above it, as a loop in the air; return its near line."""
    on_shaft = last.up_leg > 0.05 and height < last.front[-1, 1] - 4
    ends = [at_height(edge, height) for edge in (last.front, last.rear)] if on_shaft else last.ankle
    fore, aft = point(ends[0][0], height), point(ends[1][0], height - 2)
    near = _hanging(fore, aft, 7)
    band = ribbon(near, width)
    trim.polygons.append(band)
    upper, lower = np.split(band, 2)
    trim.strokes += [Stroke("strap", upper, 0.15), Stroke("strap", lower, 0.25)]
    if not on_shaft:
        far = _hanging(fore, aft, -7)
        trim.behind.append(ribbon(far, 0.8 * width))
        trim.strokes.append(Stroke("strap", far, 0.45))
    return near


def _hanging(fore: Point, aft: Point, sag: float) -> Points:
    return spline(points(fore, *(shifted(mix(fore, aft, t), 0, -sag) for t in (0.3, 0.7)), aft))


def lace_trim(last: Last) -> Trim:
    """Rungs and crossings between the instep's edge and a facing; strength is how far up, and how many."""
    strength = last.shoe.laces
    if strength <= LEAST:
        return Trim()
    lower = part(last.vamp, 0.66, 1.0)
    path = np.vstack([lower, last.front[1:]]) if last.has_shaft else lower
    edge = part(path, 0.0, 0.45 + 0.5 * strength, 48)
    facing = edge + (9 + 7 * strength) * normals(edge)
    at = np.linspace(0.06, 0.97, 2 + round(7 * strength))
    outer, inner = along(edge, at), along(facing, at)
    rungs = [points(a, b) for a, b in zip(outer, inner, strict=True)]
    crossings = [points(a, b) for a, b in zip(inner[:-1], outer[1:], strict=True)]
    loops = [_loop(outer[-1], turn) for turn in (0.3, 1.25)]
    strokes = [Stroke("laces", line, 0.2 + 0.05 * (index % 3)) for index, line in enumerate(crossings)]
    strokes += [Stroke("laces", loop, 0.45) for loop in loops] + [Stroke("laces", facing, 0.5)]
    strokes += [Stroke("laces", line, 0.6 + 0.05 * (index % 3)) for index, line in enumerate(rungs)]
    bands = [ribbon(line, 3.4) for line in (*crossings, *rungs)] + [ribbon(loop, 2.4) for loop in loops]
    return Trim(bands, behind=[np.vstack([edge, facing[::-1]])], strokes=strokes)


def _loop(knot: Point, turn: float) -> Points:
    """One loop of a bow, leaving the knot in the direction `turn` (in half turns)."""
    t = np.linspace(0, 1, 14)
    angle = turn * np.pi + (t - 0.5) * 1.5
    radius = 19 * np.sin(np.pi * t)
    return np.asarray(knot + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def ornament_trim(last: Last) -> Trim:
    """A flower or a bow on the vamp, or slanting bars on the side; strength is size."""
    strength = last.shoe.ornament
    if strength <= LEAST:
        return Trim()
    size = 8 + 16 * strength
    centre = shifted(point_at(last.vamp, 0.9), 0, -0.35 * size)
    match last.shoe.trinket:
        case "flower":
            shapes = _flower(centre, size)
        case "bow":
            shapes = _bow(centre, size)
        case "bars":
            shapes = _bars(last, size)
    details = np.linspace(0.2, 0.5, len(shapes))
    strokes = [Stroke("ornament", closed(shape), float(d)) for shape, d in zip(shapes, details, strict=True)]
    return Trim(shapes, strokes=strokes)


def _flower(centre: Point, size: float) -> list[Points]:
    petals = circle(centre, 0.6 * size, 5)
    return [*(circle(petal, 0.42 * size, 12) for petal in petals), circle(centre, 0.32 * size, 12)]


def _bow(centre: Point, size: float) -> list[Points]:
    wings = [centre + size * spline(WING * point(side, 1), 4) for side in (-1, 1)]
    return [*wings, circle(centre, 0.28 * size, 10)]


def _bars(last: Last, size: float) -> list[Points]:
    bar = points((0, 0), (5, 0), (5 + 0.5 * size, 1.3 * size), (0.5 * size, 1.3 * size))
    return [bar + last.above_bed(0.5 * last.length + shift, 6) for shift in (0, 10, 20)]
