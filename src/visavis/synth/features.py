"""The features that move: mouth, eyes, and the glasses before them. Units are those of `portrait`."""

import numpy as np
from jaxtyping import Float

from visavis.synth.curves import Points, brush, circle, closed, points, ribbon, shifted, spline
from visavis.synth.faces import Face
from visavis.synth.head import both

MOUTH = 57.0
"""Height of a closed mouth's line."""

WIDEST_MOUTH = 20.0
EYE = 31.0
"""Distance of an eye's middle from the face's."""

HALF_EYE = 15.0
ACROSS = np.linspace(-1, 1, 33)
"""From corner to corner of an eye or a mouth."""

Heights = Float[np.ndarray, "33"]


def _between(x: Heights, upper: Heights, lower: Heights) -> Points:
    """The polygon between two edges over the same x."""
    return np.vstack([np.stack([x, upper], axis=1), np.stack([x, lower], axis=1)[::-1]])


def mouth(face: Face) -> dict[str, list[Points]]:
    """Layers of the mouth: its opening lets the lower lip down, a smile draws the corners up and apart."""
    half, gap = 19 + 11 * face.smile, WIDEST_MOUTH * face.mouth_opening
    x, arch = half * ACROSS, 1 - ACROSS**2
    middle = MOUTH - 1 + 3 * face.smile
    corner = MOUTH + 3 - 12 * face.smile
    line = corner + (middle - corner) * arch
    jaw = line + gap * arch**0.7
    plump = 0.7 + 0.6 * face.lips
    bow = 1 - 0.28 * np.exp(-((ACROSS / 0.16) ** 2))
    upper, lower = line - 6 * plump * arch * bow, jaw + 7.5 * plump * arch
    inside = np.abs(ACROSS) < 0.86
    teeth = np.where(inside, np.minimum(5.5 * arch**0.3, 0.45 * (jaw - line)), 0)
    tongue = np.where(np.abs(ACROSS) < 0.7, 0.42 * (jaw - line) * (1 - (ACROSS / 0.7) ** 2), 0)
    crease = spline(
        points((half + 3, corner - 9 - 4 * face.smile), (half + 6, corner - 2), (half + 3, corner + 5))
    )
    chin = np.stack([x, lower + 2.5], axis=1)[8:-8]
    return {
        "lip shade": [brush(chin, 3.5)],
        "mouth": [_between(x, line, jaw)],
        "teeth": [_between(x, line, line + teeth)],
        "tongue": [_between(x, jaw - tongue, jaw)],
        "upper lip": [_between(x, upper, line)],
        "lower lip": [_between(x, jaw, lower)],
        "lip line": [brush(np.stack([x, line], axis=1), 1.8)],
        "creases": both(brush(crease, 2.6)),
    }


def eyes(face: Face) -> dict[str, list[Points]]:
    """Layers of both eyes: their opening lifts the upper lid, all else stays."""
    x, arch = HALF_EYE * ACROSS, 1 - ACROSS**2
    tilt = -1.2 * ACROSS
    upper = (4 - 14 * face.eye_opening) * arch + tilt
    lower = 4 * arch + tilt
    socket = -13 * arch**0.8 + tilt
    look = 3.5 * face.gaze
    layers: dict[str, list[Points]] = {}
    for sign in (-1, 1):
        own = sign * look

        def within(shape: Points) -> Points:
            """A shape cut off where the lids are."""
            low, high = (np.interp(shape[:, 0], x, edge) for edge in (upper, lower))
            return np.stack([shape[:, 0], np.clip(shape[:, 1], low, high)], axis=1)

        shapes = {
            "lids": _between(x, socket, lower),
            "whites": _between(x, upper, lower),
            "irises": within(circle((own, -2), 8.2, 40)),
            "pupils": within(circle((own, -2), 3.9, 24)),
            "glints": within(circle((own + 2.6 * sign * face.light_from, -4.8), 1.8, 12)),
            "lid shade": within(_between(x, upper, upper + 3)),
            "creases of lids": brush(np.stack([x, socket], axis=1), 1.8),
            "lashes": brush(np.stack([x, upper - 0.5], axis=1), 4),
            "lower lashes": brush(np.stack([x, lower], axis=1), 1.6),
        }
        for name, shape in shapes.items():
            layers.setdefault(name, []).append(shifted(shape, EYE, 0) * (sign, 1))
    return layers


def glasses(face: Face) -> dict[str, list[Points]]:
    """Layers of glasses: strength is how thick their frames are."""
    thick = 1.2 + 7.5 * face.glasses
    half, power = ((22.5, 20.5), 2.0) if face.frames == "round" else ((22.5, 17.0), 5.0)
    turn = circle((0, 0), 1, 48)
    outline = closed(np.sign(turn) * np.abs(turn) ** (2 / power))
    lens, inner, outer = (
        shifted(outline * np.add(half, grow), EYE, 3) for grow in (0, -thick / 2, thick / 2)
    )
    bridge = spline(points((-9, 0), (0, -4), (9, 0)))
    arm = points((EYE + half[0], -4), (72 * face.width, -6))
    glint = shifted(points((-10, 11), (-4, 11), (10, -13), (4, -13)), EYE, 3)
    return {
        "lenses": both(lens),
        "lens glints": [glint, shifted(glint, -2 * EYE, 0)],
        "frames": [
            *both(np.vstack([outer, inner[::-1]])),
            ribbon(bridge, 0.5 + 0.8 * thick),
            *both(ribbon(arm, thick)),
        ],
    }
