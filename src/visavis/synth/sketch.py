"""A shoe as someone draws it from memory: few lines, none of them quite right."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from visavis.synth.curves import Points, along, part, spline, travelled
from visavis.synth.geometry import PAGE
from visavis.synth.outline import outline
from visavis.synth.raster import line_cover
from visavis.synth.shoes import Shoe

EDGE = 6
"""Pixels of the page that stay empty at least."""


def render_sketch(
    shoe: Shoe, rng: np.random.Generator, abstraction: float = 0.4, size: int = PAGE
) -> UInt8[np.ndarray, "H W"]:
    """Draw `shoe` by hand: grey, dark ink on white, `size` x `size`.

    Args:
        abstraction: 0 = every line, traced with a fairly steady hand; 1 = a few simple outlines.
    """
    seed = int(rng.integers(2**63))
    proportions = _proportions(rng)
    lines: list[Points] = []
    for index, stroke in enumerate(outline(shoe).strokes):
        # A generator for each stroke: what happens to one does not depend on how many came before.
        hand = np.random.default_rng((seed, index))
        lines += [proportions(line) for line in _drawn(stroke.points, stroke.detail, abstraction, hand)]
    return _inked(_fitted(lines, rng), rng, size)


def _proportions(rng: np.random.Generator) -> Callable[[Points], Points]:
    """The draughtsman's error of proportion: an affine slip, and a slow warp over the page."""
    slip = np.eye(2) + rng.normal(0, (0.05, 0.04), (2, 2))
    phase, wave = rng.uniform(0, 2 * np.pi, (2, 2)), rng.normal(0, 3.0, (2, 2))

    def warp(line: Points) -> Points:
        turn = 2 * np.pi * line / PAGE
        bend = np.stack([wave[a] @ np.sin(turn + phase[a]).T for a in (0, 1)], axis=1)
        return np.asarray((line - PAGE / 2) @ slip.T + PAGE / 2 + bend)

    return warp


def _drawn(line: Points, detail: float, abstraction: float, rng: np.random.Generator) -> list[Points]:
    """The pen lines that stand for one line of the shoe: none, one, or several."""
    patience = max(rng.normal(1.05 - 0.9 * abstraction, 0.06), 0.0)
    if detail > patience or (detail > 0 and rng.random() < 0.06):
        return []
    length = travelled(line)[-1]
    pieces = [line]
    if length > 60 and rng.random() < 0.25:
        cut = rng.uniform(0.3, 0.7)
        pieces = [part(line, 0, cut), part(line, cut - rng.uniform(-0.02, 0.06), 1)]
    if length > 40 and rng.random() < 0.12 * (1 - abstraction):
        start = rng.uniform(0, 0.5)
        pieces.append(part(line, start, rng.uniform(start + 0.3, 1)))
    return [_by_hand(piece, abstraction, rng) for piece in pieces]


def _by_hand(line: Points, abstraction: float, rng: np.random.Generator) -> Points:
    """Follow `line` through a few knots, each a little off, and start and stop in the wrong place."""
    length = float(travelled(line)[-1])
    fewest = 6 if np.allclose(line[0], line[-1]) else 2
    knots = int(max(length / (13 + 18 * abstraction), fewest)) + 1
    slack = min(1.0, length / 40)
    aim = along(line, np.linspace(0, 1, knots))
    aim += rng.normal(0, (0.5 + 1.3 * abstraction) * slack, aim.shape)
    aim += rng.normal(0, (0.8 + 1.0 * abstraction) * slack, 2)
    curve = spline(aim, 6)
    before, after = rng.normal(1.0, 2.5, 2) * slack
    return np.vstack([_beyond(curve[::-1], before), curve[1:-1], _beyond(curve, after)])


def _beyond(curve: Points, distance: float) -> Points:
    """The last point, moved `distance` along the curve's final direction (back if negative)."""
    step = curve[-1] - curve[-3]
    return np.asarray(curve[-1:] + distance * step / max(np.hypot(*step), 1e-9))


def _fitted(lines: list[Points], rng: np.random.Generator) -> list[Points]:
    """Lines put on the page at a size and place of the hand's choosing, inside `EDGE`."""
    everything = np.vstack(lines)
    low, high = everything.min(0), everything.max(0)
    room = PAGE - 1 - 2 * EDGE
    scale = room * rng.uniform(0.82, 1.0) / (high - low).max()
    free = room - scale * (high - low)
    corner = EDGE + free * rng.uniform(0.3, 0.7, 2)
    return [(line - low) * scale + corner for line in lines]


def _inked(lines: list[Points], rng: np.random.Generator, size: int) -> UInt8[np.ndarray, "H W"]:
    pen, tone = rng.uniform(0.8, 2.0), rng.uniform(0, 70)
    ratio = size / PAGE
    whole = slice(0, size)
    ink = line_cover([(line + 0.5) * ratio - 0.5 for line in lines], pen * ratio, (whole, whole))
    return np.rint(255 - (255 - tone) * ink).astype(np.uint8)
