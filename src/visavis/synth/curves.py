"""Polylines in the plane: float arrays of shape (N, 2), each row a point (x, y)."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Points = Float[np.ndarray, "_ 2"]
SPAN = 8
"""Points that `spline` puts from one knot to the next."""

Point = Float[np.ndarray, "2"]
PointLike = Sequence[float] | Point
AnyPoints = TypeVar("AnyPoints", Point, Points)


def point(x: float, y: float) -> Point:
    """One point."""
    return np.array([x, y], dtype=np.float64)


def points(*rows: PointLike) -> Points:
    """A polyline from its rows."""
    return np.array(rows, dtype=np.float64)


def mix(a: AnyPoints, b: AnyPoints, t: float) -> AnyPoints:
    """From `a` at t = 0 to `b` at t = 1, row by row."""
    return np.asarray(a + (b - a) * t)


def shifted(curve: AnyPoints, dx: float, dy: float) -> AnyPoints:
    """The same shape elsewhere."""
    return np.asarray(curve + point(dx, dy))


def ease(t: float) -> float:
    """Smoothstep of `t` clipped to 0..1: flat at both ends."""
    t = min(max(t, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def ramp(t: float) -> float:
    """`t` clipped to 0..1."""
    return min(max(t, 0.0), 1.0)


def spline(knots: Points, per_span: int = SPAN) -> Points:
    """Catmull-Rom curve through all of `knots`, `per_span` points to a span, both ends included."""
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.arange(per_span)[:, None, None] / per_span
    p0, p1, p2, p3 = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    bend = 2 * p0 - 5 * p1 + 4 * p2 - p3
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + bend * t**2 + (3 * (p1 - p2) + p3 - p0) * t**3)
    return np.vstack([curve.transpose(1, 0, 2).reshape(-1, 2), knots[-1:]])


def travelled(curve: Points) -> Float[np.ndarray, "N"]:
    """Arc length from the start to each point."""
    steps = np.hypot(*np.diff(curve, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def along(curve: Points, fractions: Float[np.ndarray, "M"]) -> Float[np.ndarray, "M 2"]:
    """Points at the given fractions (0..1) of the arc length, shape (M, 2)."""
    length = travelled(curve)
    where = np.asarray(fractions) * length[-1]
    return np.stack([np.interp(where, length, curve[:, axis]) for axis in (0, 1)], axis=1)


def point_at(curve: Points, fraction: float) -> Point:
    """The point at a fraction (0..1) of the arc length."""
    return np.asarray(along(curve, np.array([fraction]))[0])


def at_height(curve: Points, y: float) -> Point:
    """Where a curve that rises all the way passes the height `y`."""
    return point(float(np.interp(y, curve[:, 1], curve[:, 0])), y)


def part(curve: Points, start: float, stop: float, count: int = 24) -> Points:
    """The stretch between two fractions of the arc length, as `count` points."""
    return along(curve, np.linspace(start, stop, count))


def normals(curve: Points) -> Points:
    """Unit normals, a quarter turn from the direction of travel: (dx, dy) -> (dy, -dx)."""
    dx, dy = np.gradient(curve, axis=0).T
    length = np.maximum(np.hypot(dx, dy), 1e-9)
    return np.stack([dy / length, -dx / length], axis=1)


def ribbon(curve: Points, width: float | Float[np.ndarray, "N"]) -> Points:
    """Closed polygon of a band of `width`, the same everywhere or each point's own, centred on the curve."""
    side = normals(curve) * (np.asarray(width)[..., None] / 2)
    return np.vstack([curve + side, (curve - side)[::-1]])


def brush(curve: Points, width: float) -> Points:
    """Closed polygon of a brush stroke, `width` wide in its middle and pointed at both ends."""
    t = np.linspace(0, 1, len(curve))
    return ribbon(curve, width * np.sqrt(np.maximum(4 * t * (1 - t), 0)))


def loop(knots: Points, per_span: int = SPAN) -> Points:
    """Smooth closed polygon through all of `knots`."""
    around = spline(np.vstack([knots[-1:], knots, knots[:2]]), per_span)
    return around[per_span : -per_span - 1]


def mirrored(curve: AnyPoints) -> AnyPoints:
    """The same shape on the other side of x = 0."""
    return np.asarray(curve * point(-1, 1))


def circle(centre: PointLike, radius: float | PointLike, count: int = 16) -> Points:
    """Closed polygon of a circle, or with two radii of an ellipse."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(np.asarray(centre) + np.asarray(radius) * around)


def closed(polygon: Points) -> Points:
    """The polygon's outline as a polyline that returns to its start."""
    return np.vstack([polygon, polygon[:1]])
