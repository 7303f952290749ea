"""A shoe's side view: the body's polygons, its contours and seams, with the trimmings put on."""

import numpy as np

from visavis.synth.curves import (
    Point,
    Points,
    at_height,
    mix,
    point,
    point_at,
    points,
    ribbon,
    shifted,
    spline,
)
from visavis.synth.geometry import Geometry, Stroke
from visavis.synth.last import BALL, COUNTER, Last
from visavis.synth.pattern import pattern_marks
from visavis.synth.shoes import Shoe
from visavis.synth.trimmings import lace_trim, ornament_trim, strap_trim


def outline(shoe: Shoe) -> Geometry:
    """Side view of `shoe`, toe to the left, filling a page of `PAGE` x `PAGE` pixels up to `MARGIN`."""
    last = Last(shoe)
    strap, lace, ornament = strap_trim(last), lace_trim(last), ornament_trim(last)
    upper, shaft = _upper(last), _shaft(last)
    marks = pattern_marks(shoe, [upper, *shaft])
    polygons = {
        "lining": [np.vstack([last.rim, last.far_rim[::-1]])],
        "far strap": strap.behind,
        "insole": [ribbon(shifted(last.bed_line(last.tip + 2, last.length - 1), 0, 1.5), 4)],
        "heel": [_heel(last)],
        "sole": [_sole(last)],
        "upper": [upper],
        "shaft": shaft,
        "toe": [_toe(last)],
        "leg": _leg(last, shaft),
        "sling": [ribbon(line, 6) for line in _sling(last)],
        "facing": lace.behind,
        "strap": strap.polygons,
        "buckle": strap.metal,
        "laces": lace.polygons,
        "ornament": ornament.polygons,
    }
    strokes = [*_contours(last), *_seams(last), *strap.strokes, *lace.strokes, *ornament.strokes]
    for index, mark in enumerate(marks):
        # The golden ratio spreads the marks that a hasty pen leaves out evenly over the pattern.
        strokes.append(Stroke("pattern", mark, 0.5 + 0.4 * (index * 0.618 % 1)))
    return Geometry(polygons, strokes, marks).on_page()


def _upper(last: Last) -> Points:
    bed = last.bed_line(last.slit, last.length)
    return np.vstack([bed, last.back, last.topline[::-1], last.vamp[::-1]])


def _shaft(last: Last) -> list[Points]:
    if not last.has_shaft:
        return []
    return [np.vstack([last.topline, last.rear, last.rim[::-1], last.front[::-1]])]


def _leg(last: Last, shaft: list[Points]) -> list[Points]:
    """What of the shaft rises above a counter's height, where a shoe without shaft ends."""
    brink = last.heel_bed + COUNTER
    above = [polygon[polygon[:, 1] > brink] for polygon in shaft]
    foot = [at_height(edge, brink) for edge in (last.front, last.rear) if edge[-1, 1] > brink]
    return [np.vstack([*foot, outer]) for outer in above if len(outer)]


def _sole(last: Last) -> Points:
    return np.vstack([last.bed_line(last.tip, last.length), _sole_edge(last)[::-1]])


def _sole_edge(last: Last) -> Points:
    """From the bed's front end round the welt, along the bottom, and up to its rear end."""
    top, bottom = last.bed_line(last.tip, last.length, 2), last.sole_bottom
    fore, rear = shifted(mix(top[0], bottom[0], 0.5), -5, 0), shifted(mix(top[-1], bottom[-1], 0.5), 2, 0)
    return np.vstack([top[0], fore, bottom, rear, top[-1]])


def _heel_edges(last: Last) -> tuple[Points, Points]:
    """Front and back edge of the heel, from the sole down to the ground: stiletto, block, or wedge."""
    thick = last.shoe.heel_thickness
    slant = min(last.rise / 60, 1) * (1 - thick)
    rear = last.length - 1
    wedge = rear - BALL - 6
    top = 22 + (wedge - 22) * thick**1.3
    tread = top * (1 - 0.74 * (1 - thick) * min(last.rise / 15, 1))
    seat_fore, tread_fore = _under(last, rear - top), point(rear - 8 * slant - tread, 0)
    seat_rear, tread_rear = _under(last, rear), point(rear - 8 * slant, 0)
    waist = point(0.3 * seat_fore[0] + 0.7 * tread_fore[0] + 3 * slant, 0.55 * seat_fore[1])
    nape = point(0.4 * seat_rear[0] + 0.6 * tread_rear[0] - 2 * slant, 0.5 * seat_rear[1])
    return (
        spline(points(seat_fore, waist, tread_fore)),
        spline(points(seat_rear, nape, tread_rear)),
    )


def _under(last: Last, x: float) -> Point:
    return point(x, float(np.interp(x, *last.sole_bottom.T)))


def _heel(last: Last) -> Points:
    fore, rear = _heel_edges(last)
    sole = last.sole_bottom
    between = sole[(sole[:, 0] > fore[0, 0]) & (sole[:, 0] < rear[0, 0])]
    return np.vstack([fore[::-1], between, rear])


def _toe(last: Last) -> Points:
    """The foremost fifth of the foot above the bed, whether leather or air."""
    cap = last.tip + 46
    crest = last.instep[last.instep[:, 0] <= cap]
    return np.vstack([last.bed_line(last.tip, cap, 12), crest[::-1]])


def _sling(last: Last) -> list[Points]:
    """The strap around the heel of a shoe without counter: from the vamp up, and down to the seat."""
    if last.sling < 0.25:
        return []
    start, top = point_at(last.topline, 0.25), point(last.length - 8, last.heel_bed + 52)
    middle = shifted(mix(start, top, 0.5), 0, -8)
    return [spline(points(start, middle, top, (last.length - 1, last.heel_bed + 30), last.back[-1]))]


def _contours(last: Last) -> list[Stroke]:
    fore, rear = _heel_edges(last)
    under = _sole_edge(last)
    heeled = last.rise > 8
    strokes = [
        Stroke("sole", under[under[:, 0] <= fore[0, 0]] if heeled else under, 0.0),
        Stroke("toe", last.vamp, 0.0),
        Stroke("back", last.back, 0.0),
        Stroke("rim", last.rim, 0.1),
    ]
    if heeled:
        strokes += [Stroke("heel", edge, 0.0) for edge in (fore, rear, points(fore[-1], rear[-1]))]
    if last.has_shaft:
        strokes += [Stroke("shaft", edge, 0.0) for edge in (last.front, last.rear)]
    thick_sole = heeled or last.lift > 9
    strokes.append(Stroke("sole", last.bed_line(last.tip, last.length), 0.2 if thick_sole else 0.6))
    strokes += [Stroke("sling", edge, 0.1) for line in _sling(last) for edge in np.split(ribbon(line, 6), 2)]
    strokes.append(Stroke("lining", last.far_rim, 0.5))
    return strokes


def _seams(last: Last) -> list[Stroke]:
    """Stitched lines: a laced shoe's toe cap, a shaft's quarter, a boot's hem."""
    seams = []
    if last.slit == last.tip and last.shoe.laces > 0.1:
        cap = point_at(last.vamp, 0.62)
        foot = last.above_bed(cap[0] + 8, 0)
        seams.append(Stroke("seam", spline(points(cap, shifted(mix(cap, foot, 0.5), 5, 0), foot)), 0.6))
    if last.shoe.shaft_height > 0.1:
        low, middle = last.above_bed(0.55 * last.length, 0), last.above_bed(0.6 * last.length, 32)
        seams.append(Stroke("seam", spline(points(low, middle, shifted(last.throat, 10, -8))), 0.75))
    if last.up_leg > 0.2:
        fore, rear = point_at(last.front, 0.9), point_at(last.rear, 0.92)
        hem = points(fore, shifted(mix(fore, rear, 0.5), 0, -6), rear)
        seams.append(Stroke("seam", spline(hem), 0.8))
    return seams
