"""Hair around a face: its outer edge, the hairline, and what falls down beside the face."""

import numpy as np

from visavis.synth.curves import (
    Points,
    along,
    at_height,
    brush,
    mirrored,
    mix,
    points,
    ribbon,
    shifted,
    spline,
)
from visavis.synth.faces import Face
from visavis.synth.head import BROW, symmetric

TEMPLE = -30.0
"""Height at which the hairline meets the temples, however high the forehead."""

SHORTEST, LONGEST = -18.0, 205.0
"""Where hair ends: above the ears, on the chest."""


class Hair:
    """Curves of one head of hair; sides are right halves from the crown downwards."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.end = SHORTEST + (LONGEST - SHORTEST) * face.hair_length
        self.peak = BROW - 12 - 54 * face.forehead
        self.outer = self._outer()
        self.inner = self._inner()

    def _outer(self) -> Points:
        volume = 3 + 8 * self.face.volume
        full = volume + 5 * min(self.face.hair_length / 0.3, 1)
        wide = self.face.width
        knots = points(
            (0, -100 - volume),
            (40 * wide, -92 - volume),
            (64 * wide + 0.7 * full, -68 - 0.6 * volume),
            (71 * wide + full, -34),
            (73 * wide + full, 0),
            (74 * wide + full, 45),
            (76 * wide + full, 95),
            (78 * wide + full, 150),
            (80 * wide + full, LONGEST + 10),
        )
        curve = spline(knots)
        curve[:, 0] += 4 * self.face.wave * np.sin(curve[:, 1] / 9) * (curve[:, 1] > 0)
        return self._cut(curve)

    def _inner(self) -> Points:
        """Down beside the face, from the temple."""
        wide = self.face.width
        knots = points(
            (63 * wide, TEMPLE),
            (66 * wide, -8),
            (65 * wide, 20),
            (62 * wide, 55),
            (57 * wide, 90),
            (50 * wide, 130),
            (46 * wide, LONGEST + 10),
        )
        return self._cut(spline(knots))

    def _cut(self, side: Points) -> Points:
        return np.vstack([side[side[:, 1] < self.end], at_height(side, self.end)])

    def hairline(self) -> Points:
        """From the left temple over the forehead to the right one; its top is at `peak`."""
        wide, top = self.face.width, 22 * self.face.parting
        falling = self.peak + np.array([0.1, 0.42]) * (TEMPLE - self.peak)
        right = points((25 + top / 2, falling[0]), (52 * wide, falling[1]), (63 * wide, TEMPLE))
        left = points((-63 * wide, TEMPLE), (-52 * wide, falling[1]), (-25 + top / 2, falling[0]))
        return spline(np.vstack([left, (top, self.peak), right]))

    def forehead(self) -> Points:
        """What skin there is between hairline and brows."""
        wide = 63 * self.face.width
        return np.vstack([self.hairline(), points((wide, BROW), (-wide, BROW))])

    def shape(self) -> Points:
        """All hair before the face, as one polygon around it."""
        tips = self._tips(self.outer[-1, 0], self.inner[-1, 0])
        right = np.vstack([self.outer, tips, self.inner[::-1]])
        return np.vstack([right, self.hairline()[::-1], mirrored(right)[::-1]])

    def _tips(self, start: float, stop: float) -> Points:
        x = np.linspace(start, stop, 7)[1:-1]
        down = np.array([6.0, 5.0, 10.0, 7.0, 6.0]) * min(1.0, 0.4 + self.face.hair_length)
        return np.stack([x, self.end + down], axis=1)

    def behind(self) -> Points:
        """The hair behind neck and shoulders."""
        return symmetric(np.vstack([self.outer, (0, self.end + 4)]))

    def strands(self) -> list[Points]:
        """Lines that hair follows. They keep to the same places whatever the forehead."""
        wide = self.face.width
        crown = points((0, -106), (4 * wide, -84), (18 * wide, -60), (46 * wide, -44))
        at = np.linspace(0, 1, 60)
        outer, inner = along(self.outer, at), along(np.vstack([spline(crown)[:-1], self.inner]), at)
        falling = np.clip(1 - (outer[:, 1] + 100) / 80, 0, 1)
        lines = []
        for share in (0.12, 0.27, 0.42, 0.57, 0.72, 0.87):
            line = mix(outer, inner, share)
            for side in (line, mirrored(line)):
                side[:, 0] += 22 * self.face.parting * falling
                lines.append(brush(side, 2.0))
        return lines

    def shade(self) -> Points:
        """What the hairline darkens of the forehead."""
        return ribbon(shifted(self.hairline(), 0, 2), 9)
