"""The last: the form a shoe is built on, as curves of its side view.

The unit is 1/200 of a flat foot's length; x runs from toe (left) to heel, y upwards from the ground.
"""

from functools import cached_property

import numpy as np
from jaxtyping import Float

from visavis.synth.curves import SPAN, Point, Points, ease, mix, part, point, points, ramp, shifted, spline
from visavis.synth.shoes import Shoe
from visavis.synth.strengths import LEAST

BALL = 70.0
"""Where the ball of the foot lies, and the arch begins."""

TALLEST_HEEL = 88.0
THICKEST_PLATFORM = 30.0
COUNTER = 60.0
"""Height of a closed back above the heel's bed."""

LEG = 250.0
"""What a knee boot's shaft adds to an ankle's height."""

ANKLE_AT = 0.3
"""Shaft strength at which the shaft has reached the ankle; above it goes up the leg."""


class Last:
    """Curves of one shoe; each runs from toe to heel or from the ground upwards."""

    def __init__(self, shoe: Shoe) -> None:
        self.shoe = shoe
        self.rise = 3 + (TALLEST_HEEL - 3) * shoe.heel_height
        self.lift = 5 + THICKEST_PLATFORM * shoe.platform
        self.length = 200 - 0.3 * self.rise
        self.seat = self.length - 42
        self.heel_bed = self.lift + self.rise
        self.tip = -26 * shoe.pointed_toe
        self.has_shaft = shoe.shaft_height > 0.02
        self.to_ankle = ease(shoe.shaft_height / ANKLE_AT)
        self.sling = shoe.sling_back * (1 - self.to_ankle)
        self.bare = max(shoe.open_toe, shoe.sling_back) * (1 - self.to_ankle)
        self.up_leg = ramp((shoe.shaft_height - ANKLE_AT) / (1 - ANKLE_AT))
        self.cover = max(self.to_ankle, ramp(shoe.laces / 0.4))
        self.slit = self.tip + 58 * shoe.open_toe if shoe.open_toe > LEAST else self.tip

    def bed(self, x: Float[np.ndarray, "*N"] | float) -> Float[np.ndarray, "*N"]:
        """Height of the foot bed: curled up at the toe, level to the ball, up the arch to the heel's seat."""
        x = np.asarray(x, dtype=np.float64)
        t = np.clip((x - BALL) / (self.seat - BALL), 0, 1)
        spring = 5 * np.clip((35 - x) / 50, 0, 1) ** 2
        return np.asarray(self.lift + self.rise * t * t * (3 - 2 * t) + spring)

    def above_bed(self, x: float, height: float) -> Point:
        """The point at `x`, `height` over the foot bed."""
        return point(x, float(self.bed(x)) + height)

    def bed_line(self, start: float, stop: float, count: int = 30) -> Points:
        """The foot bed from x = `start` to `stop`."""
        x = np.linspace(start, stop, count)
        return np.stack([x, self.bed(x)], axis=1)

    @cached_property
    def sole_bottom(self) -> Points:
        """Under the foot bed: thick all along under a low heel, thinner behind the ball under a high one."""
        x = np.linspace(self.tip + 4, self.length - 1, 40)
        slender = ease((self.rise - 3) / 40)
        rear = self.lift * (1 - slender) + 5 * slender
        t = np.clip((x - BALL) / 40, 0, 1)
        return np.stack([x, np.maximum(self.bed(x) - (self.lift + (rear - self.lift) * t), 0)], axis=1)

    @cached_property
    def throat(self) -> Point:
        """Where the vamp ends and the foot goes in."""
        return self.above_bed(66 + 38 * self.cover, 42 + 22 * self.cover)

    @cached_property
    def _profile(self) -> tuple[Points, Points]:
        """One smooth line from the tip of the toe over the throat up the leg, parted at the throat."""
        bed = float(self.bed(self.tip))
        blunt = points((0, bed), (-3, bed + 12), (5, bed + 25), (24, bed + 34), (46, bed + 38))
        sharp = points((-26, bed), (-19, bed + 8), (-2, bed + 17), (22, bed + 27), (46, bed + 36))
        foot = np.vstack([mix(blunt, sharp, self.shoe.pointed_toe), self.throat])
        ankle, up = self.ankle[0], LEG * self.up_leg
        collar = mix(self.throat, ankle, self.to_ankle)
        if up > 0:
            shin = shifted(ankle, 4, min(40.0, 0.6 * up))
            leg = points(ankle, shin, shifted(ankle, -9 * self.up_leg, up))
        else:
            leg = points(mix(self.throat, collar, 0.5), collar)
        if self.to_ankle < 0.1:
            return spline(foot), np.vstack([self.throat, leg])
        whole = spline(np.vstack([foot, leg]))
        at_throat = SPAN * (len(foot) - 1)
        return whole[: at_throat + 1], whole[at_throat:]

    @property
    def instep(self) -> Points:
        """From the tip of the toe over the toe box to the throat, as if the toe were closed."""
        return self._profile[0]

    @cached_property
    def vamp(self) -> Points:
        """What an open toe leaves of the instep, with the edge of the cut."""
        if self.slit == self.tip:
            return self.instep
        kept = self.instep[self.instep[:, 0] > self.slit + 5]
        return np.vstack([self.above_bed(self.slit, 0), kept])

    @cached_property
    def back(self) -> Points:
        """From the heel's seat up the counter; a sling back leaves little of it."""
        height = COUNTER - 52 * self.sling
        bulge = 4 * (1 - self.sling)
        base = self.heel_bed
        top = self.length - 5 + 4 * self.sling
        return spline(
            points(
                (self.length, base),
                (self.length + bulge, base + 0.35 * height),
                (self.length + 0.3 * bulge, base + 0.7 * height),
                (top, base + height),
            )
        )

    @cached_property
    def topline(self) -> Points:
        """The edge of the upper from throat to counter, down to the bed in open shoes that have no shaft."""
        start, end = self.throat, self.back[-1]
        fore, aft = mix(start, end, 0.28), mix(start, end, 0.68)
        low = 30 - 27 * self.bare
        dip = points(self.above_bed(fore[0], low + 6 * (1 - self.bare)), self.above_bed(aft[0], low))
        return spline(points(start, *mix(dip, points(fore, aft), self.to_ankle), end))

    @cached_property
    def ankle(self) -> tuple[Point, Point]:
        """Front and back of the ankle."""
        return point(self.length - 82, self.heel_bed + 82), point(self.length - 9, self.heel_bed + 80)

    @property
    def front(self) -> Points:
        """The shaft's front edge, from the throat up."""
        return self._profile[1]

    @cached_property
    def rear(self) -> Points:
        """The shaft's back edge, from the counter up."""
        if self.up_leg == 0:
            return part(points(self.back[-1], mix(self.back[-1], self.ankle[1], self.to_ankle)), 0, 1)
        ankle, up = self.ankle[1], LEG * self.up_leg
        calf = shifted(ankle, 17 * self.up_leg, 0.62 * up)
        return spline(points(self.back[-1], ankle, calf, shifted(ankle, 15 * self.up_leg, up)))

    @cached_property
    def rim(self) -> Points:
        """The near edge of the opening: the topline, lifted and levelled as the shaft grows."""
        level = part(points(self.front[-1], self.rear[-1]), 0, 1, len(self.topline))
        sag = np.sin(np.linspace(0, np.pi, len(level)))
        level[:, 1] -= 7 * sag
        own = self.topline + mix(self.front[-1] - self.throat, self.rear[-1] - self.back[-1], 0.5)
        return np.vstack([self.front[-1], mix(own, level, self.to_ankle)[1:-1], self.rear[-1]])

    @cached_property
    def far_rim(self) -> Points:
        """The far edge of the opening, seen a little from above."""
        lens = np.sin(np.linspace(0, np.pi, len(self.rim)))
        deep = 9 + 6 * self.to_ankle
        return np.asarray(self.rim + np.stack([np.zeros_like(lens), deep * lens], axis=1))
